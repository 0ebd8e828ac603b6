#pragma once

#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "commands/writer.hpp"
#include "events/key_ring.hpp"
#include "events/local_log.hpp"
#include "projections/runner.hpp"
#include "projections/store.hpp"
#include "projections/views.hpp"

// What `serve` runs behind its sockets, put together on a scratch folder: log, key ring, writer
// and, where asked for, the views. No sockets, no authentication.
namespace bench {

class World {
  public:
    struct Folder {
        std::filesystem::path log;
        std::filesystem::path keys;
        std::filesystem::path views;
        events::Key256 master;
        events::Uuid id;
    };
    struct Options {
        bool views = false;
        std::uint32_t flush_delay_us = 0;
    };
    // Opens, or makes, what is in the folder, as `serve` does at its start. Throws
    // std::runtime_error when that fails.
    World(const Folder& folder, const Options& options);
    // In `dir`, under a master key of zeros.
    World(const std::filesystem::path& dir, const Options& options)
        : World({.log = dir / "log",
                 .keys = dir / "keys",
                 .views = dir / "views",
                 .master = {},
                 .id = {}},
                options) {}
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    [[nodiscard]] events::LocalLog& log() { return *log_; }
    [[nodiscard]] events::KeyRing& keys() { return *keys_; }
    [[nodiscard]] commands::Writer& writer() { return *writer_; }
    // With views only.
    [[nodiscard]] projections::Store& store() { return *store_; }
    // Returns when the views have read all that the log holds.
    void wait_for_views();

  private:
    void open_views(const std::filesystem::path& dir);

    std::unique_ptr<events::LocalLog> log_;
    std::unique_ptr<events::KeyRing> keys_;
    std::unique_ptr<projections::Store> store_;
    projections::Views views_;
    std::unique_ptr<projections::Runner> runner_;
    std::unique_ptr<boost::asio::thread_pool> pool_;
    std::unique_ptr<commands::Writer> writer_;
};

}  // namespace bench
