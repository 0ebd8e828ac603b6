#pragma once

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "events/fence.hpp"
#include "events/key_ring.hpp"
#include "events/local_log.hpp"
#include "gateway/app.hpp"
#include "gateway/client.hpp"
#include "gateway/server.hpp"
#include "tests/support/temp_dir.hpp"

// Nodes of a cluster in one process: each with its App, its views and its server, over one log on
// disk that they share as they would a cluster's. Which node should own what, the test says.
namespace cluster_world {

// The log that the nodes share, and who is told that it grew.
class SharedLog {
  public:
    explicit SharedLog(const std::filesystem::path& dir);

    // Commits that are void where they land are in no index, as in a replica that was read back.
    void append(events::Partition partition,
                std::vector<events::Outgoing> records,
                events::AppendDone done);
    using Grown = std::function<void(events::Partition, events::Offset)>;
    void watch(const void* who, Grown grown);

    events::LocalLog& log() { return *log_; }
    events::KeyRing& keys() { return *keys_; }
    static events::Key256 master();

  private:
    void tell(events::Partition partition);

    std::unique_ptr<events::LocalLog> log_;
    std::unique_ptr<events::KeyRing> keys_;
    std::mutex order_;  // appends land in the order in which the fence saw them
    std::map<events::Partition, events::Fence> fences_;
    std::mutex watchers_mutex_;
    std::map<const void*, Grown> watchers_;
};

// What one node is told to own.
class TestAssignment final : public events::Assignment {
  public:
    events::Status start(Told told) override;
    void stop() override;
    void assign(const std::vector<events::Partition>& partitions);
    void revoke(const std::vector<events::Partition>& partitions);

  private:
    std::mutex mutex_;
    Told told_;
    std::vector<events::Partition> waiting_;  // assigned before it was started
};

// One node. While it is held up, nothing of what it sends lands: a process that was stopped.
class Node {
  public:
    Node(SharedLog& shared, std::string name, const std::filesystem::path& dir, bool demo);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    // Begins to serve; its assignment may have been told before.
    void start();
    void hold_up();
    void let_go();

    [[nodiscard]] std::string url() const;
    [[nodiscard]] gateway::Client client() const;
    [[nodiscard]] double metric(const std::string& name) const;
    TestAssignment& assignment() { return *assignment_; }

  private:
    class NodeEngine;
    std::string name_;
    std::shared_ptr<TestAssignment> assignment_;
    NodeEngine* engine_ = nullptr;  // the App's
    gateway::Handler handler_;
    std::map<std::string, gateway::LiveUpgrade, std::less<>> live_;
    std::unique_ptr<gateway::Server> server_;
    std::unique_ptr<gateway::App> app_;
    std::thread thread_;
};

// Waits for a condition, looked at every few milliseconds; false after a minute.
bool eventually(const std::function<bool()>& condition);

std::vector<events::Partition> all_partitions(std::uint16_t count);

}  // namespace cluster_world
