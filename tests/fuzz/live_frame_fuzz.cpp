#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/json_body.hpp"
#include "gateway/live_protocol.hpp"
#include "gateway/live_stream.hpp"

// Any bytes as a frame of a live client: it is read or refused with a reason, what was read can be
// written down and reads the same, and what it names is a topic of whoever asks or none.
namespace {

using gateway::ClientFrame;
using gateway::json_string;

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "broken: " << what << '\n';
    std::abort();
}

std::string written(const gateway::HelloFrame& hello) {
    return R"({"op":"hello","ticket":)" + json_string(hello.ticket) + "}";
}
std::string written(const gateway::SubscribeFrame& subscribe) {
    std::string text = R"({"op":"subscribe","topic":)" + json_string(subscribe.topic);
    if (subscribe.after) text += R"(,"after":)" + json_string(*subscribe.after);
    return text + "}";
}
std::string written(const gateway::UnsubscribeFrame& unsubscribe) {
    return R"({"op":"unsubscribe","topic":)" + json_string(unsubscribe.topic) + "}";
}
std::string written(const gateway::TypingFrame& typing) {
    return R"({"op":"typing","conversation":)" + json_string(typing.conversation) + "}";
}
std::string written(const gateway::PingFrame&) {
    return R"({"op":"ping"})";
}
std::string written(const ClientFrame& frame) {
    return std::visit([](const auto& one) { return written(one); }, frame);
}

void check_topic(std::string_view name) {
    gateway::Principal visitor;
    visitor.audience = gateway::Audience::kVisitor;
    visitor.widget = events::Uuid{};
    const auto topic = gateway::parse_topic(name, visitor);
    if (!topic) {
        require(!topic.error().code.empty() && !topic.error().detail.empty(), "a reason");
        return;
    }
    require(topic->kind == gateway::TopicKind::kConversation ||
                topic->kind == gateway::TopicKind::kRoster,
            "a visitor follows conversations and the roster");
    const auto again = gateway::parse_topic(name_of(*topic, visitor.tenant), visitor);
    require(again && *again == *topic, "the topic has one name");
}

void check_event_id(std::string_view text) {
    for (const std::size_t topics : {1U, 2U}) {
        const auto positions = gateway::read_event_id(text, topics);
        if (positions)
            require(gateway::write_event_id(*positions) == text, "an id is written back");
    }
}

}  // namespace

// libFuzzer calls it by this name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_event_id(text);
    check_topic(text);
    const auto frame = gateway::parse_client_frame(text);
    if (!frame) {
        require(frame.error().code == "frame-invalid", "one code for what is no frame");
        require(!frame.error().detail.empty(), "a reason");
        return 0;
    }
    require(size <= gateway::kClientFrameBytesMax, "bounded");
    const auto once = written(*frame);
    if (once.size() > gateway::kClientFrameBytesMax) return 0;  // escapes have made it longer
    const auto again = gateway::parse_client_frame(once);
    require(again.has_value() && again->index() == frame->index(), "what was read is a frame");
    require(written(*again) == once, "and reads the same");
    if (const auto* const subscribe = std::get_if<gateway::SubscribeFrame>(&*frame)) {
        check_topic(subscribe->topic);
    }
    return 0;
}
