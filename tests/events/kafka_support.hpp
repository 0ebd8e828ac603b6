#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/kafka_log.hpp"
#include "tests/events/log_support.hpp"
#include "tests/support/let_pass.hpp"
#include "tests/support/temp_dir.hpp"

// A real broker, named by PARLOUR_KAFKA (HOST:PORT,...), and topics of a test's own on it. Without
// one these tests are skipped; tests/integration/kafka_engine_test.py starts one and runs them.
namespace kafka_support {

// For a suite: whether there is a broker.
boost::test_tools::assertion_result has_broker(boost::unit_test::test_unit_id unit);

events::KafkaConnection connection();

// Topics NAME.events, NAME.keys and NAME.files under a fresh name.
class Topics {
  public:
    explicit Topics(std::uint16_t partitions = log_support::kPartitions);
    // That are there already.
    explicit Topics(std::string name) : name_(std::move(name)) {}
    [[nodiscard]] const std::string& name() const { return name_; }
    // Writes a record there, as a stranger or a node of a test's own making would.
    void send(const std::string& topic,
              events::Partition partition,
              std::string_view key,
              std::optional<std::string_view> value) const;
    // Gives the topic no records any more, as a cluster that lost them.
    void make_anew(const std::string& topic, std::uint16_t partitions) const;
    // One past the last offset that was ever given.
    [[nodiscard]] std::uint64_t end_of(const std::string& topic, events::Partition partition) const;

  private:
    std::string name_;
};

// Waits, with a deadline.
template <class Condition>
bool soon(const Condition& condition, std::chrono::seconds wait = std::chrono::seconds(120)) {
    const auto deadline = std::chrono::steady_clock::now() + wait;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        test_support::let_pass(std::chrono::milliseconds(2));
    }
    return true;
}

struct NodeFolder {
    std::filesystem::path path;  // empty: one of the node's own, that goes with it
    std::chrono::milliseconds heartbeat = events::kLogHeartbeat;
};

// A node of a cluster: log, keys and files, with folders of its own, that leads what it claims.
class Node {
  public:
    explicit Node(const Topics& topics, NodeFolder folder = {});
    // As a program killed and started again; `from_nothing`: its folders are lost.
    void restart(bool from_nothing = false);
    // Takes the partition under a term above what was claimed before. Gives what it is done with.
    events::Status claim(events::Partition partition);
    [[nodiscard]] const events::ClaimRef& claimed() const { return claim_; }
    events::Status append(events::Partition partition, std::vector<events::Outgoing> records);
    [[nodiscard]] events::Result<std::unique_ptr<events::KeyRing>> open_keys(
        const events::Key256& master) const;

    std::unique_ptr<events::KafkaLog> log;
    std::unique_ptr<events::KeyRing> keys;

  private:
    test_support::TempDir dir_;
    const Topics& topics_;
    NodeFolder folder_;
    events::ClaimRef claim_;
};

// The engine under test, with a copy in a folder of its own.
class KafkaEngine final : public log_support::Engine {
  public:
    KafkaEngine();
    explicit KafkaEngine(const Topics& topics);
    events::Log& log() override { return *kafka; }
    events::History& history() override { return kafka->history(); }
    void set_full(bool full) override { full_ = full; }

    [[nodiscard]] const Topics& topics() const { return topics_; }
    [[nodiscard]] std::filesystem::path folder() const { return dir_.path() / "log"; }
    [[nodiscard]] events::KafkaLogOptions options() const;
    [[nodiscard]] events::Result<std::unique_ptr<events::KafkaLog>> open() const;
    void close() { kafka.reset(); }
    void reopen();
    // The same log, by a node with an empty folder.
    void reopen_from_nothing();

    std::unique_ptr<events::KafkaLog> kafka;
    // For the next opening.
    std::chrono::milliseconds heartbeat = events::kLogHeartbeat;

  private:
    static constexpr std::uint64_t kReserve = 1;
    static constexpr std::uint64_t kRoom = std::uint64_t{1} << 40U;
    test_support::TempDir dir_;
    Topics topics_;
    std::atomic<bool> full_{false};
};

}  // namespace kafka_support
