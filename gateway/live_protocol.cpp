#include "gateway/live_protocol.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <utility>

#include "gateway/json_body.hpp"

namespace gateway {
namespace {

namespace json = boost::json;

constexpr std::string_view kInvalid = "frame-invalid";

std::unexpected<LiveRefusal> invalid(std::string_view detail) {
    return std::unexpected(LiveRefusal{kInvalid, detail});
}

LiveFrame frame_of(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
}

// A member that is a text; nothing when it is missing or another thing.
std::optional<std::string> text_of(const json::object& frame, std::string_view name) {
    const auto* const value = frame.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string(value->get_string().data(), value->get_string().size());
}

std::expected<ClientFrame, LiveRefusal> parse_subscribe(const json::object& frame) {
    auto topic = text_of(frame, "topic");
    if (!topic) return invalid("\"subscribe\" names a \"topic\".");
    SubscribeFrame parsed{.topic = *std::move(topic), .after = std::nullopt};
    const auto* const after = frame.if_contains("after");
    if (after == nullptr || after->is_null()) return parsed;
    if (after->is_string()) {
        parsed.after = text_of(frame, "after");
    } else if (after->is_uint64()) {
        parsed.after = fmt::format("{}", after->get_uint64());
    } else if (after->is_int64() && after->get_int64() >= 0) {
        parsed.after = fmt::format("{}", after->get_int64());
    } else {
        return invalid("\"after\" is a position as it was given.");
    }
    return parsed;
}

std::expected<ClientFrame, LiveRefusal> parse_hello(const json::object& frame) {
    auto ticket = text_of(frame, "ticket");
    if (!ticket) return invalid("\"hello\" brings a \"ticket\".");
    return HelloFrame{.ticket = *std::move(ticket)};
}

std::expected<ClientFrame, LiveRefusal> parse_unsubscribe(const json::object& frame) {
    auto topic = text_of(frame, "topic");
    if (!topic) return invalid("\"unsubscribe\" names a \"topic\".");
    return UnsubscribeFrame{.topic = *std::move(topic)};
}

std::expected<ClientFrame, LiveRefusal> parse_typing(const json::object& frame) {
    auto conversation = text_of(frame, "conversation");
    if (!conversation) return invalid("\"typing\" names a \"conversation\".");
    return TypingFrame{.conversation = *std::move(conversation)};
}

std::expected<ClientFrame, LiveRefusal> parse_ping(const json::object&) {
    return PingFrame{};
}

struct Operation {
    std::string_view name;
    std::expected<ClientFrame, LiveRefusal> (*parse)(const json::object& frame);
};
constexpr std::array kOperations{Operation{"hello", parse_hello},
                                 Operation{"subscribe", parse_subscribe},
                                 Operation{"unsubscribe", parse_unsubscribe},
                                 Operation{"typing", parse_typing},
                                 Operation{"ping", parse_ping}};

}  // namespace

std::expected<ClientFrame, LiveRefusal> parse_client_frame(std::string_view text) {
    if (text.size() > kClientFrameBytesMax) return invalid("A frame is at most 4096 bytes.");
    const auto frame = parse_object(text);
    if (!frame) return invalid("A frame is one JSON object.");
    const auto op = text_of(*frame, "op");
    for (const auto& operation : kOperations) {
        if (op == operation.name) return operation.parse(*frame);
    }
    return invalid("\"op\" is \"hello\", \"subscribe\", \"unsubscribe\", \"typing\" or \"ping\".");
}

LiveFrame welcome_frame() {
    static const LiveFrame frame = frame_of(R"({"op":"welcome"})");
    return frame;
}

LiveFrame pong_frame() {
    static const LiveFrame frame = frame_of(R"({"op":"pong"})");
    return frame;
}

LiveFrame subscribed_frame(std::string_view topic, std::string_view position_json) {
    if (position_json.empty()) {
        return frame_of(fmt::format(R"({{"op":"subscribed","topic":{}}})", json_string(topic)));
    }
    return frame_of(fmt::format(
        R"({{"op":"subscribed","topic":{},"position":{}}})", json_string(topic), position_json));
}

LiveFrame unsubscribed_frame(std::string_view topic) {
    return frame_of(fmt::format(R"({{"op":"unsubscribed","topic":{}}})", json_string(topic)));
}

LiveFrame gap_frame(std::string_view topic, std::string_view page) {
    return frame_of(fmt::format(
        R"({{"op":"gap","topic":{},"page":{}}})", json_string(topic), json_string(page)));
}

LiveFrame error_frame(const LiveRefusal& refusal, std::string_view topic) {
    const std::string about =
        topic.empty() ? std::string() : fmt::format(R"(,"topic":{})", json_string(topic));
    return frame_of(fmt::format(R"({{"op":"error","code":{},"detail":{}{}}})",
                                json_string(refusal.code),
                                json_string(refusal.detail),
                                about));
}

LiveFrame event_frame(std::string_view topic,
                      std::string_view position_json,
                      std::string_view event_json) {
    if (position_json.empty()) {
        return frame_of(
            fmt::format(R"({{"topic":{},"event":{}}})", json_string(topic), event_json));
    }
    return frame_of(fmt::format(R"({{"topic":{},"position":{},"event":{}}})",
                                json_string(topic),
                                position_json,
                                event_json));
}

}  // namespace gateway
