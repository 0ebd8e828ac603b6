#include "events/kafka_migration.hpp"

#include <fmt/format.h>

#include <chrono>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "events/kafka_engine.hpp"
#include "events/kafka_migration_sides.hpp"

namespace events {
namespace {

using kafka::Engine;
using kafka::MovedFiles;
using kafka::MovedKeys;

// The topics' numbers.
constexpr std::size_t kEvents = 0;
constexpr std::size_t kKeys = 1;
constexpr std::size_t kFiles = 2;

// Nothing follows a record whose fate is unknown, and what a killed migration had under way is
// little: one request.
constexpr int kRequestsInFlight = 1;
// A migration that goes on begins when nothing has come for so long.
constexpr std::chrono::seconds kQuiet{3};
// Longer than any migration: it leads nothing, so it keeps nothing alive.
constexpr std::chrono::hours kNoHeartbeat{24 * 365};
constexpr ReadLimit kReadAhead{.records = 1024, .bytes = std::size_t{1} << 20U};

Digest add(const Digest& digest, const RecordKey& key, std::string_view frame) {
    return sha256(
        {{reinterpret_cast<const char*>(digest.data()), digest.size()}, key.view(), frame});
}

// The source's records of each partition, and how far the topic has them. Each record that comes
// back must be the next of its partition.
class MovedLog final : public kafka::Sink {
  public:
    explicit MovedLog(LocalLog& source) : source_(source), partitions_(source.partitions()) {}

    // Where the first record lies that the topic lacks.
    [[nodiscard]] Offset next(Partition partition) {
        const std::lock_guard lock(mutex_);
        return partitions_[partition.value].next;
    }
    [[nodiscard]] std::uint64_t count() {
        const std::lock_guard lock(mutex_);
        return count_;
    }

    Result<std::optional<Mark>> mark(Partition) override { return std::nullopt; }
    Result<std::optional<ClaimRef>> in_force(Partition) override { return std::nullopt; }
    Status write() override { return {}; }
    Status take(const kafka::Back& back) override {
        const std::lock_guard lock(mutex_);
        auto& mine = partitions_[back.partition.value];
        if (mine.ahead.empty()) {
            auto read = source_.read(back.partition, mine.next, kReadAhead);
            if (!read) return std::unexpected(read.error());
            mine.ahead.assign(read->begin(), read->end());
        }
        if (mine.ahead.empty() || mine.ahead.front().key != back.key ||
            *mine.ahead.front().frame != back.frame) {
            return fail(Errc::kInvalidArgument,
                        "it is not what the data folder has there: a log moves only into topics "
                        "that hold nothing else; remove them, and make them with parlour topics "
                        "create");
        }
        mine.next = Offset{mine.ahead.front().offset.value + 1};
        mine.ahead.pop_front();
        ++count_;
        return {};
    }

  private:
    struct Partitioned {
        Offset next{};
        std::deque<Entry> ahead;  // of the source, from `next` on
    };
    LocalLog& source_;
    std::mutex mutex_;
    std::vector<Partitioned> partitions_;  // under mutex_
    std::uint64_t count_ = 0;              // under mutex_
};

// Counts and digests what a topic holds, without looking at the source.
class ReadBack final : public kafka::Sink {
  public:
    explicit ReadBack(std::vector<MigratedPartition>& partitions) : partitions_(partitions) {}
    Result<std::optional<Mark>> mark(Partition) override { return std::nullopt; }
    Result<std::optional<ClaimRef>> in_force(Partition) override { return std::nullopt; }
    Status write() override { return {}; }
    Status take(const kafka::Back& back) override {
        auto& mine = partitions_[back.partition.value];
        ++mine.there;
        mine.digest_there = add(mine.digest_there, back.key, back.frame);
        return {};
    }

  private:
    std::vector<MigratedPartition>& partitions_;
};

Result<std::unique_ptr<Engine>> open_engine(const MigrationSource& source,
                                            const MigrationTarget& target) {
    auto engine = Engine::open({.connection = target.connection,
                                .topics = {{target.topics + ".events", kNoHeartbeat},
                                           {target.topics + ".keys", kNoHeartbeat},
                                           {target.topics + ".files", kNoHeartbeat}},
                                .requests_in_flight = kRequestsInFlight,
                                .on_failure = {}});
    if (!engine) return engine;
    if ((*engine)->partitions() != source.log.partitions()) {
        return fail(Errc::kInvalidArgument,
                    fmt::format("the topics have {} partitions and the data folder has {}: make "
                                "them with parlour topics create --partitions {}",
                                (*engine)->partitions(),
                                source.log.partitions(),
                                source.log.partitions()));
    }
    return engine;
}

struct Sides {
    std::unique_ptr<MovedKeys> keys;
    std::unique_ptr<MovedFiles> files;
};

Result<Sides> sides_of(const MigrationSource& source) {
    const auto partitions = source.log.partitions();
    auto keys = MovedKeys::of(source.ring, source.check, kKeys, partitions);
    if (!keys) return std::unexpected(keys.error());
    auto files = MovedFiles::of(source.log, kFiles, partitions);
    if (!files) return std::unexpected(files.error());
    return Sides{*std::move(keys), *std::move(files)};
}

std::optional<std::string> foreign(Sides& sides, const std::string& topics) {
    if (const auto found = sides.keys->foreign()) {
        return fmt::format("the topic {}.keys holds {}", topics, *found);
    }
    if (const auto found = sides.files->foreign()) {
        return fmt::format("the topic {}.files holds {}", topics, *found);
    }
    return std::nullopt;
}

Result<std::uint64_t> records_of(LocalLog& source) {
    std::uint64_t count = 0;
    for (std::uint16_t i = 0; i < source.partitions(); ++i) {
        const auto scanned =
            source.scan(Partition{i}, Offset{0}, [&](Offset, const RecordKey&, std::string_view) {
                ++count;
                return true;
            });
        if (!scanned) return std::unexpected(scanned.error());
    }
    return count;
}

// What a migration that was killed had under way comes now or never.
void wait_until_quiet(MovedLog& log) {
    for (auto before = log.count();;) {
        std::this_thread::sleep_for(kQuiet);
        const auto now = log.count();
        if (now == before) return;
        before = now;
    }
}

// A batch of each partition that has more, all at once.
struct LogMover {
    const MigrationSource& source;
    const MigrationTarget& target;
    Engine& engine;
    std::vector<Offset> next;

    Result<std::vector<std::future<Status>>> send() {
        std::vector<std::future<Status>> under_way;
        for (std::uint16_t i = 0; i < next.size(); ++i) {
            auto limit = kReadAhead;
            limit.records = target.batch;
            const auto entries = source.log.read(Partition{i}, next[i], limit);
            if (!entries) return std::unexpected(entries.error());
            if (entries->empty()) continue;
            next[i] = Offset{entries->back().offset.value + 1};
            std::vector<Outgoing> records;
            for (const auto& entry : *entries) {
                records.push_back({.key = entry.key, .frame = *entry.frame, .index = {}});
            }
            auto promise = std::make_shared<std::promise<Status>>();
            under_way.push_back(promise->get_future());
            engine.append(kEvents, Partition{i}, std::move(records), [promise](const Status& done) {
                promise->set_value(done);
            });
        }
        return under_way;
    }
};

Status move_log(LogMover mover, MovedLog& log, std::uint64_t total) {
    for (;;) {
        auto under_way = mover.send();
        if (!under_way) return std::unexpected(under_way.error());
        if (under_way->empty()) return {};
        Status all;
        for (auto& one : *under_way) {
            if (auto done = one.get(); !done && all) all = done;
        }
        if (!all) return all;
        if (mover.target.on_records) mover.target.on_records(log.count(), total);
    }
}

}  // namespace

Status migrate(const MigrationSource& source, const MigrationTarget& target) {
    auto sides = sides_of(source);
    if (!sides) return std::unexpected(sides.error());
    const auto total = records_of(source.log);
    if (!total) return std::unexpected(total.error());
    MovedLog log(source.log);
    auto engine = open_engine(source, target);
    if (!engine) return std::unexpected(engine.error());
    if (auto started = (*engine)->start({&log, sides->keys.get(), sides->files.get()}); !started) {
        return started;
    }
    if (const auto other = foreign(*sides, target.topics)) {
        return fail(Errc::kInvalidArgument, *other + ": a log moves only into empty topics");
    }
    const bool goes_on = log.count() > 0;
    // Keys before the commits under them (K2).
    if (auto moved = sides->keys->move(**engine, target.batch); !moved) return moved;
    if (auto moved = sides->files->move(**engine, target.batch); !moved) return moved;
    if (goes_on && log.count() < *total) wait_until_quiet(log);
    LogMover mover{.source = source, .target = target, .engine = **engine, .next = {}};
    for (std::uint16_t i = 0; i < source.log.partitions(); ++i) {
        mover.next.push_back(log.next(Partition{i}));
    }
    return move_log(std::move(mover), log, *total);
}

Result<MigrationProof> prove_migration(const MigrationSource& source,
                                       const MigrationTarget& target) {
    MigrationProof proof;
    proof.partitions.resize(source.log.partitions());
    auto sides = sides_of(source);
    if (!sides) return std::unexpected(sides.error());
    ReadBack log(proof.partitions);
    {
        auto engine = open_engine(source, target);
        if (!engine) return std::unexpected(engine.error());
        const auto read = (*engine)->start({&log, sides->keys.get(), sides->files.get()});
        if (!read) return std::unexpected(read.error());
    }
    for (std::uint16_t i = 0; i < proof.partitions.size(); ++i) {
        auto& mine = proof.partitions[i];
        const auto scanned = source.log.scan(
            Partition{i}, Offset{0}, [&](Offset, const RecordKey& key, std::string_view frame) {
                ++mine.here;
                mine.digest_here = add(mine.digest_here, key, frame);
                return true;
            });
        if (!scanned) return std::unexpected(scanned.error());
        if (mine.equal()) continue;
        proof.differences.push_back(
            fmt::format("partition {}: {} records here, {} there", i, mine.here, mine.there));
    }
    if (const auto other = foreign(*sides, target.topics)) proof.differences.push_back(*other);
    if (const auto rows = sides->keys->lacking()) {
        proof.differences.push_back(fmt::format("{}.keys lacks {} rows", target.topics, rows));
    }
    if (const auto chunks = sides->files->lacking()) {
        proof.differences.push_back(fmt::format("{}.files lacks {} chunks", target.topics, chunks));
    }
    proof.ring_rows = sides->keys->size();
    proof.file_chunks = sides->files->size();
    return proof;
}

}  // namespace events
