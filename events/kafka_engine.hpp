#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/kafka_client.hpp"
#include "events/kafka_lane.hpp"
#include "events/log.hpp"

// What goes to Kafka and comes back: one producer, one consumer and the thread that reads. Records
// count as written once they were read back and their sink has taken them. It knows what a fence
// is, and nothing of commits, keys or files: that is what sinks are for.
namespace events::kafka {

// A record read back.
struct Back {
    Partition partition;
    Offset offset;
    RecordKey key;
    std::string_view frame;  // valid inside the call only
    RecordHead head;
    Verdict verdict;
    // As it was told when it was sent from here; nothing for somebody else's.
    std::optional<decltype(Outgoing::index)> index;
};

// What becomes of a topic's records. Called on the reading thread only. An error ends the engine.
class Sink {
  public:
    virtual ~Sink() = default;
    // Where to go on: the last record taken. Nothing: from the beginning.
    struct Mark {
        Offset offset;
        RecordKey key;
    };
    virtual Result<std::optional<Mark>> mark(Partition partition) = 0;
    // The claim in force there.
    virtual Result<std::optional<ClaimRef>> in_force(Partition partition) = 0;
    // Heartbeats are not given. Small steps: it holds up everything that waits to be read.
    virtual Status take(const Back& back) = 0;
    // Everything taken is there for readers.
    virtual Status write() = 0;
};

struct EngineOptions {
    KafkaConnection connection;
    struct Topic {
        std::string name;
        std::chrono::milliseconds heartbeat;  // of an idle partition that this node has claimed
    };
    // Who is deposed in one of them is deposed in the first, too (K4).
    std::vector<Topic> topics;
    // A record that was not read back for so long has failed. DESIGN 3: 30 s.
    std::chrono::milliseconds message_timeout{30'000};
    // How long a start waits for the first answer of a broker.
    std::chrono::milliseconds connect_timeout{10'000};
    int requests_in_flight = 5;  // of the producer; see KafkaLogOptions
    // Told on the reading thread when the engine cannot go on; once. Must not block.
    std::function<void(const Error&)> on_failure;
};

class Engine {
  public:
    // Reads what the cluster has, without waiting for more than an answer. kUnavailable: no broker
    // answers; kNotFound: a topic is missing.
    static Result<std::unique_ptr<Engine>> open(EngineOptions options);
    // Waits a moment for what is under way, then ends it.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    [[nodiscard]] const std::string& cluster_id() const;
    [[nodiscard]] std::uint16_t partitions() const;  // of every topic alike

    // Starts reading into the sinks, one a topic, borrowed, and returns once everything that the
    // topics held when it was called has been taken. kDamaged: a topic does not hold any more what
    // a sink has taken from it.
    Status start(std::vector<Sink*> sinks);

    // As Log::append, for a partition of a topic. Any thread, once started.
    void append(std::size_t topic,
                Partition partition,
                std::vector<Outgoing> records,
                AppendDone done);
    // As after a failed append.
    void shut(std::size_t topic, Partition partition, const Error& why);
    // Tells why an append was refused, in its order, without sending anything.
    void refuse(std::size_t topic, Partition partition, const Error& why, AppendDone done);
    // Runs it on the reading thread, soon.
    void post(std::function<void()> task);
    // Records of the topic that the brokers have told of and this has not read. Any thread.
    [[nodiscard]] std::uint64_t behind(std::size_t topic) const;
    // The claim that this node sent last and may send under. Any thread.
    [[nodiscard]] std::optional<ClaimRef> own_claim(std::size_t topic, Partition partition) const;
    // On the reading thread only.
    [[nodiscard]] std::optional<ClaimRef> in_force(std::size_t topic, Partition partition) const;

  private:
    struct Impl;
    explicit Engine(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace events::kafka
