#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/live_topics.hpp"

// The frames of /api/v1/live, in and out, as plain functions. Every frame is one JSON object.
namespace gateway {

// From the client. The first frame is the greeting.
struct HelloFrame {
    std::string ticket;
};
struct SubscribeFrame {
    std::string topic;
    std::optional<std::string> after;  // a position as it was given, a number in digits
};
struct UnsubscribeFrame {
    std::string topic;
};
struct TypingFrame {
    std::string conversation;
};
struct PingFrame {};
using ClientFrame =
    std::variant<HelloFrame, SubscribeFrame, UnsubscribeFrame, TypingFrame, PingFrame>;

// Longer ones are refused unread.
inline constexpr std::size_t kClientFrameBytesMax = 4'096;

// "frame-invalid" for what is no such frame. Members that are not known are passed over.
std::expected<ClientFrame, LiveRefusal> parse_client_frame(std::string_view text);

// To the client. One frame goes to any number of connections.
using LiveFrame = std::shared_ptr<const std::string>;

LiveFrame welcome_frame();  // {"op":"welcome"}: the ticket was good
LiveFrame pong_frame();     // {"op":"pong"}
// {"op":"subscribed","topic":...,"position":...}: frames behind that position follow; without a
// position (`position_json` empty) the topic has no past.
LiveFrame subscribed_frame(std::string_view topic, std::string_view position_json);
// {"op":"unsubscribed","topic":...}
LiveFrame unsubscribed_frame(std::string_view topic);
// {"op":"gap","topic":...,"page":...}: too far behind; read the page, then subscribe from there.
// There is no subscription.
LiveFrame gap_frame(std::string_view topic, std::string_view page);
// {"op":"error","code":...,"detail":...} and the topic it is about, if any.
LiveFrame error_frame(const LiveRefusal& refusal, std::string_view topic = {});
// {"topic":...,"position":...,"event":{...}}; without a position for what is not in the log.
LiveFrame event_frame(std::string_view topic,
                      std::string_view position_json,
                      std::string_view event_json);

// What a socket is closed with, beside the standard codes (live_port.hpp).
namespace close_code {
inline constexpr std::uint16_t kCredentialEnded = 4401;  // get a ticket again, or log in again
inline constexpr std::uint16_t kNoHello = 4408;          // no greeting in time
inline constexpr std::uint16_t kFrameInvalid = 4400;
}  // namespace close_code

}  // namespace gateway
