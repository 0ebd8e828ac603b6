#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "commands/decider.hpp"
#include "events/crypto.hpp"
#include "events/secret.hpp"
#include "parlour/account/v1/events.pb.h"

// A person's account. That an address belongs to one account only is the reservation's business,
// what the person may do the companies'. A credential is the id of a password's hash in the key
// ring, put there before the command; a command that is refused or repeated leaves its own unused.
namespace commands {

// A token that goes out by mail. A newer one takes the place of the one before.
struct MailedToken {
    events::Digest sha256{};
    std::int64_t valid_until_ms = 0;
    events::Uuid mail;
};

struct RegisterAccount {
    events::Personal name;   // a name (commands/text.hpp)
    events::Personal email;  // an address
    parlour::account::v1::AccountKind kind{};
    std::string locale;
    std::optional<events::TenantId> company;  // a customer's, and only that
    events::Uuid credential;
    // How the address is confirmed, and until when, else the account expires. Nothing: it counts as
    // confirmed.
    std::optional<MailedToken> confirmation;
};
struct RequestConfirmation {
    MailedToken token;  // valid at most until the account expires
};
struct ConfirmEmail {
    events::Digest token_sha256{};
};
// Whoever showed in another way that the address is theirs takes over an account that waits for its
// confirmation, and sets the password.
struct AdoptAccount {
    events::Uuid credential;
};
struct ExpireConfirmation {};
struct CompleteRegistration {};
struct ChangePassword {
    events::Uuid credential;
    std::optional<events::Uuid> kept_session{};  // the one in which it is changed goes on
};
struct RequestPasswordReset {
    MailedToken token;
};
struct ResetPassword {
    events::Digest token_sha256{};
    events::Uuid credential;
};
struct LockAccount {};
struct UnlockAccount {};
struct LinkCompany {
    events::TenantId company;
};
struct UnlinkCompany {
    events::TenantId company;
};

struct Account {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_ACCOUNT;
    using Event = parlour::account::v1::AccountEvent;
    using Command = std::variant<RegisterAccount,
                                 RequestConfirmation,
                                 ConfirmEmail,
                                 AdoptAccount,
                                 ExpireConfirmation,
                                 CompleteRegistration,
                                 ChangePassword,
                                 RequestPasswordReset,
                                 ResetPassword,
                                 LockAccount,
                                 UnlockAccount,
                                 LinkCompany,
                                 UnlinkCompany>;
    enum class Rejection : std::uint8_t {
        kAlreadyRegistered,
        kNotRegistered,
        kNotConfirmed,
        kTokenInvalid,  // unknown, used, over, or of an account that there is not
        kNotDue,
        kNameInvalid,
        kEmailInvalid,
        kLocaleInvalid,
        kKindInvalid,
    };
    enum class Phase : std::uint8_t { kNone, kPending, kConfirmed, kExpired };
    struct State {
        Phase phase = Phase::kNone;
        std::int64_t confirm_before_ms = 0;
        std::optional<MailedToken> confirmation;
        std::optional<MailedToken> reset;
        bool completed = false;
        bool locked = false;
        std::set<events::TenantId> companies;
    };

    static Decision<Account> decide(const State& state,
                                    const Command& command,
                                    const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands
