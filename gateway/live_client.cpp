#include "gateway/live_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include "gateway/async.hpp"
#include "gateway/conversations_access.hpp"
#include "gateway/live_events.hpp"
#include "gateway/log.hpp"

namespace gateway {
namespace {

using events::Uuid;

constexpr LiveRefusal kNotFound{"conversation-not-found", "There is no such conversation."};
constexpr LiveRefusal kNotAParty{"not-a-party",
                                 "Only who takes part in a conversation follows it."};
constexpr LiveRefusal kUnavailable{"live-unavailable",
                                   "Nothing can be followed at the moment; subscribe again."};
constexpr LiveRefusal kTooMany{"too-many-topics",
                               "A connection follows at most 64 topics; unsubscribe from some."};

constexpr LiveRefusal kNotFollowed{"not-followed",
                                   "Subscribe to a conversation of your own before typing in it."};

LiveRefusal refusal_of(const Response& response) {
    if (response.status == 404 || response.status == 410) return kNotFound;
    return response.status == 403 ? kNotAParty : kUnavailable;
}

}  // namespace

Access live_access() {
    return {.visitor = true,
            .signed_in = true,
            .roles = {},
            .scope = parlour::company::v1::SCOPE_CONVERSATIONS};
}

void log_live_failure(std::exception_ptr failure) {
    if (failure) log_event(LogLevel::kError, "live-step-failed");
}

LiveClient::LiveClient(const LiveServices& live, std::shared_ptr<LiveSink> sink)
    : live_(live),
      sink_(std::move(sink)),
      strand_(live.services.pool.get_executor()),
      recheck_timer_(strand_) {}

void LiveClient::admit(const LiveTicket& ticket) {
    principal_ = ticket.principal;
    credential_ = ticket.credential;
    tenant_ = ticket.principal.tenant;
    actor_ = ticket.principal.actor;
    session_ = ticket.principal.session;
    expert_ = ticket.principal.expert;
    form_ = ticket.principal.audience == Audience::kVisitor ? PositionForm::kOpaque
                                                            : PositionForm::kPlain;
    if (principal_->audience == Audience::kPortal && principal_->expert) {
        present_ = {.tenant = tenant_, .expert = *principal_->expert};
        live_.presence.connected(*present_);
    }
    wait_for_recheck();
}

void LiveClient::wait_for_recheck() {
    recheck_timer_.expires_after(live_.times.recheck);
    recheck_timer_.async_wait(
        [client = shared_from_this()](const boost::system::error_code& cancelled) {
            if (cancelled || client->ended_) return;
            net::co_spawn(client->strand_, recheck(client), log_live_failure);
        });
}

void LiveClient::look_again() {
    net::post(strand_, [client = shared_from_this()] {
        if (!client->ended_) net::co_spawn(client->strand_, recheck(client), log_live_failure);
    });
}

// The credential and each topic once more, as if asked for now. What cannot be told at the moment
// is left as it is until the next time.
net::awaitable<void> LiveClient::recheck(std::shared_ptr<LiveClient> client) {
    if (client->live_.serves && !client->live_.serves(client->tenant_)) {
        client->close(close_code::kGoingAway, "another node serves the company; connect again");
        co_return;
    }
    const Access access = live_access();
    const auto now = co_await client->live_.authenticator.authenticate(client->credential_, access);
    if (client->ended_) co_return;
    if (!now && now.error().status < 500) {
        client->close(close_code::kCredentialEnded, "the credential has ended");
        co_return;
    }
    if (now) {
        const bool same = now->tenant == client->tenant_ && now->actor == client->actor_ &&
                          now->expert == client->principal_->expert;
        if (!same) {
            client->close(close_code::kCredentialEnded, "the credential stands for another");
            co_return;
        }
        client->principal_ = *now;
        const auto topics = client->topics_;
        for (const auto& topic : topics) {
            const auto refusal = co_await refusal_for(client, topic);
            if (client->ended_) co_return;
            if (!refusal || refusal->code == kUnavailable.code) continue;
            client->unfollow(topic);
            client->send(error_frame(*refusal, name_of(topic, client->tenant_)));
        }
    }
    client->wait_for_recheck();
}

net::awaitable<std::optional<LiveRefusal>> LiveClient::refusal_for(
    std::shared_ptr<LiveClient> client, LiveTopic topic) {
    if (topic.kind != TopicKind::kConversation) {
        const auto again = parse_topic(name_of(topic, client->tenant_), *client->principal_);
        co_return again ? std::nullopt : std::optional(again.error());
    }
    const auto head =
        co_await readable_conversation(&client->live_.services, *client->principal_, topic.id);
    co_return head ? std::nullopt : std::optional(refusal_of(head.error()));
}

net::awaitable<void> LiveClient::follow(std::shared_ptr<LiveClient> client,
                                        LiveTopic topic,
                                        std::optional<LivePosition> after) {
    const bool more = client->topics_.size() >= kTopicsOfOneMax && !client->topics_.contains(topic);
    const auto refusal = more ? std::optional(kTooMany) : co_await refusal_for(client, topic);
    if (client->ended_) co_return;
    if (refusal) {
        client->send(error_frame(*refusal, name_of(topic, client->tenant_)));
        co_return;
    }
    client->topics_.insert(topic);
    client->live_.hub.subscribe(client, topic, after);
}

void LiveClient::unfollow(const LiveTopic& topic) {
    typed_.erase(topic.id);
    if (topics_.erase(topic) > 0) live_.hub.unsubscribe(shared_from_this(), topic);
}

void LiveClient::typing(const Uuid& conversation) {
    const LiveTopic topic{.kind = TopicKind::kConversation, .id = conversation};
    const auto side = side_of(*principal_);
    if (side == parlour::conversation::v1::AUTHOR_UNSPECIFIED || !topics_.contains(topic)) {
        return send(error_frame(kNotFollowed, name_of(topic, tenant_)));
    }
    const auto now = std::chrono::steady_clock::now();
    auto& last = typed_[conversation];
    if (now - last < live_.times.typing) return;
    last = now;
    live_.hub.tell(tenant_, topic, typing_event(side), actor_);
}

void LiveClient::close(std::uint16_t code, std::string reason) {
    sink_->close(code, std::move(reason));
    end();
}

void LiveClient::end() {
    if (std::exchange(ended_, true)) return;
    recheck_timer_.cancel();
    if (principal_) live_.hub.leave(shared_from_this());
    if (present_) live_.presence.disconnected(*present_);
    topics_.clear();
    credential_ = {};
}

}  // namespace gateway
