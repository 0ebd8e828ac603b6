#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "events/commit.hpp"
#include "events/crypto.hpp"
#include "events/fence.hpp"
#include "events/local_log.hpp"
#include "events/record.hpp"
#include "ops/bench/bench.hpp"
#include "ops/bench/chat_log.hpp"
#include "ops/bench/floor_rocksdb.hpp"
#include "ops/bench/report.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kTarget = 0.33;
constexpr double kUnsealedTarget = 0.22;
constexpr std::size_t kCommits = 200'000;
constexpr std::size_t kConversationCommits = 15;
constexpr std::size_t kAppendedAtOnce = 1000;
// Floor and figure take turns after so many records: short enough that noise of the machine meets
// both, and what p50_ms and p99_ms are the time of.
constexpr std::size_t kSliceRecords = 10'000;
constexpr std::size_t kPassesMin = 3;
constexpr events::Partition kPartition{0};

using Keys = std::unordered_map<events::KeyId, events::Key256>;

// At least a slice.
std::size_t commits_of(const BenchOptions& options) {
    return options.records == 0 ? kCommits : std::max(options.records, kSliceRecords);
}

// A claim, then so many commits under it. Gives the data keys.
events::Result<Keys> fill(const std::filesystem::path& dir, std::size_t commits) {
    auto log = events::LocalLog::open(dir, {.partitions = 1, .secondary_dir = {}});
    if (!log) return std::unexpected(log.error());
    const auto claim = new_claim();
    auto first = claim_outgoing(claim);
    if (!first) return std::unexpected(first.error());
    std::vector<events::Outgoing> batch;
    batch.push_back(*std::move(first));
    Keys keys;
    ChatSource source(events::random_id<events::TenantId>(),
                      claim,
                      kConversationCommits,
                      [&keys]() -> events::Result<events::DataKey> {
                          events::DataKey key{.id = events::random_id<events::KeyId>(), .key = {}};
                          events::fill_random({key.key.data(), events::Key256::size()});
                          keys.emplace(key.id, key.key);
                          return key;
                      });
    for (std::size_t made = 0; made < commits;) {
        for (; batch.size() < kAppendedAtOnce && made < commits; ++made) {
            auto next = source.next();
            if (!next) return std::unexpected(next.error());
            batch.push_back(*std::move(next));
        }
        if (auto done = append_all(**log, kPartition, std::exchange(batch, {})); !done) {
            return std::unexpected(done.error());
        }
    }
    return keys;
}

// What `parlour replay` does to each record before it is printed.
class Replayer {
  public:
    // With `keys` the personal fields are unsealed too.
    Replayer(events::LocalLog& log, std::size_t commits, const Keys* keys)
        : log_(log), commits_(commits), keys_(keys) {}

    // The whole log once. After every kSliceRecords records, and outside of their time, which goes
    // into `times_ms`, `between` has its turn.
    events::Status run(std::vector<double>& times_ms,
                       const std::function<events::Status()>& between);

  private:
    events::Status take(std::string_view frame);
    events::Status unseal(const events::Commit& commit);

    events::LocalLog& log_;
    std::size_t commits_;
    const Keys* keys_;
    const Keys::value_type* last_key_ = nullptr;
    events::Record record_;
    events::OpenedHeader opened_;
    events::Fence fence_;
    std::uint64_t seq_ = 0;
    std::size_t personal_bytes_ = 0;
};

events::Status Replayer::unseal(const events::Commit& commit) {
    // Commits of one stream often follow each other.
    if (last_key_ == nullptr || last_key_->first != opened_.meta.key_id) {
        const auto found = keys_->find(opened_.meta.key_id);
        if (found == keys_->end()) return events::fail(events::Errc::kErased, "no data key");
        last_key_ = &*found;
    }
    auto version = opened_.meta.first_version;
    for (int i = 0; i < commit.sealed_size(); ++i, ++version.value) {
        const auto associated = events::associated_data(opened_.meta.tenant,
                                                        opened_.meta.stream,
                                                        version,
                                                        opened_.header.events(i).type(),
                                                        opened_.meta.key_id);
        const auto unsealed = events::unseal_event(last_key_->second, associated, commit.sealed(i));
        if (!unsealed) return std::unexpected(unsealed.error());
        personal_bytes_ += unsealed->personal_fields.size();
    }
    return {};
}

events::Status Replayer::take(std::string_view frame) {
    if (auto ok = events::decode_record(frame, record_); !ok) return ok;
    const auto verdict = fence_.apply(record_);
    if (!record_.has_commit()) return {};
    if (verdict != events::Verdict::kCounts) {
        return events::fail(events::Errc::kDamaged, "a commit does not count");
    }
    if (auto ok = events::read_header(record_.commit(), opened_); !ok) return ok;
    if (opened_.meta.seq.value != ++seq_) {
        return events::fail(events::Errc::kDamaged, "a seq is missing");
    }
    return keys_ == nullptr ? events::Status{} : unseal(record_.commit());
}

double ms_since(Clock::time_point started) {
    return std::chrono::duration<double, std::milli>(Clock::now() - started).count();
}

events::Status Replayer::run(std::vector<double>& times_ms,
                             const std::function<events::Status()>& between) {
    events::Status status;
    std::size_t records = 0;
    seq_ = 0;
    fence_ = events::Fence{};
    auto started = Clock::now();
    const auto visit =
        [&](events::Offset /*offset*/, const events::RecordKey& /*key*/, std::string_view frame) {
            status = take(frame);
            if (status && ++records % kSliceRecords == 0) {
                times_ms.push_back(ms_since(started));
                status = between();
                started = Clock::now();
            }
            return status.has_value();
        };
    if (auto scanned = log_.scan(kPartition, events::Offset{0}, visit); !scanned) return scanned;
    if (status && seq_ != commits_) {
        return events::fail(events::Errc::kDamaged, "commits are missing");
    }
    return status;
}

double records_per_second(const std::vector<double>& times_ms) {
    return static_cast<double>(kSliceRecords) * 1000.0 / median(times_ms);
}

// The log's records, a row for each.
events::Status copy_to(ScanFloor& floor, events::LocalLog& log) {
    std::vector<std::string> frames;
    events::Status status;
    const auto visit =
        [&](events::Offset /*offset*/, const events::RecordKey& /*key*/, std::string_view frame) {
            frames.emplace_back(frame);
            if (frames.size() == kAppendedAtOnce) status = floor.add(std::exchange(frames, {}));
            return status.has_value();
        };
    if (auto scanned = log.scan(kPartition, events::Offset{0}, visit); !scanned) return scanned;
    if (status) status = floor.add(frames);
    return status ? floor.settle() : status;
}

struct Measured {
    std::vector<double> floor_ms;
    std::vector<double> sealed_ms;
    std::vector<double> unsealed_ms;
};

events::Result<Measured> measure(const BenchOptions& options, const Scratch& scratch) {
    const auto dir = scratch.path() / "log";
    const auto commits = commits_of(options);
    const auto keys = fill(dir, commits);
    if (!keys) return std::unexpected(keys.error());
    auto log = events::LocalLog::open(dir, {.partitions = 1, .secondary_dir = {}});
    if (!log) return std::unexpected(log.error());
    auto floor = ScanFloor::open(scratch.path() / "floor");
    if (!floor) return std::unexpected(floor.error());
    if (auto copied = copy_to(**floor, **log); !copied) return std::unexpected(copied.error());
    Replayer sealed(**log, commits, nullptr);
    Replayer unsealed(**log, commits, &*keys);
    const std::chrono::duration<double> duration(options.seconds);
    Measured measured;
    const auto bare = [&]() -> events::Status {
        const auto started = Clock::now();
        auto scanned = (*floor)->run(kSliceRecords);
        if (!scanned) return std::unexpected(scanned.error());
        measured.floor_ms.push_back(ms_since(started));
        return {};
    };
    // The first pass warms the caches and does not count.
    auto started = Clock::now();
    for (std::size_t pass = 0; pass <= kPassesMin || Clock::now() - started < duration; ++pass) {
        if (pass == 1) {
            measured = {};
            started = Clock::now();
        }
        auto done = sealed.run(measured.sealed_ms, bare);
        if (done) done = unsealed.run(measured.unsealed_ms, bare);
        if (!done) return std::unexpected(done.error());
    }
    return measured;
}

}  // namespace

int bench_replay(const BenchOptions& options) {
    const Scratch scratch;
    const auto measured = measure(options, scratch);
    if (!measured) return give_up("replay", measured.error().detail);
    const double floor = records_per_second(measured->floor_ms);
    const double figure = records_per_second(measured->sealed_ms);
    const double unsealed = records_per_second(measured->unsealed_ms);
    Report report("replay");
    report.number("figure", figure, 0)
        .text("unit", "records/s")
        .number("floor", floor, 0)
        .number("ratio", figure / floor)
        .number("target", kTarget)
        .number("p50_ms", quantile(measured->sealed_ms, 0.5))
        .number("p99_ms", quantile(measured->sealed_ms, 0.99))
        .text("durable", "read from a log on disk, warm")
        .number("unsealed_figure", unsealed, 0)
        .number("unsealed_ratio", unsealed / floor)
        .number("unsealed_target", kUnsealedTarget)
        .count("records", commits_of(options))
        .count("latency_of_records", kSliceRecords)
        .text("floor_is", "bare RocksDB iterator over the same records")
        .print();
    return 0;
}

}  // namespace bench
