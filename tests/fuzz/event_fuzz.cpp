#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "commands/account.hpp"
#include "commands/company.hpp"
#include "commands/conversation.hpp"
#include "commands/expert.hpp"
#include "commands/invitation.hpp"
#include "commands/mail.hpp"
#include "commands/presence.hpp"
#include "commands/reservation.hpp"
#include "commands/session.hpp"
#include "commands/visitor.hpp"
#include "commands/widget.hpp"
#include "commands/work.hpp"
#include "events/commit.hpp"
#include "ops/replay_fields.hpp"

// Any bytes as the history of a stream: which aggregate, then payloads behind their lengths. Each
// is refused or folded; what a replay prints of it is one line of JSON and one of text; and its
// personal fields are taken out whole and put back whole.
namespace {

using google::protobuf::Message;

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "broken: " << what << '\n';
    std::abort();
}

template <commands::Decider... Aggregates>
std::unique_ptr<commands::StreamState> state_of(std::size_t which) {
    using Make = std::unique_ptr<commands::StreamState> (*)();
    static constexpr std::array<Make, sizeof...(Aggregates)> kMakes{
        []() -> std::unique_ptr<commands::StreamState> {
            return std::make_unique<commands::StateOf<Aggregates>>();
        }...};
    return kMakes[which % kMakes.size()]();
}

void check_line(const ops::EventFields& fields) {
    std::string json;
    ops::append_fields_json(json, fields);
    boost::json::error_code error;
    const auto parsed = boost::json::parse(json, error);
    require(!error && parsed.is_object(), "an object of JSON");
    std::string text;
    ops::append_fields_text(text, fields);
    for (const std::string_view line : {std::string_view(json), std::string_view(text)}) {
        require(std::ranges::none_of(line, [](char c) { return c >= '\0' && c < ' '; }),
                "one line");
    }
}

const Message* body_of(const Message& envelope) {
    const auto* const oneof = envelope.GetDescriptor()->FindOneofByName("body");
    const auto* const field = envelope.GetReflection()->GetOneofFieldDescriptor(envelope, oneof);
    return field == nullptr ? nullptr : &envelope.GetReflection()->GetMessage(envelope, field);
}

void check_printed(const Message& whole, const Message& open, const Message& personal) {
    const events::TenantId tenant{};
    const auto* const event = body_of(open);
    using enum ops::PersonalFields;
    check_line({.tenant = tenant, .event = *event, .personal = kSealed});
    check_line({.tenant = tenant, .event = *event, .personal = kErased});
    check_line({.tenant = tenant, .event = *event, .opened = body_of(personal), .personal = kOpen});
    check_line({.tenant = tenant, .event = *body_of(whole), .personal = kSealed});
}

void check_event(commands::StreamState& state, std::string_view payload) {
    const auto whole = state.new_envelope();
    if (!whole->ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return;
    whole->DiscardUnknownFields();
    if (body_of(*whole) == nullptr) {
        require(!state.evolve(*whole), "an unknown event is not folded");
        return;
    }
    require(state.evolve(*whole), "a known event is folded");
    const auto parts = state.new_envelope();
    parts->CopyFrom(*whole);
    const auto personal_bytes = events::take_personal_fields(*parts);
    const auto personal = state.new_envelope();
    require(personal->ParseFromString(personal_bytes), "what was taken out reads");
    check_printed(*whole, *parts, *personal);
    require(parts->MergeFromString(personal_bytes), "what was taken out is put back");
    require(parts->SerializeAsString() == whole->SerializeAsString(), "the same event again");
}

}  // namespace

// libFuzzer calls it by this name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto state = state_of<commands::Account,
                                commands::Company,
                                commands::Conversation,
                                commands::Expert,
                                commands::Invitation,
                                commands::Mail,
                                commands::Presence,
                                commands::Reservation,
                                commands::Session,
                                commands::Visitor,
                                commands::Widget>(data[0]);
    std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    while (!rest.empty()) {
        const auto length =
            std::min<std::size_t>(static_cast<unsigned char>(rest[0]), rest.size() - 1);
        check_event(*state, rest.substr(1, length));
        rest.remove_prefix(1 + length);
    }
    return 0;
}
