#include "gateway/live_branch.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "events/record.hpp"

namespace gateway {
namespace {

using events::Offset;
using events::Status;
using events::TenantId;
using events::Uuid;

// Records taken in one go; then others on the pool have their turn.
constexpr std::size_t kRecordsPerTurn = 256;
// Frames that wait for a replay's end; with more the replay goes on to where they are.
constexpr std::size_t kWaitingFramesMax = 256;

}  // namespace

LiveBranch::LiveBranch(std::shared_ptr<const LiveBranchParts> parts, events::Partition partition)
    : parts_(std::move(parts)),
      partition_(partition),
      strand_(net::make_strand(parts_->live.executor)) {}

void LiveBranch::unsubscribe(std::shared_ptr<LiveSubscriber> who, const LiveTopic& topic) {
    net::post(strand_, [self = shared_from_this(), who = std::move(who), topic] {
        self->remove(who->tenant(), topic, who.get());
    });
}

void LiveBranch::leave(std::shared_ptr<LiveSubscriber> who) {
    net::post(strand_, [self = shared_from_this(), who = std::move(who)] {
        const auto followed = self->topics_of_.find(who.get());
        if (followed == self->topics_of_.end()) return;
        const auto topics = followed->second;
        for (const auto& topic : topics) self->remove(who->tenant(), topic, who.get());
    });
}

void LiveBranch::tell(const TenantId& tenant,
                      const LiveTopic& topic,
                      std::string event_json,
                      std::optional<Uuid> except) {
    net::post(strand_,
              [self = shared_from_this(), tenant, topic, json = std::move(event_json), except] {
                  self->tell_now(tenant, topic, json, except);
              });
}

void LiveBranch::look_again() {
    net::post(strand_, [self = shared_from_this()] {
        std::unordered_set<LiveSubscriber*> told;
        for (const auto& [tenant, followed] : self->tenants_) {
            for (const auto& [topic, followers] : followed.topics) {
                for (const auto& subscription : followers.subscriptions) {
                    if (told.insert(subscription.who.get()).second) subscription.who->look_again();
                }
            }
        }
    });
}

void LiveBranch::moved() {
    if (!active_.load() || next_.load() >= parts_->live.reached(partition_).value) return;
    if (scheduled_.exchange(true)) return;
    net::post(strand_, [self = shared_from_this()] { self->drain(); });
}

void LiveBranch::stop() {
    net::post(strand_, [self = shared_from_this()] {
        self->stopped_ = true;
        self->active_.store(false);
        self->tenants_.clear();
        self->topics_of_.clear();
    });
}

// Where the views stand, with the claim in force there.
Status LiveBranch::begin() {
    if (active_.load()) return {};
    const auto position = parts_->live.store.position(parts_->live.conversations, partition_);
    if (!position) return std::unexpected(position.error());
    fence_ = events::Fence();
    if (const auto claim = events::ClaimId::from_bytes(position->claim_id())) {
        fence_ =
            events::Fence(events::ClaimRef{.term = events::Term{position->term()}, .id = *claim});
    }
    next_.store(position->next_offset());
    active_.store(true);
    return {};
}

void LiveBranch::drain() {
    scheduled_.store(false);
    if (!active_.load()) return;
    const auto reached = parts_->live.reached(partition_).value;
    if (next_.load() >= reached) return;
    const auto entries =
        parts_->live.log.read(partition_, Offset{next_.load()}, {.records = kRecordsPerTurn});
    if (!entries) return fail(entries.error());
    for (const auto& entry : *entries) {
        if (entry.offset.value >= reached || !active_.load()) break;
        if (const Status taken = take(entry); !taken) return fail(taken.error());
        next_.store(entry.offset.value + 1);
    }
    if (entries->empty()) next_.store(reached);
    moved();
}

Status LiveBranch::take(const events::Entry& entry) {
    if (auto decoded = events::decode_record(*entry.frame, record_); !decoded) return decoded;
    if (fence_.apply(record_) != events::Verdict::kCounts || !record_.has_commit()) return {};
    if (auto read = events::read_header(record_.commit(), opened_); !read) return read;
    return dispatch(opened_, entry.offset);
}

Status LiveBranch::dispatch(const events::OpenedHeader& opened, Offset offset) {
    const auto& meta = opened.meta;
    const auto found = tenants_.find(meta.tenant);
    if (found == tenants_.end()) return {};
    const auto& topics = found->second.topics;
    roster_changed(meta.tenant, meta.stream);
    if (auto told = access_changed(opened); !told) return told;
    WantedTopics wanted{
        .conversation = topics.contains({.kind = TopicKind::kConversation, .id = meta.stream.uuid}),
        .inbox = {}};
    if (found->second.inboxes > 0) {
        wanted.inbox = [&topics](const Uuid& expert) {
            return topics.contains({.kind = TopicKind::kInbox, .id = expert});
        };
    }
    const auto told = topic_items(parts_->live, opened, record_.commit(), wanted);
    if (!told) return std::unexpected(told.error());
    for (const auto& one : *told) {
        if (auto delivered = deliver(meta.tenant, one, offset); !delivered) return delivered;
    }
    return {};
}

// Each event once for each form that somebody reads.
Status LiveBranch::deliver(const TenantId& tenant, const TopicItems& told, Offset offset) {
    const auto followers = tenants_.find(tenant);
    if (followers == tenants_.end()) return {};
    const auto followed = followers->second.topics.find(told.topic);
    if (followed == followers->second.topics.end()) return {};
    for (const auto& item : told.items) {
        std::array<std::optional<ReadyFrame>, 2> forms;
        for (auto& subscription : followed->second.subscriptions) {
            const PositionForm form = subscription.who->form();
            auto& ready = forms[static_cast<std::size_t>(form)];
            if (!ready) {
                auto made = ready_frame(parts_->live, tenant, told.topic, form, item);
                if (!made) return std::unexpected(made.error());
                ready = *std::move(made);
            }
            if (!subscription.replay) {
                subscription.who->deliver(told.topic, ready->frame, ready->position);
            } else if (offset >= subscription.until) {
                subscription.waiting.push_back(*ready);
            }
        }
    }
    for (auto& subscription : followed->second.subscriptions) {
        if (subscription.waiting.size() <= kWaitingFramesMax) continue;
        subscription.waiting.clear();
        subscription.until = Offset{offset.value + 1};
    }
    return {};
}

void LiveBranch::tell_now(const TenantId& tenant,
                          const LiveTopic& topic,
                          const std::string& event_json,
                          const std::optional<Uuid>& except) {
    const auto followers = tenants_.find(tenant);
    if (followers == tenants_.end()) return;
    const auto followed = followers->second.topics.find(topic);
    if (followed == followers->second.topics.end()) return;
    const auto frame = event_frame(name_of(topic, tenant), {}, event_json);
    for (const auto& subscription : followed->second.subscriptions) {
        if (subscription.replay) continue;  // it is not there yet
        if (except && subscription.who->actor() == *except) continue;
        subscription.who->deliver(topic, frame, {});
    }
}

// Following cannot go on; whoever comes anew begins anew.
void LiveBranch::fail(const events::Error& error) {
    const bool again = events::is_retryable(error.code);
    const auto refusal = LiveRefusal{
        "live-unavailable",
        again ? "Nothing can be followed at the moment; subscribe again."
              : "Nothing can be followed here until an operator has looked at the server."};
    active_.store(false);
    topics_of_.clear();
    const auto tenants = std::exchange(tenants_, {});
    for (const auto& [tenant, followers] : tenants) {
        for (const auto& [topic, followed] : followers.topics) {
            const auto frame = error_frame(refusal, name_of(topic, tenant));
            for (const auto& subscription : followed.subscriptions) {
                subscription.who->deliver(topic, frame, {});
            }
        }
    }
}

}  // namespace gateway
