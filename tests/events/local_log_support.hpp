#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "events/local_log.hpp"
#include "tests/events/log_support.hpp"
#include "tests/support/temp_dir.hpp"

// The embedded engine under test, in a folder of its own.
namespace local_log_support {

using events::LocalLog;
using log_support::kPartitions;
namespace fs = std::filesystem;

class LocalEngine final : public log_support::Engine {
  public:
    explicit LocalEngine(std::uint32_t flush_delay_us = 0) : flush_delay_us_(flush_delay_us) {
        reopen();
    }
    events::Log& log() override { return *local; }
    events::History& history() override { return *local; }

    void reopen() {
        local.reset();
        auto opened = open();
        BOOST_TEST_REQUIRE(opened.has_value());
        local = std::move(*opened);
    }
    [[nodiscard]] fs::path folder() const { return dir_.path() / "log"; }
    [[nodiscard]] events::Result<std::unique_ptr<LocalLog>> open(
        std::uint16_t partitions = kPartitions) const {
        return LocalLog::open(
            folder(),
            {.partitions = partitions,
             .flush_delay_us = flush_delay_us_,
             .secondary_dir = {},
             .reserve = {.bytes = kReserve,
                         .free_bytes =
                             [this](const auto&) {
                                 return std::optional<std::uint64_t>(full_ ? kReserve : kRoom);
                             },
                         .look_every = {}}});
    }
    void set_full(bool full) override { full_ = full; }
    // What the disk would hold if the program were killed now. A file that RocksDB deletes while
    // the folder is copied means that the copy is of no one moment: it is taken again.
    [[nodiscard]] fs::path image(const std::string& name) const {
        auto to = dir_.path() / name;
        for (int tries_left = 20;; --tries_left) {
            std::error_code failed;
            fs::copy(folder(), to, fs::copy_options::recursive, failed);
            if (!failed) return to;
            BOOST_TEST_REQUIRE(tries_left > 0, failed.message());
            fs::remove_all(to);
        }
    }
    [[nodiscard]] events::Result<std::unique_ptr<LocalLog>> open_beside() const {
        return LocalLog::open(folder(),
                              {.secondary = true, .secondary_dir = dir_.path() / "beside"});
    }

    std::unique_ptr<LocalLog> local;

  private:
    test_support::TempDir dir_;
    static constexpr std::uint64_t kReserve = 1;
    static constexpr std::uint64_t kRoom = std::uint64_t{1} << 40U;

    std::uint32_t flush_delay_us_;
    std::atomic<bool> full_{false};
};

// An opened folder as an engine, for the helpers.
class Opened final : public log_support::Engine {
  public:
    explicit Opened(events::Result<std::unique_ptr<LocalLog>> opened) {
        BOOST_TEST_REQUIRE(opened.has_value());
        local = std::move(*opened);
    }
    events::Log& log() override { return *local; }
    events::History& history() override { return *local; }
    std::unique_ptr<LocalLog> local;
};

inline events::Result<std::unique_ptr<LocalLog>> open_image(const fs::path& folder) {
    return LocalLog::open(folder, {.partitions = kPartitions, .secondary_dir = {}});
}

}  // namespace local_log_support
