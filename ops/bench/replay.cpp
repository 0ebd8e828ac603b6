#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <random>
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
#include "ops/bench/floor_rocksdb.hpp"
#include "ops/bench/report.hpp"
#include "parlour/conversation/v1/events.pb.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using parlour::conversation::v1::ConversationEvent;

constexpr double kTarget = 0.33;
constexpr double kUnsealedTarget = 0.22;
constexpr std::size_t kCommits = 200'000;
constexpr std::size_t kMessagesPerConversation = 14;
constexpr std::size_t kAppendedAtOnce = 1000;
// Floor and figure take turns after so many records: short enough that noise of the machine meets
// both, and what p50_ms and p99_ms are the time of.
constexpr std::size_t kSliceRecords = 10'000;
constexpr std::size_t kPassesMin = 3;
constexpr events::Partition kPartition{0};

using Keys = std::unordered_map<events::KeyId, events::Key256>;

// Makes the sealed messages of one conversation after another, as the commit path would.
class Source {
  public:
    explicit Source(events::ClaimRef claim) : claim_(claim) { events::fill_random(tenant_.bytes); }

    events::Result<events::Outgoing> next();
    [[nodiscard]] const Keys& keys() const { return keys_; }

  private:
    std::string text();

    events::ClaimRef claim_;
    events::TenantId tenant_;
    Keys keys_;
    std::mt19937_64 random_{7};  // NOLINT: the same texts in every run
    std::size_t made_ = 0;
    events::StreamId stream_;
    events::KeyId key_id_;
    events::Record record_;
};

// Of the length of a chat message: most are short, a few are long.
std::string Source::text() {
    const auto length = 10 + random_() % 60 + (random_() % 8 == 0 ? random_() % 400 : 0);
    std::string out(length, ' ');
    for (auto& letter : out) {
        if (random_() % 6 != 0) letter = static_cast<char>('a' + random_() % 26);
    }
    return out;
}

events::Result<events::Outgoing> Source::next() {
    const bool first = made_ % kMessagesPerConversation == 0;
    if (first) {
        stream_ = {.kind = events::StreamKind::STREAM_KIND_CONVERSATION,
                   .uuid = events::random_id<events::Uuid>()};
        key_id_ = events::random_id<events::KeyId>();
        events::fill_random({keys_[key_id_].data(), events::Key256::size()});
    }
    ConversationEvent event;
    auto& message = *event.mutable_message_sent();
    message.set_message_id(std::string(events::random_id<events::Uuid>().view()));
    message.set_author(parlour::conversation::v1::AUTHOR_VISITOR);
    message.set_text(text());
    const events::CommitMeta meta{
        .tenant = tenant_,
        .seq = events::Seq{made_ + 1},
        .stream = stream_,
        .first_version = events::Version{made_ % kMessagesPerConversation + 1},
        .command = events::random_id<events::CommandId>(),
        .causation = {},
        .correlation = {},
        .actor_kind = parlour::log::v1::ACTOR_KIND_API_TOKEN,
        .actor = events::random_id<events::Uuid>(),
        .time_unix_ms = 1'790'000'000'000 + static_cast<std::int64_t>(made_),
        .key_id = key_id_};
    ++made_;
    record_.set_term(claim_.term.value);
    record_.set_claim_id(std::string(claim_.id.view()));
    events::seal_commit(meta, keys_.at(key_id_), {}, {&event}, *record_.mutable_commit());
    auto frame = events::encode_record(record_);
    if (!frame) return std::unexpected(frame.error());
    return events::Outgoing{
        .key = events::random_id<events::RecordKey>(),
        .frame = std::move(*frame),
        .index = events::CommitIndex{.tenant = meta.tenant,
                                     .seq = meta.seq,
                                     .stream = meta.stream,
                                     .first_version = meta.first_version,
                                     .binds_key = first ? std::optional(key_id_) : std::nullopt}};
}

events::Status append_all(events::Log& log, std::vector<events::Outgoing> records) {
    std::promise<events::Status> done;
    log.append(kPartition, std::move(records), [&](events::Status status) {
        done.set_value(std::move(status));
    });
    return done.get_future().get();
}

// A claim, then kCommits commits under it. Gives the data keys.
events::Result<Keys> fill(const std::filesystem::path& dir) {
    auto log = events::LocalLog::open(dir, {.partitions = 1, .secondary_dir = {}});
    if (!log) return std::unexpected(log.error());
    const events::ClaimRef claim{.term = events::Term{1},
                                 .id = events::random_id<events::ClaimId>()};
    events::Record record;
    record.set_term(claim.term.value);
    record.set_claim_id(std::string(claim.id.view()));
    record.mutable_claim()->set_schema_level(1);
    auto frame = events::encode_record(record);
    if (!frame) return std::unexpected(frame.error());
    std::vector<events::Outgoing> batch;
    batch.push_back({.key = events::random_id<events::RecordKey>(),
                     .frame = std::move(*frame),
                     .index = events::ClaimIndex{claim}});
    Source source(claim);
    for (std::size_t made = 0; made < kCommits;) {
        for (; batch.size() < kAppendedAtOnce && made < kCommits; ++made) {
            auto next = source.next();
            if (!next) return std::unexpected(next.error());
            batch.push_back(std::move(*next));
        }
        if (auto done = append_all(**log, std::exchange(batch, {})); !done) {
            return std::unexpected(done.error());
        }
    }
    return source.keys();
}

// What `parlour replay` does to each record before it is printed.
class Replayer {
  public:
    // With `keys` the personal fields are unsealed too.
    Replayer(events::LocalLog& log, const Keys* keys) : log_(log), keys_(keys) {}

    // The whole log once. After every kSliceRecords records, and outside of their time, which goes
    // into `times_ms`, `between` has its turn.
    events::Status run(std::vector<double>& times_ms,
                       const std::function<events::Status()>& between);

  private:
    events::Status take(std::string_view frame);
    events::Status unseal(const events::Commit& commit);

    events::LocalLog& log_;
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
    if (status && seq_ != kCommits) {
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
    const auto keys = fill(dir);
    if (!keys) return std::unexpected(keys.error());
    auto log = events::LocalLog::open(dir, {.partitions = 1, .secondary_dir = {}});
    if (!log) return std::unexpected(log.error());
    auto floor = ScanFloor::open(scratch.path() / "floor");
    if (!floor) return std::unexpected(floor.error());
    if (auto copied = copy_to(**floor, **log); !copied) return std::unexpected(copied.error());
    Replayer sealed(**log, nullptr);
    Replayer unsealed(**log, &*keys);
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
        .count("records", kCommits + 1)
        .count("latency_of_records", kSliceRecords)
        .text("floor_is", "bare RocksDB iterator over the same records")
        .print();
    return 0;
}

}  // namespace bench
