#include "gateway/live_session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <utility>
#include <variant>

#include "gateway/conversations_access.hpp"

namespace gateway {
namespace {

constexpr LiveRefusal kHelloFirst{"hello-first", "The first frame is \"hello\" with a ticket."};
constexpr LiveRefusal kHelloTwice{"hello-twice", "This connection was greeted already."};
constexpr LiveRefusal kPositionInvalid{"position-invalid",
                                       "\"after\" must be a position that was given to you."};
constexpr LiveRefusal kNoConversation{"conversation-not-found", "There is no such conversation."};

}  // namespace

LiveSession::LiveSession(const LiveServices& live, std::shared_ptr<LiveSink> sink)
    : LiveClient(live, std::move(sink)), hello_timer_(strand()) {}

void LiveSession::start() {
    live().services.metrics.open_sockets.add(1);
    net::post(strand(), [session = self<LiveSession>()] {
        if (session->has_ended()) return;
        session->hello_timer_.expires_after(session->live().times.hello);
        session->hello_timer_.async_wait([session](const boost::system::error_code& cancelled) {
            if (cancelled || session->principal()) return;
            session->close(close_code::kNoHello, "no greeting in time");
        });
    });
}

void LiveSession::on_frame(std::string frame) {
    net::post(strand(),
              [session = self<LiveSession>(), frame = std::move(frame)] { session->take(frame); });
}

void LiveSession::on_closed() {
    live().services.metrics.open_sockets.add(-1);
    net::post(strand(), [session = self<LiveSession>()] {
        session->hello_timer_.cancel();
        session->end();
    });
}

void LiveSession::deliver(const LiveTopic&, const LiveFrame& frame, std::string_view) {
    sink().send(frame);
}

void LiveSession::take(const std::string& frame) {
    if (has_ended()) return;
    const auto parsed = parse_client_frame(frame);
    const bool hello = parsed && std::holds_alternative<HelloFrame>(*parsed);
    if (!principal() && !hello) {
        send(error_frame(parsed ? kHelloFirst : parsed.error()));
        return close(close_code::kFrameInvalid, "no greeting");
    }
    if (!parsed) return send(error_frame(parsed.error()));
    std::visit([this](const auto& one) { handle(one); }, *parsed);
}

void LiveSession::handle(const HelloFrame& hello) {
    if (principal()) return send(error_frame(kHelloTwice));
    const auto ticket = live().tickets.redeem(hello.ticket, live().services.now_ms());
    if (!ticket) return close(close_code::kCredentialEnded, "the ticket is not good (any more)");
    hello_timer_.cancel();
    admit(*ticket);
    send(welcome_frame());
}

void LiveSession::handle(const SubscribeFrame& subscribe) {
    const auto topic = parse_topic(subscribe.topic, *principal());
    if (!topic) return send(error_frame(topic.error()));
    std::optional<LivePosition> after;
    if (subscribe.after) {
        const auto keys = live().services.keys.tenant_keys(tenant());
        if (keys) after = parse_position(*subscribe.after, form(), **keys, tenant());
        if (!after) return send(error_frame(kPositionInvalid, name_of(*topic, tenant())));
    }
    net::co_spawn(strand(), follow(self<LiveSession>(), *topic, after), log_live_failure);
}

void LiveSession::handle(const UnsubscribeFrame& unsubscribe) {
    const auto topic = parse_topic(unsubscribe.topic, *principal());
    if (!topic) return send(error_frame(topic.error()));
    unfollow(*topic);
    send(unsubscribed_frame(name_of(*topic, tenant())));
}

void LiveSession::handle(const TypingFrame& typing_in) {
    const auto id = conversation_id(*principal(), typing_in.conversation);
    if (!id) return send(error_frame(kNoConversation));
    typing(*id);
}

void LiveSession::handle(const PingFrame&) {
    send(pong_frame());
}

}  // namespace gateway
