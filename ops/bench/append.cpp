#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "events/crypto.hpp"
#include "events/fence.hpp"
#include "events/local_log.hpp"
#include "events/record.hpp"
#include "ops/bench/bench.hpp"
#include "ops/bench/floor_rocksdb.hpp"
#include "ops/bench/report.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kTarget = 0.6;
// Of clients / flush time, when a slower disk is simulated.
constexpr double kFlushTarget = 0.9;
constexpr std::size_t kFrameBytes = 400;
constexpr std::size_t kFrames = 4096;
// Commits of a client's stream before it takes a new one: about what a conversation has.
constexpr std::uint64_t kStreamCommits = 14;
constexpr std::size_t kRounds = 7;
constexpr events::Partition kPartition{0};

events::Record claim_record(const events::ClaimRef& claim) {
    events::Record record;
    record.set_term(claim.term.value);
    record.set_claim_id(std::string(claim.id.view()));
    return record;
}

std::string random_bytes(std::size_t size) {
    std::string out(size, '\0');
    events::fill_random({reinterpret_cast<std::uint8_t*>(out.data()), size});
    return out;
}

// Commits of exactly kFrameBytes under the claim; no two share their sealed bytes.
events::Result<std::vector<std::string>> make_frames(const events::ClaimRef& claim) {
    constexpr std::size_t kHeaderBytes = 110;
    constexpr std::size_t kDigestBytes = 32;
    std::vector<std::string> frames;
    frames.reserve(kFrames);
    std::size_t sealed = kFrameBytes / 4;
    while (frames.size() < kFrames) {
        auto record = claim_record(claim);
        auto& commit = *record.mutable_commit();
        commit.set_header(random_bytes(kHeaderBytes));
        commit.add_sealed(random_bytes(sealed));
        commit.set_salt(random_bytes(kDigestBytes));
        commit.set_commitment(random_bytes(kDigestBytes));
        auto frame = events::encode_record(record);
        if (!frame) return std::unexpected(frame.error());
        if (frame->size() != kFrameBytes) {
            sealed += kFrameBytes - frame->size();
            continue;
        }
        frames.push_back(std::move(*frame));
    }
    return frames;
}

// `clients` writers with one record in flight each, driven by one thread: as soon as records were
// read back under the fence, their clients send the next, in one append, as a partition's writer
// does.
class Writers {
  public:
    Writers(events::LocalLog& log,
            const std::vector<std::string>& frames,
            events::ClaimRef claim,
            std::size_t clients)
        : log_(log), frames_(frames), fence_(claim), streams_(clients) {
        events::fill_random(tenant_.bytes);
    }

    events::Result<double> run(std::chrono::duration<double> duration,
                               std::vector<double>* latencies_ms);

  private:
    void send(std::size_t count);
    // Waits until something is durable that was not read back yet.
    events::Status wait();
    events::Result<std::size_t> read_back(std::vector<double>* latencies_ms);
    void completed(const events::Status& status, std::size_t records);

    events::LocalLog& log_;
    const std::vector<std::string>& frames_;
    events::Fence fence_;
    events::Record record_;
    events::TenantId tenant_;
    struct Stream {
        events::StreamId id;
        std::uint64_t version = kStreamCommits;  // used up
    };
    std::vector<Stream> streams_;  // one a client
    std::uint64_t seq_ = 0;
    std::size_t next_frame_ = 0;
    events::Offset next_read_{};
    std::deque<Clock::time_point> sent_;  // in the order of the log

    std::mutex mutex_;
    std::condition_variable wake_;
    std::size_t done_ = 0;  // guarded by mutex_
    // Read back; a read often gives more than was announced.
    std::size_t read_ = 0;                // guarded by mutex_
    bool waiting_ = false;                // guarded by mutex_
    std::optional<events::Error> error_;  // guarded by mutex_
};

void Writers::completed(const events::Status& status, std::size_t records) {
    bool wake = false;
    {
        const std::scoped_lock lock(mutex_);
        done_ += records;
        if (!status) error_ = status.error();
        wake = waiting_ && (error_ || done_ > read_);
        if (wake) waiting_ = false;
    }
    if (wake) wake_.notify_one();
}

void Writers::send(std::size_t count) {
    const auto now = Clock::now();
    std::vector<events::Outgoing> records;
    records.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        auto& stream = streams_[seq_ % streams_.size()];
        if (stream.version == kStreamCommits) {
            stream = {.id = {.kind = events::StreamKind::STREAM_KIND_CONVERSATION,
                             .uuid = events::random_id<events::Uuid>()},
                      .version = 0};
        }
        auto& out = records.emplace_back();
        out.key = events::random_id<events::RecordKey>();
        out.frame = frames_[next_frame_++ % frames_.size()];
        out.index = events::CommitIndex{.tenant = tenant_,
                                        .seq = events::Seq{++seq_},
                                        .stream = stream.id,
                                        .first_version = events::Version{++stream.version},
                                        .binds_key = {}};
        sent_.push_back(now);
    }
    log_.append(kPartition, std::move(records), [this, count](const events::Status& status) {
        completed(status, count);
    });
}

events::Status Writers::wait() {
    std::unique_lock lock(mutex_);
    while (done_ <= read_ && !error_) {
        waiting_ = true;
        wake_.wait(lock);
    }
    waiting_ = false;
    if (error_) return std::unexpected(*error_);
    return {};
}

events::Result<std::size_t> Writers::read_back(std::vector<double>* latencies_ms) {
    const auto entries = log_.read(kPartition, next_read_, {});
    if (!entries) return std::unexpected(entries.error());
    std::size_t counted = 0;
    for (const auto& entry : *entries) {
        next_read_ = events::Offset{entry.offset.value + 1};
        if (auto ok = events::decode_record(*entry.frame, record_); !ok) {
            return std::unexpected(ok.error());
        }
        if (fence_.apply(record_) != events::Verdict::kCounts) {
            return events::fail(events::Errc::kDamaged, "a record was read back void");
        }
        ++counted;
    }
    const auto now = Clock::now();
    for (std::size_t i = 0; i < counted; ++i) {
        if (latencies_ms != nullptr) {
            latencies_ms->push_back(
                std::chrono::duration<double, std::milli>(now - sent_.front()).count());
        }
        sent_.pop_front();
    }
    const std::scoped_lock lock(mutex_);
    read_ += counted;
    return counted;
}

events::Result<double> Writers::run(std::chrono::duration<double> duration,
                                    std::vector<double>* latencies_ms) {
    const auto end = log_.end(kPartition);
    if (!end) return std::unexpected(end.error());
    next_read_ = *end;
    const auto started = Clock::now();
    std::size_t counted = 0;
    send(streams_.size());
    while (!sent_.empty()) {
        if (auto durable = wait(); !durable) return std::unexpected(durable.error());
        const auto back = read_back(latencies_ms);
        if (!back) return std::unexpected(back.error());
        counted += *back;
        if (Clock::now() - started < duration) send(*back);
    }
    const std::chrono::duration<double> passed = Clock::now() - started;
    return static_cast<double>(counted) / passed.count();
}

struct Measured {
    Sides sides;
    std::vector<double> flush;  // records/s of one record a flush
    std::vector<double> latencies_ms;
};

events::Result<Measured> measure(const BenchOptions& options, const Scratch& scratch) {
    const events::ClaimRef claim{.term = events::Term{1},
                                 .id = events::random_id<events::ClaimId>()};
    const auto frames = make_frames(claim);
    if (!frames) return std::unexpected(frames.error());
    auto log = events::LocalLog::open(
        scratch.path() / "log",
        {.partitions = 1, .flush_delay_us = options.flush_delay_us, .secondary_dir = {}});
    if (!log) return std::unexpected(log.error());
    auto floor = AppendFloor::open(scratch.path() / "floor", options.flush_delay_us);
    if (!floor) return std::unexpected(floor.error());

    Writers writers(**log, *frames, claim, options.clients);
    const std::chrono::duration<double> slice(options.seconds / (2.0 * kRounds));
    Measured measured;
    // Round 0 warms both up and does not count.
    for (std::size_t round = 0; round <= kRounds; ++round) {
        const CpuClock floor_cpu;
        const auto bare = (*floor)->run(*frames, options.clients, slice);
        if (!bare) return std::unexpected(bare.error());
        const double floor_cpu_us = floor_cpu.micros() / (*bare * slice.count());
        const CpuClock cpu;
        const auto ours = writers.run(slice, round == 0 ? nullptr : &measured.latencies_ms);
        if (!ours) return std::unexpected(ours.error());
        if (round == 0) continue;
        measured.sides.add({.figure = *ours,
                            .floor = *bare,
                            .cpu_us = cpu.micros() / (*ours * slice.count()),
                            .floor_cpu_us = floor_cpu_us});
        if (options.flush_delay_us > 0) {
            const auto single = (*floor)->run(*frames, 1, slice / 4);
            if (!single) return std::unexpected(single.error());
            measured.flush.push_back(*single);
        }
    }
    return measured;
}

}  // namespace

int bench_append(const BenchOptions& options) {
    const Scratch scratch;
    const auto measured = measure(options, scratch);
    if (!measured) return give_up("append", measured.error().detail);
    Report report("append");
    measured->sides.print(report, "records/s", kTarget);
    report.number("p50_ms", quantile(measured->latencies_ms, 0.5))
        .number("p99_ms", quantile(measured->latencies_ms, 0.99))
        .text("durable", "every record synced before it is read back and counted")
        .count("clients", options.clients)
        .count("record_bytes", kFrameBytes)
        .text("floor_is", "bare RocksDB, one synced WriteBatch of `clients` records, no index");
    if (options.flush_delay_us > 0) {
        const double flush_us = 1e6 / median(measured->flush);
        const double group = options.clients * 1e6 / flush_us;
        report.count("flush_delay_us", options.flush_delay_us)
            .number("flush_us", flush_us, 0)
            .number("flush_floor", group, 0)
            .number("flush_ratio", measured->sides.figure() / group)
            .number("flush_target", kFlushTarget);
    }
    report.print();
    return 0;
}

}  // namespace bench
