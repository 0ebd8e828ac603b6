#pragma once

#include <boost/asio/thread_pool.hpp>

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "commands/writer.hpp"
#include "events/key_ring.hpp"
#include "events/local_log.hpp"
#include "projections/access_view.hpp"
#include "projections/conversation_view.hpp"
#include "projections/expert_directory.hpp"
#include "projections/runner.hpp"
#include "projections/store.hpp"

// Log, key ring, writer and views as the program puts them together, on a file system of the
// test's.
namespace faults {

inline constexpr std::uint16_t kPartitions = 3;

struct Views {
    projections::AccessView access;
    projections::ConversationView conversations;
    projections::ExpertDirectory experts;
    std::vector<projections::Projection*> all() { return {&access, &conversations, &experts}; }
};

class Stack {
  public:
    // In the order of the program's start. Blocks until every partition is claimed.
    static events::Result<std::unique_ptr<Stack>> open(const std::filesystem::path& dir,
                                                       rocksdb::Env* env,
                                                       events::DiskReserve reserve = {.bytes = 0});
    ~Stack();
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;

    // Why the log or the views cannot go on, once they cannot.
    std::optional<events::Error> failure() const;
    std::optional<events::Error> views_failure() const;

    std::unique_ptr<events::LocalLog> log;
    std::unique_ptr<events::KeyRing> keys;
    std::unique_ptr<projections::Store> store;
    Views views;
    std::unique_ptr<projections::Runner> runner;
    std::unique_ptr<commands::Writer> writer;

  private:
    Stack() = default;
    events::Status open_stores(const std::filesystem::path& dir,
                               rocksdb::Env* env,
                               const events::DiskReserve& reserve);
    events::Status start();

    mutable std::mutex mutex_;
    std::optional<events::Error> failure_;  // under mutex_
    std::unique_ptr<boost::asio::thread_pool> pool_;
};

}  // namespace faults
