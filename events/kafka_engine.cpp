#include "events/kafka_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <shared_mutex>
#include <thread>
#include <utility>

#include "events/heartbeat.hpp"
#include "events/kafka_consumer.hpp"
#include "events/kafka_producer.hpp"
#include "events/record.hpp"

namespace events::kafka {
namespace {

using parlour::log::v1::Record;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPollWait{200};
// What is taken before it is written, so that reading much does not gather it all in memory.
constexpr std::size_t kTakenBytesMax = std::size_t{1024} * 1024;
// A connection that does not come back within the message time-out is a failure anyway; this is
// how long an end waits for what is under way.
constexpr std::chrono::milliseconds kEndWait{2'000};
constexpr std::chrono::milliseconds kEndLook{5};
// Heartbeats, and records that do not come back, are looked after so often in their period.
constexpr int kLooksInPeriod = 4;

}  // namespace

struct Engine::Impl {
    struct Channel {
        EngineOptions::Topic topic;
        Sink* sink = nullptr;
        std::deque<Lane> lanes;  // a deque, because a lane does not move
    };

    EngineOptions options;
    std::string cluster_id;
    std::uint16_t partitions = 0;
    std::deque<Channel> channels;
    std::unique_ptr<Consumer> consumer;
    std::shared_mutex producer_mutex;
    std::unique_ptr<Producer> producer;  // under producer_mutex

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::function<void()>> tasks;  // under mutex
    std::optional<Error> producer_failed;      // under mutex
    std::optional<Error> dead;                 // under mutex: the engine has ended
    bool stop = false;                         // under mutex
    std::atomic<bool> is_dead{false};          // without the mutex
    std::atomic<bool> has_tasks{false};
    std::atomic<bool> stopping{false};

    // Of the reading thread.
    Consumer::Visitor visitor;
    std::optional<Error> failed;
    std::vector<Finished> finished;
    std::size_t taken_bytes = 0;
    // Of the start: where each partition has to be read to, until all are.
    std::vector<std::vector<Offset>> goals;  // under mutex
    std::size_t goals_left = 0;              // under mutex

    std::thread reading;
    std::thread keeping;

    Status connect();
    Result<std::unique_ptr<Producer>> make_producer();
    Status begin(std::size_t topic, const std::vector<Offset>& ends);
    Status begin(std::size_t topic, Partition partition, Offset end);

    void read() noexcept;
    void take(const Consumer::Arrived& arrived);
    void depose(Channel& channel, Lane& lane, Partition partition);
    Status take_known(Channel& channel, Lane& lane, const Consumer::Arrived& arrived);
    void at_end(std::size_t topic, Partition partition, Offset next);
    void passed(std::size_t topic, Partition partition, Offset next);
    void write();
    void tell();
    void run_tasks();
    void die(const Error& error);
    std::optional<Error> ended_by();

    void keep() noexcept;
    void replace_producer(const Error& why);
    bool has_timed_out();
    void send_heartbeats();
    std::chrono::milliseconds shortest_look() const;
    void append(std::size_t topic,
                Partition partition,
                std::vector<Outgoing> records,
                AppendDone done);
    void post(std::function<void()> task);
    void post(std::vector<Finished> all);
};

Status Engine::Impl::connect() {
    std::vector<std::string> names;
    for (const auto& topic : options.topics) {
        channels.emplace_back().topic = topic;
        names.push_back(topic.name);
    }
    auto opened = Consumer::open(options.connection, names);
    if (!opened) return std::unexpected(opened.error());
    consumer = *std::move(opened);
    const auto id = consumer->cluster_id(options.connect_timeout);
    if (!id) return std::unexpected(id.error());
    cluster_id = *id;
    for (std::size_t topic = 0; topic < channels.size(); ++topic) {
        const auto count = consumer->partitions(topic, options.connect_timeout);
        if (!count) return std::unexpected(count.error());
        if (topic > 0 && *count != partitions) {
            return fail(Errc::kInvalidArgument,
                        fmt::format("the topic {} has {} partitions, {} has {}: they must be alike",
                                    names[topic],
                                    *count,
                                    names[0],
                                    partitions));
        }
        partitions = *count;
        channels[topic].lanes.resize(*count);
    }
    auto made = make_producer();
    if (!made) return std::unexpected(made.error());
    producer = *std::move(made);
    return {};
}

Result<std::unique_ptr<Producer>> Engine::Impl::make_producer() {
    Producer::Options wanted{.connection = options.connection,
                             .topics = {},
                             .requests_in_flight = options.requests_in_flight,
                             .on_failure = [this](const Error& error) {
                                 const std::scoped_lock lock(mutex);
                                 producer_failed = error;
                                 changed.notify_all();
                             }};
    for (const auto& topic : options.topics) wanted.topics.push_back(topic.name);
    return Producer::open(std::move(wanted));
}

Status Engine::Impl::begin(std::size_t topic, const std::vector<Offset>& ends) {
    for (std::uint16_t i = 0; i < partitions; ++i) {
        if (auto begun = begin(topic, Partition{i}, ends[i]); !begun) return begun;
    }
    return {};
}

Status Engine::Impl::begin(std::size_t topic, Partition partition, Offset end) {
    auto& channel = channels[topic];
    auto& lane = channel.lanes[partition.value];
    const auto mark = channel.sink->mark(partition);
    if (!mark) return std::unexpected(mark.error());
    const auto claim = channel.sink->in_force(partition);
    if (!claim) return std::unexpected(claim.error());
    lane.fence = Fence(*claim);
    if (*mark) {
        if ((*mark)->offset >= end) {
            return fail(Errc::kDamaged,
                        fmt::format("partition {} of {} ends at {}, but {} was read from it: the "
                                    "cluster has lost records, or the topic was made anew",
                                    partition.value,
                                    channel.topic.name,
                                    end.value,
                                    (*mark)->offset.value));
        }
        // It is read once more, to see that it is still the same.
        lane.next = (*mark)->offset;
        lane.known = (*mark)->key;
    }
    return consumer->start(topic, partition, lane.next);
}

void Engine::Impl::read() noexcept {
    while (!stopping) {
        run_tasks();
        const auto polled = consumer->poll(kPollWait, visitor);
        if (!failed && !polled) failed = polled.error();
        write();
        tell();
    }
    run_tasks();
    tell();
}

void Engine::Impl::take(const Consumer::Arrived& arrived) {
    if (failed) return;
    auto& channel = channels[arrived.topic];
    auto& lane = channel.lanes[arrived.partition.value];
    if (const auto taken = take_known(channel, lane, arrived); !taken) {
        failed = Error{taken.error().code,
                       fmt::format("record {} of partition {} of {}: {}",
                                   arrived.offset.value,
                                   arrived.partition.value,
                                   channel.topic.name,
                                   taken.error().detail)};
        return;
    }
    passed(arrived.topic, arrived.partition, Offset{arrived.offset.value + 1});
    taken_bytes += arrived.frame.size();
    if (taken_bytes < kTakenBytesMax) return;
    write();
    tell();
}

Status Engine::Impl::take_known(Channel& channel, Lane& lane, const Consumer::Arrived& arrived) {
    if (const auto known = std::exchange(lane.known, std::nullopt)) {
        if (arrived.offset == lane.next) {
            if (known->view() == arrived.key) return {};
            return fail(Errc::kDamaged,
                        "another record was read there before: the cluster has lost records and "
                        "written others in their place");
        }
    }
    if (arrived.is_null) {
        return fail(Errc::kDamaged, "a null stands there, which Parlour never writes");
    }
    auto index = lane.came_back(arrived.key, finished);
    const auto head = read_head(arrived.frame);
    if (!head && !index) return fail(Errc::kDamaged, "it is none of Parlour's");
    const auto verdict = head ? lane.fence.apply(*head) : Verdict::kCounts;
    if (verdict == Verdict::kClaimInForce) depose(channel, lane, arrived.partition);
    if (head && head->kind == Record::kHeartbeat) return {};
    const auto key = RecordKey::from_bytes(arrived.key);
    if (!key) return fail(Errc::kDamaged, "its key is not one of Parlour's");
    return channel.sink->take({.partition = arrived.partition,
                               .offset = arrived.offset,
                               .key = *key,
                               .frame = arrived.frame,
                               .head = head.value_or(RecordHead{}),
                               .verdict = verdict,
                               .index = std::move(index)});
}

// Another node's claim ends ours, here and in the first topic.
void Engine::Impl::depose(Channel& channel, Lane& lane, Partition partition) {
    const auto ours = lane.own_claim();
    if (!ours || ours == lane.fence.in_force()) return;
    const Error why{Errc::kUnavailable, "another node leads the partition"};
    lane.shut(why);
    if (&channel != &channels.front()) channels.front().lanes[partition.value].shut(why);
}

void Engine::Impl::at_end(std::size_t topic, Partition partition, Offset next) {
    passed(topic, partition, next);
}

// The lane's own `next` tells a goal that was reached from one that was not.
void Engine::Impl::passed(std::size_t topic, Partition partition, Offset next) {
    auto& lane = channels[topic].lanes[partition.value];
    lane.next = std::max(lane.next, next);
    if (goals.empty()) return;
    auto& goal = goals[topic][partition.value];
    if (goal == Offset{} || lane.next < goal) return;
    goal = Offset{};
    // What was taken is there before anybody hears of it.
    write();
    const std::scoped_lock lock(mutex);
    if (--goals_left > 0) return;
    goals.clear();
    changed.notify_all();
}

void Engine::Impl::write() {
    taken_bytes = 0;
    for (auto& channel : channels) {
        if (failed) break;
        if (auto written = channel.sink->write(); !written) failed = written.error();
    }
    if (failed) die(*failed);
}

void Engine::Impl::tell() {
    for (auto& each : std::exchange(finished, {})) {
        each.done(failed ? Status(std::unexpected(*failed)) : std::move(each.status));
    }
}

void Engine::Impl::run_tasks() {
    if (!has_tasks.exchange(false)) return;
    std::vector<std::function<void()>> now;
    {
        const std::scoped_lock lock(mutex);
        now.swap(tasks);
    }
    for (const auto& task : now) task();
}

// Nothing of this engine is sure any more; only opening again tells.
void Engine::Impl::die(const Error& error) {
    {
        const std::scoped_lock lock(mutex);
        if (dead) return;
        dead = error;
        is_dead = true;
        changed.notify_all();
    }
    for (auto& channel : channels) {
        for (auto& lane : channel.lanes) lane.fail_all(error, finished);
    }
    if (options.on_failure) options.on_failure(error);
}

std::optional<Error> Engine::Impl::ended_by() {
    if (!is_dead) return std::nullopt;
    const std::scoped_lock lock(mutex);
    return dead;
}

void Engine::Impl::keep() noexcept {
    const auto look = shortest_look();
    std::unique_lock lock(mutex);
    while (!stop) {
        changed.wait_for(lock, look, [this] { return stop || producer_failed; });
        if (stop) return;
        const auto why = std::exchange(producer_failed, std::nullopt);
        lock.unlock();
        if (why) {
            replace_producer(*why);
        } else if (has_timed_out()) {
            replace_producer({Errc::kUnavailable, "Kafka did not take a record in time"});
        }
        send_heartbeats();
        lock.lock();
    }
}

std::chrono::milliseconds Engine::Impl::shortest_look() const {
    auto shortest = options.message_timeout;
    for (const auto& channel : channels) shortest = std::min(shortest, channel.topic.heartbeat);
    return std::max(shortest / kLooksInPeriod, std::chrono::milliseconds{1});
}

// Not left to the library: it would drop a record whose time is up and send those behind it, as
// long as nobody has purged them (F6).
bool Engine::Impl::has_timed_out() {
    const auto then = Clock::now() - options.message_timeout;
    return std::ranges::any_of(channels, [then](Channel& channel) {
        return std::ranges::any_of(channel.lanes,
                                   [then](Lane& lane) { return lane.waits_since(then); });
    });
}

void Engine::Impl::replace_producer(const Error& why) {
    std::vector<Finished> failed_now;
    std::unique_ptr<Producer> old;
    {
        const std::unique_lock lock(producer_mutex);
        for (auto& channel : channels) {
            for (auto& lane : channel.lanes) lane.fail_all(why, failed_now);
        }
        old = std::move(producer);
        // It was made with these settings before.
        if (auto made = make_producer()) producer = *std::move(made);
    }
    post(std::move(failed_now));
}

void Engine::Impl::send_heartbeats() {
    const auto now = Clock::now();
    for (std::size_t topic = 0; topic < channels.size(); ++topic) {
        auto& channel = channels[topic];
        for (std::uint16_t i = 0; i < partitions; ++i) {
            const auto claim = channel.lanes[i].due_heartbeat(now - channel.topic.heartbeat);
            if (!claim) continue;
            auto record = heartbeat(Partition{i}, *claim);
            if (!record) continue;
            std::vector<Outgoing> one;
            one.push_back(*std::move(record));
            append(topic, Partition{i}, std::move(one), [](const Status&) {});
        }
    }
}

void Engine::Impl::append(std::size_t topic,
                          Partition partition,
                          std::vector<Outgoing> records,
                          AppendDone done) {
    std::vector<Finished> now;
    auto& lane = channels[topic].lanes[partition.value];
    const std::shared_lock lock(producer_mutex);
    if (const auto ended = ended_by()) {
        lane.refuse_next(*ended, std::move(done), now);
        return post(std::move(now));
    }
    const Lane::Send send = [&](const RecordKey& key, std::string_view frame) -> Status {
        if (!producer) return fail(Errc::kUnavailable, "there is no Kafka producer");
        return producer->send(topic, partition, key, frame);
    };
    lane.append(std::move(records), std::move(done), send, now);
    if (!now.empty()) post(std::move(now));
}

void Engine::Impl::post(std::function<void()> task) {
    {
        const std::scoped_lock lock(mutex);
        tasks.push_back(std::move(task));
        has_tasks = true;
    }
    consumer->wake();
}

void Engine::Impl::post(std::vector<Finished> all) {
    const auto shared = std::make_shared<std::vector<Finished>>(std::move(all));
    post([this, shared] {
        for (auto& each : *shared) finished.push_back(std::move(each));
        tell();
    });
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Engine>> Engine::open(EngineOptions options) {
    auto impl = std::make_unique<Impl>();
    impl->options = std::move(options);
    if (auto connected = impl->connect(); !connected) return std::unexpected(connected.error());
    return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Engine::~Engine() {
    auto& impl = *impl_;
    const auto deadline = Clock::now() + kEndWait;
    const auto idle = [&impl] {
        for (auto& channel : impl.channels) {
            for (auto& lane : channel.lanes) {
                if (!lane.is_idle()) return false;
            }
        }
        return true;
    };
    while (impl.reading.joinable() && !idle() && Clock::now() < deadline) {
        std::this_thread::sleep_for(kEndLook);
    }
    {
        const std::scoped_lock lock(impl.mutex);
        impl.stop = true;
        impl.changed.notify_all();
    }
    if (impl.keeping.joinable()) impl.keeping.join();
    for (auto& channel : impl.channels) {
        for (auto& lane : channel.lanes) {
            std::vector<Finished> ended;
            lane.fail_all({Errc::kUnavailable, "the node is stopping"}, ended);
            if (!ended.empty()) impl.post(std::move(ended));
        }
    }
    impl.stopping = true;
    if (impl.consumer) impl.consumer->wake();
    if (impl.reading.joinable()) impl.reading.join();
    impl.producer.reset();
    impl.consumer.reset();
}

const std::string& Engine::cluster_id() const {
    return impl_->cluster_id;
}

std::uint16_t Engine::partitions() const {
    return impl_->partitions;
}

Status Engine::start(std::vector<Sink*> sinks) {
    auto& impl = *impl_;
    impl.goals.resize(impl.channels.size());
    for (std::size_t topic = 0; topic < impl.channels.size(); ++topic) {
        impl.channels[topic].sink = sinks[topic];
        const auto ends = impl.consumer->ends(topic, impl.partitions, impl.options.connect_timeout);
        if (!ends) return std::unexpected(ends.error());
        for (const auto& end : *ends) impl.goals_left += end == Offset{} ? 0 : 1;
        impl.goals[topic] = *ends;
        if (auto begun = impl.begin(topic, *ends); !begun) return begun;
    }
    if (impl.goals_left == 0) impl.goals.clear();
    impl.visitor = {.record = [&impl](const auto& arrived) { impl.take(arrived); },
                    .at_end = [&impl](std::size_t topic,
                                      Partition partition,
                                      Offset next) { impl.at_end(topic, partition, next); }};
    impl.reading = std::thread([&impl] { impl.read(); });
    impl.keeping = std::thread([&impl] { impl.keep(); });
    std::unique_lock lock(impl.mutex);
    impl.changed.wait(lock, [&impl] { return impl.goals_left == 0 || impl.dead; });
    if (impl.dead) return std::unexpected(*impl.dead);
    return {};
}

void Engine::append(std::size_t topic,
                    Partition partition,
                    std::vector<Outgoing> records,
                    AppendDone done) {
    impl_->append(topic, partition, std::move(records), std::move(done));
}

void Engine::shut(std::size_t topic, Partition partition, const Error& why) {
    impl_->channels[topic].lanes[partition.value].shut(why);
}

void Engine::refuse(std::size_t topic, Partition partition, const Error& why, AppendDone done) {
    auto& lane = impl_->channels[topic].lanes[partition.value];
    std::vector<Finished> now;
    lane.refuse_next(why, std::move(done), now);
    if (!now.empty()) impl_->post(std::move(now));
}

void Engine::post(std::function<void()> task) {
    impl_->post(std::move(task));
}

std::uint64_t Engine::behind(std::size_t topic) const {
    return impl_->consumer->behind(topic);
}

std::optional<ClaimRef> Engine::own_claim(std::size_t topic, Partition partition) const {
    return impl_->channels[topic].lanes[partition.value].own_claim();
}

std::optional<ClaimRef> Engine::in_force(std::size_t topic, Partition partition) const {
    return impl_->channels[topic].lanes[partition.value].fence.in_force();
}

}  // namespace events::kafka
