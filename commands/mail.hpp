#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "commands/decider.hpp"
#include "parlour/mail/v1/events.pb.h"

// One mail on its way out: queued once, then tried until it is sent, given up, or has nothing left
// to say. It names people by id only.
namespace commands {

struct QueueMail {
    parlour::mail::v1::Template what{};
    std::string locale;  // "de" or "en"
    parlour::mail::v1::RecipientKind recipient_kind{};
    events::TenantId recipient_tenant;
    events::Uuid recipient;
    // What a mail about one conversation's messages covers; else left out.
    std::optional<events::Uuid> conversation;
    events::Version from;
    events::Version up_to;  // included
};

// `attempt` is the number of the attempt, from 1: an outcome that comes twice, or late, is nothing.
struct RecordMailSent {
    std::uint32_t attempt = 0;
};

struct RecordMailFailure {
    std::uint32_t attempt = 0;
    std::string code;        // a fixed word of ours, never a server's
    bool permanent = false;  // this mail will never be taken
};

struct DropMail {
    std::string code;  // why there is nothing to say: "read", "recipient-gone"
};

// How long after the first failure, the second ... it is tried again; then it is given up.
inline constexpr std::array<std::chrono::minutes, 8> kMailPauses{
    std::chrono::minutes(1),
    std::chrono::minutes(5),
    std::chrono::minutes(15),
    std::chrono::hours(1),
    std::chrono::hours(3),
    std::chrono::hours(8),
    std::chrono::hours(24),
    std::chrono::hours(24),
};

struct Mail {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_MAIL;
    using Event = parlour::mail::v1::MailEvent;
    using Command = std::variant<QueueMail, RecordMailSent, RecordMailFailure, DropMail>;
    enum class Rejection : std::uint8_t { kNotQueued, kLocaleUnknown, kIncomplete };
    struct State {
        bool queued = false;
        bool finished = false;       // sent, given up or dropped
        std::uint32_t attempts = 0;  // that have an outcome
    };

    static Decision<Mail> decide(const State& state,
                                 const Command& command,
                                 const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands
