#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "events/error.hpp"
#include "events/log.hpp"
#include "projections/projection.hpp"
#include "projections/store.hpp"

// Builds a view anew from the whole log, beside the one that serves, and puts it into its place:
// queries go on with the old one until then. What an interrupted rebuild left is thrown away by the
// next. One thread.
namespace projections {

class Rebuild {
  public:
    // Free bytes that must be left when the new view has grown to the size of the old one.
    static constexpr std::uint64_t kSpareBytes = std::uint64_t{256} << 20U;

    // All borrowed; `view` is an instance that nobody else uses meanwhile. kStorageFull when the
    // disk has no room for a second one, and says how much it takes.
    static events::Result<std::unique_ptr<Rebuild>> begin(events::Log& log,
                                                          std::uint16_t partitions,
                                                          Store& store,
                                                          Projection& view);
    ~Rebuild();
    Rebuild(const Rebuild&) = delete;
    Rebuild& operator=(const Rebuild&) = delete;

    // Records of the log, over all partitions.
    struct Progress {
        std::uint64_t read = 0;
        std::uint64_t end = 0;  // as it was when the step began
        [[nodiscard]] bool caught_up() const { return read >= end; }
    };
    // Reads on for a bounded number of records. Errors as Projection::apply has them.
    events::Result<Progress> step();

    // Reads the little that came since, and lets the new one serve. The old one must not be written
    // meanwhile (Runner::between_batches).
    events::Status finish();

    // The whole of it: step() until the log is read, then `exchange(finish)`, which calls finish()
    // where the old view is not written. `go_on` is asked after each step; kUnavailable once it
    // says no, and the old view serves on.
    struct Hooks {
        std::function<bool(const Progress&)> go_on;
        std::function<events::Status(std::function<events::Status()> finish)> exchange;
    };
    events::Status run(const Hooks& hooks);

  private:
    struct Impl;
    explicit Rebuild(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace projections
