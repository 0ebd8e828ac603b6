#include "commands/account.hpp"

#include <algorithm>

#include "commands/text.hpp"

namespace commands {
namespace {

using Event = Account::Event;
using Phase = Account::Phase;
using Rejection = Account::Rejection;
using State = Account::State;

// One event that has no fields, or whose fields `fill` sets.
template <class Fill>
std::vector<Event> one_event(Fill fill) {
    std::vector<Event> events(1);
    fill(events.front());
    return events;
}

template <class Requested>
void write_token(const MailedToken& token, Requested& into) {
    into.set_token_sha256(token.sha256.data(), token.sha256.size());
    into.set_valid_until_unix_ms(token.valid_until_ms);
    into.set_mail_id(std::string(token.mail.view()));
}

template <class Requested>
std::optional<MailedToken> read_token(const Requested& from) {
    MailedToken token{.sha256 = {},
                      .valid_until_ms = from.valid_until_unix_ms(),
                      .mail = events::Uuid::from_bytes(from.mail_id()).value_or(events::Uuid{})};
    if (from.token_sha256().size() != token.sha256.size()) return std::nullopt;
    std::ranges::copy(from.token_sha256(), token.sha256.begin());
    return token;
}

bool fits(const std::optional<MailedToken>& token, const events::Digest& given, std::int64_t now) {
    return token && token->sha256 == given && now < token->valid_until_ms;
}

// Nothing for an account that can be used; else why not.
std::optional<Rejection> unusable(const State& state) {
    if (state.phase == Phase::kConfirmed) return std::nullopt;
    if (state.phase == Phase::kPending) return Rejection::kNotConfirmed;
    return Rejection::kNotRegistered;
}

Decision<Account> decide_one(const State& state, const RegisterAccount& command, const Context&) {
    using namespace parlour::account::v1;
    if (state.phase != Phase::kNone) return std::unexpected(Rejection::kAlreadyRegistered);
    if (!is_name(command.name.reveal())) return std::unexpected(Rejection::kNameInvalid);
    if (!is_email(command.email.reveal())) return std::unexpected(Rejection::kEmailInvalid);
    if (!is_locale(command.locale)) return std::unexpected(Rejection::kLocaleInvalid);
    if (command.kind == ACCOUNT_KIND_UNSPECIFIED ||
        command.company.has_value() != (command.kind == ACCOUNT_KIND_CUSTOMER)) {
        return std::unexpected(Rejection::kKindInvalid);
    }
    std::vector<Event> events(2);
    auto& registered = *events[0].mutable_account_registered();
    registered.set_name(command.name.reveal());
    registered.set_email(command.email.reveal());
    registered.set_kind(command.kind);
    registered.set_locale(command.locale);
    if (command.company) registered.set_company_tenant(std::string(command.company->view()));
    registered.set_credential_id(std::string(command.credential.view()));
    if (command.confirmation) {
        registered.set_confirm_before_unix_ms(command.confirmation->valid_until_ms);
        write_token(*command.confirmation, *events[1].mutable_email_confirmation_requested());
    } else {
        events[1].mutable_email_confirmed();
    }
    return events;
}

Decision<Account> decide_one(const State& state,
                             const RequestConfirmation& command,
                             const Context& context) {
    if (state.phase == Phase::kConfirmed) return std::vector<Event>{};
    if (state.phase != Phase::kPending || context.now_ms >= state.confirm_before_ms) {
        return std::unexpected(Rejection::kNotRegistered);
    }
    auto token = command.token;
    token.valid_until_ms = std::min(token.valid_until_ms, state.confirm_before_ms);
    return one_event(
        [&](Event& event) { write_token(token, *event.mutable_email_confirmation_requested()); });
}

Decision<Account> decide_one(const State& state,
                             const ConfirmEmail& command,
                             const Context& context) {
    if (state.phase != Phase::kPending ||
        !fits(state.confirmation, command.token_sha256, context.now_ms)) {
        return std::unexpected(Rejection::kTokenInvalid);
    }
    return one_event([](Event& event) { event.mutable_email_confirmed(); });
}

Decision<Account> decide_one(const State& state, const AdoptAccount& command, const Context&) {
    if (state.phase == Phase::kConfirmed) return std::unexpected(Rejection::kAlreadyRegistered);
    if (state.phase != Phase::kPending) return std::unexpected(Rejection::kNotRegistered);
    std::vector<Event> events(2);
    events[0].mutable_email_confirmed();
    events[1].mutable_password_changed()->set_credential_id(std::string(command.credential.view()));
    return events;
}

Decision<Account> decide_one(const State& state,
                             const ExpireConfirmation&,
                             const Context& context) {
    if (state.phase != Phase::kPending) return std::vector<Event>{};
    if (context.now_ms < state.confirm_before_ms) return std::unexpected(Rejection::kNotDue);
    return one_event([](Event& event) { event.mutable_confirmation_expired(); });
}

Decision<Account> decide_one(const State& state, const CompleteRegistration&, const Context&) {
    if (const auto why = unusable(state)) return std::unexpected(*why);
    if (state.completed) return std::vector<Event>{};
    return one_event([](Event& event) { event.mutable_registration_completed(); });
}

Decision<Account> decide_one(const State& state, const ChangePassword& command, const Context&) {
    if (const auto why = unusable(state)) return std::unexpected(*why);
    return one_event([&](Event& event) {
        auto& changed = *event.mutable_password_changed();
        changed.set_credential_id(std::string(command.credential.view()));
        if (command.kept_session) {
            changed.set_kept_session_id(std::string(command.kept_session->view()));
        }
    });
}

Decision<Account> decide_one(const State& state,
                             const RequestPasswordReset& command,
                             const Context&) {
    if (const auto why = unusable(state)) return std::unexpected(*why);
    return one_event([&](Event& event) {
        write_token(command.token, *event.mutable_password_reset_requested());
    });
}

Decision<Account> decide_one(const State& state,
                             const ResetPassword& command,
                             const Context& context) {
    if (unusable(state) || !fits(state.reset, command.token_sha256, context.now_ms)) {
        return std::unexpected(Rejection::kTokenInvalid);
    }
    return one_event([&](Event& event) {
        event.mutable_password_reset()->set_credential_id(std::string(command.credential.view()));
    });
}

Decision<Account> decide_one(const State& state, const LockAccount&, const Context&) {
    if (const auto why = unusable(state)) return std::unexpected(*why);
    if (state.locked) return std::vector<Event>{};
    return one_event([](Event& event) { event.mutable_account_locked(); });
}

Decision<Account> decide_one(const State& state, const UnlockAccount&, const Context&) {
    if (const auto why = unusable(state)) return std::unexpected(*why);
    if (!state.locked) return std::vector<Event>{};
    return one_event([](Event& event) { event.mutable_account_unlocked(); });
}

Decision<Account> decide_one(const State& state, const LinkCompany& command, const Context&) {
    if (const auto why = unusable(state)) return std::unexpected(*why);
    if (state.companies.contains(command.company)) return std::vector<Event>{};
    return one_event([&](Event& event) {
        event.mutable_company_linked()->set_company_tenant(std::string(command.company.view()));
    });
}

Decision<Account> decide_one(const State& state, const UnlinkCompany& command, const Context&) {
    if (!state.companies.contains(command.company)) return std::vector<Event>{};
    return one_event([&](Event& event) {
        event.mutable_company_unlinked()->set_company_tenant(std::string(command.company.view()));
    });
}

}  // namespace

Decision<Account> Account::decide(const State& state,
                                  const Command& command,
                                  const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void Account::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kAccountRegistered:
            state.phase = Phase::kPending;
            state.confirm_before_ms = event.account_registered().confirm_before_unix_ms();
            break;
        case Event::kEmailConfirmationRequested:
            state.confirmation = read_token(event.email_confirmation_requested());
            break;
        case Event::kEmailConfirmed:
            state.phase = Phase::kConfirmed;
            state.confirmation.reset();
            break;
        case Event::kConfirmationExpired:
            state.phase = Phase::kExpired;
            break;
        case Event::kRegistrationCompleted:
            state.completed = true;
            break;
        case Event::kPasswordResetRequested:
            state.reset = read_token(event.password_reset_requested());
            break;
        case Event::kPasswordChanged:
        case Event::kPasswordReset:
            state.reset.reset();
            break;
        case Event::kAccountLocked:
            state.locked = true;
            break;
        case Event::kAccountUnlocked:
            state.locked = false;
            break;
        case Event::kCompanyLinked:
            if (const auto id =
                    events::TenantId::from_bytes(event.company_linked().company_tenant())) {
                state.companies.insert(*id);
            }
            break;
        case Event::kCompanyUnlinked:
            if (const auto id =
                    events::TenantId::from_bytes(event.company_unlinked().company_tenant())) {
                state.companies.erase(*id);
            }
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Account::describe(Rejection rejection) {
    switch (rejection) {
        case Rejection::kAlreadyRegistered:
            return {RefusalKind::kConflict,
                    "account-already-registered",
                    "The account was registered already."};
        case Rejection::kNotRegistered:
            return {RefusalKind::kNotFound, "account-not-found", "There is no such account."};
        case Rejection::kNotConfirmed:
            return {RefusalKind::kRefused,
                    "email-not-confirmed",
                    "The address of the account is not confirmed yet."};
        case Rejection::kTokenInvalid:
            return {RefusalKind::kGone,
                    "token-invalid",
                    "The link is not valid, or not any more; ask for a new one."};
        case Rejection::kNotDue:
            return {RefusalKind::kRefused,
                    "confirmation-not-due",
                    "The account still has time to confirm its address."};
        case Rejection::kNameInvalid:
            return {RefusalKind::kRefused, "name-invalid", kNameRule};
        case Rejection::kEmailInvalid:
            return {RefusalKind::kRefused, "email-invalid", kEmailRule};
        case Rejection::kLocaleInvalid:
            return {RefusalKind::kRefused, "locale-invalid", kLocaleRule};
        case Rejection::kKindInvalid:
            return {RefusalKind::kRefused,
                    "account-kind-invalid",
                    "An account is a member of staff's, or a customer's of one company."};
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands
