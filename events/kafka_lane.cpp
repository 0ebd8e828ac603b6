#include "events/kafka_lane.hpp"

#include <utility>

namespace events::kafka {

void Lane::append(std::vector<Outgoing> records,
                  AppendDone done,
                  const Send& send,
                  std::vector<Finished>& finished) {
    const std::scoped_lock lock(mutex_);
    const auto* const claim =
        records.empty() ? nullptr : std::get_if<ClaimIndex>(&records.front().index);
    if (shut_ && claim == nullptr) return refuse(std::move(done), *shut_, finished);
    shut_.reset();
    if (claim != nullptr) claim_ = claim->claim;
    last_sent_ = std::chrono::steady_clock::now();
    const auto before = sent_.size();
    for (auto& record : records) {
        sent_.push_back({.key = record.key, .index = record.index, .done = {}, .refused = {}});
        if (auto handed = send(record.key, record.frame); !handed) {
            // What was sent of it may still land; it is of no append any more.
            sent_.erase(sent_.begin() + static_cast<std::ptrdiff_t>(before), sent_.end());
            shut_ = handed.error();
            return refuse(std::move(done), handed.error(), finished);
        }
    }
    if (records.empty()) {
        sent_.push_back({.key = {}, .index = {}, .done = {}, .is_record = false, .refused = {}});
    }
    sent_.back().done = std::move(done);
    finish_waiting(finished);
}

void Lane::refuse_next(const Error& why, AppendDone done, std::vector<Finished>& finished) {
    const std::scoped_lock lock(mutex_);
    shut_ = why;
    refuse(std::move(done), why, finished);
}

void Lane::refuse(AppendDone done, const Error& why, std::vector<Finished>& finished) {
    sent_.push_back(
        {.key = {}, .index = {}, .done = std::move(done), .is_record = false, .refused = why});
    finish_waiting(finished);
}

void Lane::finish_waiting(std::vector<Finished>& finished) {
    while (!sent_.empty() && !sent_.front().is_record) {
        auto& first = sent_.front();
        finished.push_back({std::move(first.done),
                            first.refused ? Status(std::unexpected(*first.refused)) : Status()});
        sent_.pop_front();
    }
}

void Lane::shut(const Error& why) {
    const std::scoped_lock lock(mutex_);
    if (!shut_) shut_ = why;
}

void Lane::fail_all(const Error& why, std::vector<Finished>& finished) {
    const std::scoped_lock lock(mutex_);
    shut_ = why;
    for (auto& sent : sent_) {
        if (!sent.done) continue;
        finished.push_back({std::move(sent.done), std::unexpected(sent.refused.value_or(why))});
    }
    sent_.clear();
}

std::optional<decltype(Outgoing::index)> Lane::came_back(std::string_view key,
                                                         std::vector<Finished>& finished) {
    const std::scoped_lock lock(mutex_);
    if (sent_.empty() || sent_.front().key.view() != key) return std::nullopt;
    auto sent = std::move(sent_.front());
    sent_.pop_front();
    if (sent.done) finished.push_back({std::move(sent.done), {}});
    finish_waiting(finished);
    return sent.index;
}

std::optional<ClaimRef> Lane::due_heartbeat(std::chrono::steady_clock::time_point idle_since) {
    const std::scoped_lock lock(mutex_);
    if (shut_ || last_sent_ > idle_since) return std::nullopt;
    return claim_;
}

std::optional<ClaimRef> Lane::own_claim() {
    const std::scoped_lock lock(mutex_);
    return shut_ ? std::nullopt : claim_;
}

bool Lane::is_idle() {
    const std::scoped_lock lock(mutex_);
    return sent_.empty();
}

bool Lane::waits_since(std::chrono::steady_clock::time_point then) {
    const std::scoped_lock lock(mutex_);
    return !sent_.empty() && sent_.front().at < then;
}

}  // namespace events::kafka
