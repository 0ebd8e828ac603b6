#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "parlour/views/v1/rows.pb.h"
#include "projections/projection.hpp"

namespace rocksdb {
class Env;
}

// The rows of all views in one RocksDB folder: each view's rows and its position go into the same
// WriteBatch. Not synced: what a crash takes is read from the log again. Any thread may read.
namespace projections {

class Store {
  public:
    // `env` is for tests only: a file system that fails; outlives the store. kInUse, kDamaged,
    // kStorage.
    static events::Result<std::unique_ptr<Store>> open(const std::filesystem::path& dir,
                                                       rocksdb::Env* env = nullptr);
    // Beside a running program; `scratch` is an empty folder of the caller's.
    static events::Result<std::unique_ptr<Store>> open_secondary(
        const std::filesystem::path& dir, const std::filesystem::path& scratch);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    events::Result<std::optional<std::string>> get(const Projection& view, std::string_view key);
    // Rows with `prefix` whose key is at least prefix + from, ascending, until visit returns false.
    // The views live inside the call only.
    using Visit = std::function<bool(std::string_view key, std::string_view value)>;
    events::Status scan(const Projection& view,
                        std::string_view prefix,
                        std::string_view from,
                        const Visit& visit);

    // How far the view has read the partition; offset 0 when it never did.
    events::Result<parlour::views::v1::ViewPosition> position(const Projection& view,
                                                              events::Partition partition);

    // One batch of changes of several views; nothing is visible before commit().
    class Batch {
      public:
        virtual ~Batch() = default;
        virtual Rows& rows(const Projection& view) = 0;
        virtual void set_position(const Projection& view,
                                  events::Partition partition,
                                  const parlour::views::v1::ViewPosition& position) = 0;
        virtual events::Status commit() = 0;
    };
    std::unique_ptr<Batch> batch();

    // The rows and positions of `from` become those of `view`, whose own go with their files.
    // Durable when it returns. Nobody may write either meanwhile; readers see the one or the other.
    events::Status replace(const Projection& view, const Projection& from);
    // Forgets everything of a view that does not serve.
    events::Status forget(const Projection& view);
    // The name, as NAME@VERSION, of what serves as the view.
    std::string serving(const Projection& view);
    [[nodiscard]] const std::filesystem::path& dir() const;
    // Bytes of the view's rows on disk and in memory, about.
    std::uint64_t size_bytes(const Projection& view);

    struct NamedPosition {
        std::string view;  // NAME@VERSION
        events::Partition partition;
        std::uint64_t next_offset;
    };
    events::Result<std::vector<NamedPosition>> positions();
    // Everything there are rows of, as it is called on disk: NAME@VERSION, NAME~N@VERSION.
    std::vector<std::string> names();
    // Forgets everything of what is called so, or serves as it. Nobody may write it meanwhile.
    events::Status drop(const std::string& name);
    [[nodiscard]] std::uint64_t size_bytes() const;

    // Look-ups and changes of rows that reached the database since it was opened.
    struct Counts {
        std::uint64_t gets;
        std::uint64_t puts;
    };
    [[nodiscard]] Counts counts() const;

  private:
    struct Impl;
    explicit Store(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace projections
