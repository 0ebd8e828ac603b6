#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "events/commit.hpp"
#include "events/error.hpp"
#include "events/log.hpp"
#include "gateway/services.hpp"

// A company's commits one by one, as far as the views, and so the fence, have passed them.
namespace gateway {

struct ReadCommit {
    std::optional<events::OpenedHeader> opened;  // nothing: it was erased
    std::size_t bytes = 0;
    std::shared_ptr<const std::string> frame;  // of the record as it lies in the log
};

class CommitReader {
  public:
    // Borrowed.
    CommitReader(events::Log& log, const Services& services) : log_(log), services_(services) {}

    // Nothing when there is no such commit yet. Reads the disk; any thread. kUnknownSchema,
    // kDamaged, kStorage.
    events::Result<std::optional<ReadCommit>> at(const events::TenantId& tenant, events::Seq seq);

  private:
    events::Log& log_;
    const Services& services_;
};

}  // namespace gateway
