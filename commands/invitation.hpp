#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "commands/decider.hpp"
#include "events/crypto.hpp"
#include "events/secret.hpp"
#include "parlour/invitation/v1/events.pb.h"

// An invitation of one person into a company. It is accepted once, by whoever has the token.
namespace commands {

struct SendInvitation {
    events::Personal name;                          // a name (commands/text.hpp), or empty
    events::Personal email;                         // an address
    std::vector<parlour::company::v1::Role> roles;  // at least one, none twice, none an operator
    std::string locale;
    events::Digest token_sha256{};
    std::int64_t valid_until_ms = 0;
    std::optional<events::Uuid> mail;    // nothing: the link is shown to whoever invites
    std::optional<events::Uuid> expert;  // with the role of an expert, and only then
};
struct AcceptInvitation {
    events::Digest token_sha256{};
    events::Uuid account;
    events::Uuid company;  // the stream of the company that invites
};
struct WithdrawInvitation {};
struct ExpireInvitation {};

struct Invitation {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_INVITATION;
    using Event = parlour::invitation::v1::InvitationEvent;
    using Command =
        std::variant<SendInvitation, AcceptInvitation, WithdrawInvitation, ExpireInvitation>;
    enum class Rejection : std::uint8_t {
        kAlreadySent,
        kNotSent,
        kAlreadyAccepted,
        kTokenInvalid,  // unknown, over, withdrawn, or accepted by another account
        kNotDue,
        kNameInvalid,
        kEmailInvalid,
        kRolesInvalid,
        kLocaleInvalid,
    };
    enum class Phase : std::uint8_t { kNone, kOpen, kAccepted, kClosed };
    struct State {
        Phase phase = Phase::kNone;
        std::string token_sha256;
        std::int64_t valid_until_ms = 0;
        std::vector<parlour::company::v1::Role> roles;
        std::string expert;  // as the event has it
        std::optional<events::Uuid> account;
    };

    static Decision<Invitation> decide(const State& state,
                                       const Command& command,
                                       const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands
