#include "ops/bench/log_writers.hpp"

#include <utility>

#include "events/crypto.hpp"

namespace bench {
namespace {

constexpr std::size_t kFrames = 4096;
// Commits of a client's stream before it takes a new one: about what a conversation has.
constexpr std::uint64_t kStreamCommits = 14;

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

}  // namespace

events::Result<events::Outgoing> make_claim(const events::ClaimRef& claim) {
    auto record = claim_record(claim);
    record.mutable_claim()->set_node("bench");
    auto frame = events::encode_record(record);
    if (!frame) return std::unexpected(frame.error());
    return events::Outgoing{.key = events::random_id<events::RecordKey>(),
                            .frame = *std::move(frame),
                            .index = events::ClaimIndex{claim}};
}

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

LogWriters::LogWriters(events::Log& log,
                       events::Partition partition,
                       const std::vector<std::string>& frames,
                       events::ClaimRef claim,
                       std::size_t clients)
    : log_(log), partition_(partition), frames_(frames), fence_(claim), streams_(clients) {
    events::fill_random(tenant_.bytes);
}

void LogWriters::completed(const events::Status& status, std::size_t records) {
    const std::scoped_lock lock(mutex_);
    done_ += records;
    if (!status) error_ = status.error();
    if (!waiting_ || (!error_ && done_ <= read_)) return;
    waiting_ = false;
    wake_.notify_one();  // under the lock: who is woken may be done with all, and end this
}

void LogWriters::send(std::size_t count) {
    const auto now = Clock::now();
    std::vector<events::Outgoing> records;
    records.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        auto& stream = streams_[seq_ % streams_.size()];
        if (stream.commits_left == 0) {
            stream = {.id = {.kind = events::StreamKind::STREAM_KIND_CONVERSATION,
                             .uuid = events::random_id<events::Uuid>()},
                      .commits_left = kStreamCommits};
        }
        --stream.commits_left;
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
    log_.append(partition_, std::move(records), [this, count](const events::Status& status) {
        completed(status, count);
    });
}

events::Status LogWriters::wait() {
    std::unique_lock lock(mutex_);
    while (done_ <= read_ && !error_) {
        waiting_ = true;
        wake_.wait(lock);
    }
    waiting_ = false;
    if (error_) return std::unexpected(*error_);
    return {};
}

events::Result<std::size_t> LogWriters::read_back(std::vector<double>* latencies_ms) {
    const auto entries = log_.read(partition_, next_read_, {});
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

events::Result<double> LogWriters::run(std::chrono::duration<double> duration,
                                       std::vector<double>* latencies_ms) {
    const auto end = log_.end(partition_);
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

}  // namespace bench
