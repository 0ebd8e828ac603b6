#pragma once

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "events/log.hpp"
#include "tests/events/samples.hpp"

// What tests of the engines share: an engine, waiting for completions, and short records.
namespace log_support {

inline constexpr std::uint16_t kPartitions = 8;

class Engine {
  public:
    Engine() = default;
    virtual ~Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    virtual events::Log& log() = 0;
    virtual events::History& history() = 0;
    virtual void settle() {}  // where appends do not complete by themselves
    // Takes the room away, where the engine keeps a reserve, and gives it back.
    virtual void set_full(bool /*full*/) {}
};

// Collects completions; waits for them with a deadline.
class Completions {
  public:
    // Gives what append() wants; the number is the place in the order of asking.
    events::AppendDone next() {
        const std::scoped_lock lock(mutex_);
        return [this, number = asked_++](events::Status status) {
            const std::scoped_lock inner(mutex_);
            done_.emplace_back(number, std::move(status));
            changed_.notify_all();
        };
    }
    // False when they did not all come in time.
    bool wait() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(
            lock, std::chrono::seconds(30), [this] { return done_.size() == asked_; });
    }
    std::size_t count() {
        const std::scoped_lock lock(mutex_);
        return done_.size();
    }
    // In order. Only after wait().
    [[nodiscard]] const std::deque<std::pair<std::size_t, events::Status>>& all() const {
        return done_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t asked_ = 0;
    std::deque<std::pair<std::size_t, events::Status>> done_;
};

inline events::StreamId stream(
    std::uint8_t number, events::StreamKind kind = events::StreamKind::STREAM_KIND_CONVERSATION) {
    return {.kind = kind, .uuid = samples::id<events::Uuid>(number)};
}

// A record without an index. Its key is different every time.
inline events::Outgoing plain(std::string frame) {
    static std::uint64_t sends = 0;
    ++sends;
    events::Outgoing out;
    for (std::size_t i = 0; i < 8; ++i) {
        out.key.bytes.at(i) = static_cast<std::uint8_t>(sends >> (8 * i));
    }
    out.frame = std::move(frame);
    return out;
}

struct CommitAt {
    std::uint8_t tenant = 1;
    std::uint64_t seq = 1;
    events::StreamId stream = log_support::stream(1);
    std::uint64_t version = 1;
    std::optional<events::KeyId> binds_key = std::nullopt;
};

inline events::Outgoing commit(const CommitAt& at, std::string frame = "a commit") {
    auto out = plain(std::move(frame));
    out.index = events::CommitIndex{.tenant = samples::tenant(at.tenant),
                                    .seq = events::Seq{at.seq},
                                    .stream = at.stream,
                                    .first_version = events::Version{at.version},
                                    .binds_key = at.binds_key};
    return out;
}

inline events::Outgoing claim_record(std::uint64_t term) {
    auto out = plain("a claim");
    out.index = events::ClaimIndex{samples::claim(term)};
    return out;
}

template <class... Records>
std::vector<events::Outgoing> records(Records... each) {
    std::vector<events::Outgoing> out;
    (out.push_back(std::move(each)), ...);
    return out;
}

// Appends, waits for the completion and gives it.
inline events::Status append(Engine& engine,
                             events::Partition partition,
                             std::vector<events::Outgoing> out) {
    Completions completions;
    engine.log().append(partition, std::move(out), completions.next());
    engine.settle();
    if (!completions.wait()) return events::fail(events::Errc::kUnavailable, "no completion");
    return completions.all().front().second;
}

// To where a tenant's commits belong.
inline events::Status append_commit(Engine& engine, const CommitAt& at, std::string frame) {
    const auto partition = events::partition_of(samples::tenant(at.tenant), kPartitions);
    return append(engine, partition, records(commit(at, std::move(frame))));
}

inline std::vector<std::string> frames_of(const events::Result<std::vector<events::Entry>>& read) {
    BOOST_TEST_REQUIRE(read.has_value());
    std::vector<std::string> out;
    for (const auto& entry : *read) out.push_back(*entry.frame);
    return out;
}

inline std::vector<std::string> all_frames(Engine& engine, events::Partition partition) {
    return frames_of(engine.log().read(partition, events::Offset{0}, {}));
}

using Texts = std::vector<std::string>;
inline constexpr events::Partition kP0{0};
inline constexpr events::Partition kP1{1};

}  // namespace log_support
