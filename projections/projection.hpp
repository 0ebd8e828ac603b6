#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/commit.hpp"
#include "events/error.hpp"
#include "events/ids.hpp"

// What a view is: a name, a version, and how one commit changes its rows. apply() is a function of
// the commit and the rows alone: no clock, no random, so a rebuild gives the same bytes.
namespace projections {

// The rows of one view, as apply() may see and change them. Keys are the view's own; the store
// keeps views apart. Reads see what was written before in the same batch.
class Rows {
  public:
    virtual ~Rows() = default;
    virtual events::Result<std::optional<std::string>> get(std::string_view key) = 0;
    virtual void put(std::string_view key, std::string_view value) = 0;
    virtual void erase(std::string_view key) = 0;
};

// A committed commit on its way into the views: header parsed, personal fields still sealed.
struct Committed {
    const events::OpenedHeader& opened;
    const events::Commit& commit;  // commit.sealed(i) belongs to opened.header.events(i)
};

class Projection {
  public:
    virtual ~Projection() = default;
    // Lower-case-with-hyphens, stable; with the version it names the rows on disk.
    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual unsigned version() const = 0;
    // Commits of aggregates that the view does not read are ignored. kUnknownSchema for an event
    // type this build does not know (the runner stops and reports, it never skips); kDamaged;
    // kStorage.
    virtual events::Status apply(const Committed& committed, Rows& rows) = 0;
};

}  // namespace projections
