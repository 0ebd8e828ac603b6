#include "events/kafka_log.hpp"

#include <atomic>
#include <utility>

#include "events/fence.hpp"
#include "events/kafka_engine.hpp"
#include "events/kafka_files.hpp"
#include "events/kafka_keys.hpp"
#include "events/kafka_side.hpp"
#include "events/key_ring_store.hpp"
#include "events/local_replica.hpp"
#include "events/record.hpp"
#include "events/record_index.hpp"

namespace events {
namespace {

using kafka::Engine;
using local::Replica;

// The topics' numbers.
constexpr std::size_t kEvents = 0;
constexpr std::size_t kKeys = 1;
constexpr std::size_t kFiles = 2;

// A claim on its way: first to the topics beside the log.
struct Claiming {
    Partition partition;
    std::vector<Outgoing> records;
    AppendDone done;
    ClaimId id{};
    int left = 0;
    Status status{};
};

// The copy as what becomes of the records of NAME.events.
class LogSink final : public kafka::Sink {
  public:
    LogSink(Replica& replica, const std::function<void(Partition, Offset)>& on_grown)
        : replica_(replica), on_grown_(on_grown), grown_(replica.partitions(), false) {}

    Result<std::optional<Mark>> mark(Partition partition) override {
        const auto last = replica_.last(partition);
        if (!last) return std::unexpected(last.error());
        if (!*last) return std::nullopt;
        return Mark{.offset = (*last)->offset, .key = (*last)->key};
    }

    Result<std::optional<ClaimRef>> in_force(Partition partition) override {
        const auto claims = replica_.claims(partition);
        if (!claims) return std::unexpected(claims.error());
        Fence fence;
        for (const auto& claim : *claims)
            fence.apply({.claim = claim.claim, .kind = Record::kClaim});
        return fence.in_force();
    }

    Status take(const kafka::Back& back) override {
        decltype(Outgoing::index) index = std::monostate{};
        if (back.index) {
            index = *back.index;
        } else if (auto read = read_index(back.frame)) {
            index = std::move(*read);
        } else {
            return std::unexpected(read.error());
        }
        // What is void stays where it is and means nothing.
        if (back.verdict == Verdict::kVoid) {
            index = std::monostate{};
            ++voids_;
        }
        replica_.add(back.partition,
                     Entry{.offset = back.offset,
                           .key = back.key,
                           .frame = std::make_shared<const std::string>(back.frame)},
                     index);
        if (!grown_[back.partition.value]) touched_.push_back(back.partition);
        grown_[back.partition.value] = true;
        return {};
    }

    Status write() override {
        if (touched_.empty()) return {};
        if (auto written = replica_.write(); !written) return written;
        for (const auto& partition : std::exchange(touched_, {})) {
            grown_[partition.value] = false;
            const auto end = replica_.end(partition);
            if (end && on_grown_) on_grown_(partition, *end);
        }
        return {};
    }

    [[nodiscard]] std::uint64_t voids() const { return voids_.load(); }

  private:
    Replica& replica_;
    std::atomic<std::uint64_t> voids_{0};
    const std::function<void(Partition, Offset)>& on_grown_;
    std::vector<bool> grown_;  // by partition
    std::vector<Partition> touched_;
};

}  // namespace

struct KafkaLog::Impl {
    KafkaLogOptions options;
    std::unique_ptr<Replica> replica;
    std::shared_ptr<RingStore> ring;
    std::unique_ptr<LogSink> log;
    std::unique_ptr<kafka::Keys> keys;
    std::unique_ptr<kafka::KafkaFiles> files;
    std::unique_ptr<Engine> engine;  // ends first

    [[nodiscard]] bool has_sides() const { return !options.keys.empty(); }
    [[nodiscard]] kafka::EngineOptions engine_options() const;
    Status open_copies(const std::filesystem::path& dir);
    Status start();
    void claim(Partition partition, std::vector<Outgoing> records, AppendDone done);
    void claim_sides(const std::shared_ptr<Claiming>& claiming);
    void side_claimed(const std::shared_ptr<Claiming>& claiming, const Status& status);
};

KafkaLog::KafkaLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaLog::~KafkaLog() = default;

kafka::EngineOptions KafkaLog::Impl::engine_options() const {
    kafka::EngineOptions wanted{.connection = options.connection,
                                .topics = {{options.topics + ".events", options.heartbeat}},
                                .message_timeout = options.message_timeout,
                                .connect_timeout = options.connect_timeout,
                                .requests_in_flight = options.requests_in_flight,
                                .on_failure = options.on_failure};
    if (has_sides()) {
        wanted.topics.push_back({options.topics + ".keys", options.keys_heartbeat});
        wanted.topics.push_back({options.topics + ".files", options.heartbeat});
    }
    return wanted;
}

Status KafkaLog::Impl::open_copies(const std::filesystem::path& dir) {
    auto opened = Replica::open(dir,
                                {.partitions = engine->partitions(),
                                 .source = "the topic " + options.topics +
                                           ".events of the Kafka cluster " + engine->cluster_id(),
                                 .reserve = options.reserve});
    if (!opened) return std::unexpected(opened.error());
    replica = *std::move(opened);
    log = std::make_unique<LogSink>(*replica, options.on_grown);
    if (!has_sides()) return {};
    auto store = RingStore::open(options.keys, {.may_create = true, .secondary_dir = {}});
    if (!store) return std::unexpected(store.error());
    ring = *std::move(store);
    keys = std::make_unique<kafka::Keys>(*ring, engine->partitions());
    ring->follow(*keys);
    files = std::make_unique<kafka::KafkaFiles>(
        replica->file_copy(), replica->files(), engine->partitions());
    return {};
}

Status KafkaLog::Impl::start() {
    if (!has_sides()) return engine->start({log.get()});
    keys->attach(*engine, kKeys);
    files->attach(*engine, kFiles);
    return engine->start({log.get(), keys.get(), files.get()});
}

Result<std::unique_ptr<KafkaLog>> KafkaLog::open(const std::filesystem::path& dir,
                                                 KafkaLogOptions options) {
    auto impl = std::make_unique<Impl>();
    impl->options = std::move(options);
    auto engine = Engine::open(impl->engine_options());
    if (!engine) return std::unexpected(engine.error());
    impl->engine = *std::move(engine);
    if (auto opened = impl->open_copies(dir); !opened) return std::unexpected(opened.error());
    if (auto started = impl->start(); !started) return std::unexpected(started.error());
    return std::unique_ptr<KafkaLog>(new KafkaLog(std::move(impl)));
}

void KafkaLog::append(Partition partition, std::vector<Outgoing> records, AppendDone done) {
    auto& engine = *impl_->engine;
    if (partition.value >= impl_->replica->partitions()) {
        return engine.post(
            [done = std::move(done)] { done(fail(Errc::kInvalidArgument, "no such partition")); });
    }
    std::uint64_t bytes = 0;
    for (const auto& record : records) bytes += record.frame.size();
    if (const auto room = impl_->replica->admit(bytes); !room) {
        return engine.refuse(kEvents, partition, room.error(), std::move(done));
    }
    const bool claims =
        !records.empty() && std::holds_alternative<ClaimIndex>(records.front().index);
    if (claims && impl_->has_sides()) {
        return impl_->claim(partition, std::move(records), std::move(done));
    }
    engine.append(kEvents, partition, std::move(records), std::move(done));
}

void KafkaLog::Impl::claim(Partition partition, std::vector<Outgoing> records, AppendDone done) {
    auto claiming = std::make_shared<Claiming>(
        Claiming{.partition = partition, .records = std::move(records), .done = std::move(done)});
    engine->post([this, claiming] { claim_sides(claiming); });
}

// On the reading thread, here and below: what is in force is known there.
void KafkaLog::Impl::claim_sides(const std::shared_ptr<Claiming>& claiming) {
    Record record;
    if (auto read = decode_record(claiming->records.front().frame, record); !read) {
        return claiming->done(read);
    }
    claiming->id = std::get<ClaimIndex>(claiming->records.front().index).claim.id;
    claiming->left = 2;
    for (const auto topic : {kKeys, kFiles}) {
        const auto before = engine->in_force(topic, claiming->partition);
        const ClaimRef claim{.term = Term{(before ? before->term.value : 0) + 1},
                             .id = claiming->id};
        auto side = kafka::side_under(claim);
        *side.mutable_claim() = record.claim();
        auto one = kafka::side_record(side, random_id<RecordKey>());
        if (!one) return claiming->done(std::unexpected(one.error()));
        one->index = ClaimIndex{claim};
        std::vector<Outgoing> records;
        records.push_back(*std::move(one));
        engine->append(
            topic, claiming->partition, std::move(records), [this, claiming](const Status& status) {
                side_claimed(claiming, status);
            });
    }
}

void KafkaLog::Impl::side_claimed(const std::shared_ptr<Claiming>& claiming, const Status& status) {
    if (!status && claiming->status) claiming->status = status;
    if (--claiming->left > 0) return;
    for (const auto topic : {kKeys, kFiles}) {
        const auto now = engine->in_force(topic, claiming->partition);
        if (claiming->status && (!now || now->id != claiming->id)) {
            claiming->status = fail(Errc::kUnavailable, "another node leads the partition");
        }
    }
    if (!claiming->status) return claiming->done(claiming->status);
    engine->append(
        kEvents, claiming->partition, std::move(claiming->records), std::move(claiming->done));
}

Result<std::unique_ptr<KeyRing>> KafkaLog::open_keys(const Key256& master,
                                                     const DiskReserve& reserve) {
    impl_->keys->set_check(KeyRing::cluster_check(master));
    return KeyRing::over(impl_->ring, master, {.secondary_dir = {}, .reserve = reserve});
}

Files& KafkaLog::files() {
    return *impl_->files;
}

Result<std::vector<Entry>> KafkaLog::read(Partition partition, Offset from, ReadLimit limit) {
    return impl_->replica->read(partition, from, limit);
}

Result<Offset> KafkaLog::end(Partition partition) {
    return impl_->replica->end(partition);
}

KafkaLog::Counts KafkaLog::counts() const {
    return {.void_records = impl_->log->voids(), .behind_records = impl_->engine->behind(kEvents)};
}

History& KafkaLog::history() {
    return *impl_->replica;
}

}  // namespace events
