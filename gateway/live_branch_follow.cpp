#include <fmt/format.h>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <set>
#include <utility>

#include "gateway/live_branch.hpp"
#include "parlour/company/v1/events.pb.h"
#include "projections/sealed_event.hpp"

// How a subscription begins: registered first, then what lies behind it from the log, then live.
namespace gateway {
namespace {

using events::Offset;
using events::TenantId;
using events::Uuid;

// A replay waits while its connection has more than this queued.
constexpr std::size_t kReplayQueueBytes = std::size_t{64} * 1024;
constexpr std::chrono::milliseconds kLookAtQueueAgain{20};
// A roster tells at most this often that something about its experts has changed.
constexpr std::chrono::milliseconds kRosterPause{1'000};
constexpr std::string_view kRosterChanged = R"({"type":"roster-changed"})";

// Calls `then` on the executor after the time.
template <class Executor, class Then>
void after_a_while(const Executor& executor, std::chrono::milliseconds time, Then then) {
    const auto timer = std::make_shared<net::steady_timer>(executor, time);
    timer->async_wait(
        [timer, then = std::move(then)](const boost::system::error_code&) { then(); });
}

LiveRefusal refusal_for(const events::Error& error) {
    if (error.code == events::Errc::kErased || error.code == events::Errc::kNotFound) {
        return {"conversation-not-found", "There is no such conversation."};
    }
    return {"live-unavailable", "Nothing can be followed at the moment; subscribe again."};
}

// The accounts whose roles a company's commit changes, or which it locks.
events::Result<std::set<Uuid>> members_changed(const events::OpenedHeader& opened,
                                               const parlour::log::v1::Commit& commit) {
    using parlour::company::v1::CompanyEvent;
    const projections::Committed committed{.opened = opened, .commit = commit};
    std::set<Uuid> members;
    CompanyEvent event;
    for (int i = 0; i < opened.header.events_size(); ++i) {
        if (auto read = projections::read_event(committed, i, event); !read) {
            return std::unexpected(read.error());
        }
        const std::string& account = event.has_role_revoked()   ? event.role_revoked().account_id()
                                     : event.has_role_granted() ? event.role_granted().account_id()
                                     : event.has_member_locked()
                                         ? event.member_locked().account_id()
                                         : event.member_unlocked().account_id();
        if (const auto id = Uuid::from_bytes(account)) members.insert(*id);
    }
    return members;
}

}  // namespace

void LiveBranch::subscribe(std::shared_ptr<LiveSubscriber> who,
                           const LiveTopic& topic,
                           std::optional<LivePosition> after) {
    net::post(strand_, [self = shared_from_this(), who = std::move(who), topic, after]() mutable {
        self->begin_subscription(std::move(who), topic, after);
    });
}

void LiveBranch::begin_subscription(std::shared_ptr<LiveSubscriber> who,
                                    const LiveTopic& topic,
                                    std::optional<LivePosition> after) {
    if (stopped_) return;
    const TenantId tenant = who->tenant();
    remove(tenant, topic, who.get());
    const std::string name = name_of(topic, tenant);
    if (const auto begun = begin(); !begun) {
        return who->deliver(topic, error_frame(refusal_for(begun.error()), name), {});
    }
    auto& followers = tenants_[tenant];
    auto& followed = followers.topics[topic];
    if (followed.subscriptions.empty() && topic.kind == TopicKind::kInbox) ++followers.inboxes;
    topics_of_[who.get()].push_back(topic);
    auto& subscription = followed.subscriptions.emplace_back(
        Subscription{.who = who, .id = ++last_id_, .until = Offset{next_.load()}});
    if (is_durable(topic)) {
        subscription.replay = std::make_shared<LiveReplay>(
            parts_->live, LiveReplay::For{.tenant = tenant, .topic = topic, .form = who->form()});
        replay_first(
            {.tenant = tenant, .topic = topic, .id = last_id_, .until = subscription.until},
            subscription.replay,
            after);
    } else {
        who->deliver(topic, subscribed_frame(name, {}), {});
        if (topic.kind == TopicKind::kPresence && parts_->presence) {
            for (const auto& event : parts_->presence(tenant)) {
                who->deliver(topic, event_frame(name, {}, event), {});
            }
        }
    }
    moved();
}

void LiveBranch::replay_first(const Handle& handle,
                              std::shared_ptr<LiveReplay> replay,
                              std::optional<LivePosition> after) {
    net::post(parts_->live.executor,
              [self = shared_from_this(), handle, replay = std::move(replay), after] {
                  events::Result<Replayed> outcome{Replayed{}};
                  if (auto start = replay->start(after, handle.until); !start) {
                      outcome = std::unexpected(std::move(start.error()));
                  } else {
                      outcome->start = *start;
                      auto piece = start->gap ? events::Result<LiveReplay::Piece>{}
                                              : replay->next(handle.until);
                      if (piece) {
                          outcome->piece = *std::move(piece);
                      } else {
                          outcome = std::unexpected(std::move(piece.error()));
                      }
                  }
                  net::post(self->strand_, [self, handle, outcome = std::move(outcome)]() mutable {
                      self->take_piece(handle, std::move(outcome));
                  });
              });
}

void LiveBranch::replay_next(const Handle& handle) {
    const auto* const subscription = find(handle);
    if (subscription == nullptr) return;
    if (subscription->who->queued_bytes() > kReplayQueueBytes) {
        return after_a_while(strand_, kLookAtQueueAgain, [self = shared_from_this(), handle] {
            self->replay_next(handle);
        });
    }
    Handle now = handle;
    now.until = subscription->until;
    net::post(parts_->live.executor,
              [self = shared_from_this(), now, replay = subscription->replay] {
                  events::Result<Replayed> outcome{Replayed{}};
                  if (auto piece = replay->next(now.until)) {
                      outcome->piece = *std::move(piece);
                  } else {
                      outcome = std::unexpected(std::move(piece.error()));
                  }
                  net::post(self->strand_, [self, now, outcome = std::move(outcome)]() mutable {
                      self->take_piece(now, std::move(outcome));
                  });
              });
}

void LiveBranch::take_piece(const Handle& handle, events::Result<Replayed> outcome) {
    auto* const subscription = find(handle);
    if (subscription == nullptr) return;
    const std::string name = name_of(handle.topic, handle.tenant);
    if (!outcome) return drop(handle, error_frame(refusal_for(outcome.error()), name));
    if (const auto& start = outcome->start) {
        if (start->gap) return drop(handle, gap_frame(name, page_of(handle.topic, handle.tenant)));
        const auto keys = parts_->live.keys.tenant_keys(handle.tenant);
        if (!keys) return drop(handle, error_frame(refusal_for(keys.error()), name));
        const auto position =
            to_text(start->position, subscription->who->form(), **keys, handle.tenant);
        subscription->who->deliver(
            handle.topic, subscribed_frame(name, position_json(position)), position);
    }
    for (const auto& ready : outcome->piece.frames) {
        subscription->who->deliver(handle.topic, ready.frame, ready.position);
    }
    if (outcome->piece.done && handle.until == subscription->until) {
        return go_live(*subscription, handle.topic);
    }
    replay_next(handle);
}

void LiveBranch::go_live(Subscription& subscription, const LiveTopic& topic) {
    subscription.replay.reset();
    for (const auto& ready : std::exchange(subscription.waiting, {})) {
        subscription.who->deliver(topic, ready.frame, ready.position);
    }
}

void LiveBranch::drop(const Handle& handle, const LiveFrame& frame) {
    const auto* const subscription = find(handle);
    if (subscription == nullptr) return;
    const auto who = subscription->who;
    remove(handle.tenant, handle.topic, who.get());
    who->deliver(handle.topic, frame, {});
}

LiveBranch::Subscription* LiveBranch::find(const Handle& handle) {
    const auto followers = tenants_.find(handle.tenant);
    if (followers == tenants_.end()) return nullptr;
    const auto followed = followers->second.topics.find(handle.topic);
    if (followed == followers->second.topics.end()) return nullptr;
    auto& all = followed->second.subscriptions;
    const auto found = std::ranges::find(all, handle.id, &Subscription::id);
    return found == all.end() ? nullptr : &*found;
}

void LiveBranch::remove(const TenantId& tenant, const LiveTopic& topic, const LiveSubscriber* who) {
    const auto followers = tenants_.find(tenant);
    if (followers == tenants_.end()) return;
    const auto followed = followers->second.topics.find(topic);
    if (followed == followers->second.topics.end()) return;
    auto& all = followed->second.subscriptions;
    const auto gone = std::erase_if(
        all, [who](const Subscription& subscription) { return subscription.who.get() == who; });
    if (gone == 0) return;
    if (all.empty()) {
        followers->second.topics.erase(followed);
        if (topic.kind == TopicKind::kInbox) --followers->second.inboxes;
    }
    if (followers->second.topics.empty()) tenants_.erase(followers);
    if (tenants_.empty()) active_.store(false);
    const auto mine = topics_of_.find(who);
    if (mine == topics_of_.end()) return;
    std::erase(mine->second, topic);
    if (mine->second.empty()) topics_of_.erase(mine);
}

void LiveBranch::tell_rosters(const TenantId& tenant, const Uuid& expert, bool available) {
    net::post(strand_, [self = shared_from_this(), tenant, expert, available] {
        const auto followers = self->tenants_.find(tenant);
        if (followers == self->tenants_.end()) return;
        const std::string json =
            fmt::format(R"({{"type":"availability","expert":"{}","available":{}}})",
                        events::public_id(tenant, {parlour::log::v1::STREAM_KIND_EXPERT, expert}),
                        available);
        for (const auto& [topic, followed] : followers->second.topics) {
            if (topic.kind != TopicKind::kRoster) continue;
            const bool shown =
                topic.id == Uuid{} ||
                (self->parts_->shows && self->parts_->shows(tenant, topic.id, expert));
            if (shown) self->tell_now(tenant, topic, json, std::nullopt);
        }
    });
}

// An expert's or a widget's commit: those who may see it are told to look again, not what it was.
void LiveBranch::roster_changed(const TenantId& tenant, const events::StreamId& stream) {
    const bool expert = stream.kind == parlour::log::v1::STREAM_KIND_EXPERT;
    const bool widget = stream.kind == parlour::log::v1::STREAM_KIND_WIDGET;
    if (!expert && !widget) return;
    for (auto& [topic, followed] : tenants_[tenant].topics) {
        if (topic.kind != TopicKind::kRoster || followed.change_pending) continue;
        const bool shown =
            topic.id == Uuid{} || (widget && topic.id == stream.uuid) ||
            (expert && parts_->shows && parts_->shows(tenant, topic.id, stream.uuid));
        if (!shown) continue;
        followed.change_pending = true;
        const auto due = followed.told_changed + kRosterPause;
        const auto now = Clock::now();
        if (due <= now) {
            tell_changed(tenant, topic);
            continue;
        }
        after_a_while(
            strand_,
            std::chrono::ceil<std::chrono::milliseconds>(due - now),
            [self = shared_from_this(), tenant, topic] { self->tell_changed(tenant, topic); });
    }
}

// A session that ends, a member whose roles change or who is locked, an expert who is deactivated:
// that person may lose what it follows. Nobody else is looked at, however many there are.
events::Status LiveBranch::access_changed(const events::OpenedHeader& opened) {
    const auto& meta = opened.meta;
    const auto kind = meta.stream.kind;
    std::set<Uuid> members;
    if (kind == parlour::log::v1::STREAM_KIND_COMPANY) {
        auto read = members_changed(opened, record_.commit());
        if (!read) return std::unexpected(std::move(read.error()));
        members = *std::move(read);
    }
    const auto is_meant = [&](const LiveSubscriber& who) {
        if (!who.session()) return false;
        return kind == parlour::log::v1::STREAM_KIND_SESSION  ? *who.session() == meta.stream.uuid
               : kind == parlour::log::v1::STREAM_KIND_EXPERT ? who.expert() == meta.stream.uuid
                                                              : members.contains(who.actor());
    };
    std::set<LiveSubscriber*> told;
    for (const auto& [topic, followed] : tenants_[meta.tenant].topics) {
        for (const auto& subscription : followed.subscriptions) {
            auto& who = *subscription.who;
            if (is_meant(who) && told.insert(&who).second) who.look_again();
        }
    }
    return {};
}

void LiveBranch::tell_changed(const TenantId& tenant, const LiveTopic& topic) {
    const auto followers = tenants_.find(tenant);
    if (followers == tenants_.end()) return;
    const auto followed = followers->second.topics.find(topic);
    if (followed == followers->second.topics.end()) return;
    followed->second.change_pending = false;
    followed->second.told_changed = Clock::now();
    tell_now(tenant, topic, std::string(kRosterChanged), std::nullopt);
}

}  // namespace gateway
