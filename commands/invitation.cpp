#include "commands/invitation.hpp"

#include <algorithm>
#include <set>

#include "commands/text.hpp"

namespace commands {
namespace {

using Event = Invitation::Event;
using Phase = Invitation::Phase;
using Rejection = Invitation::Rejection;
using State = Invitation::State;

std::string bytes_of(const events::Digest& digest) {
    return {digest.begin(), digest.end()};
}

bool are_roles(const SendInvitation& send) {
    using namespace parlour::company::v1;
    const std::set distinct(send.roles.begin(), send.roles.end());
    return !send.roles.empty() && distinct.size() == send.roles.size() &&
           !distinct.contains(ROLE_UNSPECIFIED) && !distinct.contains(ROLE_OPERATOR) &&
           distinct.contains(ROLE_EXPERT) == send.expert.has_value();
}

Decision<Invitation> decide_one(const State& state, const SendInvitation& send, const Context&) {
    if (state.phase != Phase::kNone) return std::unexpected(Rejection::kAlreadySent);
    if (!send.name.empty() && !is_name(send.name.reveal())) {
        return std::unexpected(Rejection::kNameInvalid);
    }
    if (!is_email(send.email.reveal())) return std::unexpected(Rejection::kEmailInvalid);
    if (!are_roles(send)) return std::unexpected(Rejection::kRolesInvalid);
    if (!is_locale(send.locale)) return std::unexpected(Rejection::kLocaleInvalid);
    Event event;
    auto& sent = *event.mutable_invitation_sent();
    sent.set_name(send.name.reveal());
    sent.set_email(send.email.reveal());
    for (const auto role : send.roles) sent.add_roles(role);
    sent.set_locale(send.locale);
    sent.set_token_sha256(bytes_of(send.token_sha256));
    sent.set_valid_until_unix_ms(send.valid_until_ms);
    if (send.mail) sent.set_mail_id(std::string(send.mail->view()));
    if (send.expert) sent.set_expert_id(std::string(send.expert->view()));
    return std::vector{std::move(event)};
}

Decision<Invitation> decide_one(const State& state,
                                const AcceptInvitation& accept,
                                const Context& context) {
    if (state.token_sha256 != bytes_of(accept.token_sha256)) {
        return std::unexpected(Rejection::kTokenInvalid);
    }
    // What follows from it is the policies' business (policies/joining); the same account may ask
    // again how it went.
    if (state.phase == Phase::kAccepted && state.account == accept.account) {
        return std::vector<Event>{};
    }
    if (state.phase != Phase::kOpen || context.now_ms >= state.valid_until_ms) {
        return std::unexpected(Rejection::kTokenInvalid);
    }
    Event event;
    auto& accepted = *event.mutable_invitation_accepted();
    accepted.set_account_id(std::string(accept.account.view()));
    for (const auto role : state.roles) accepted.add_roles(role);
    accepted.set_expert_id(state.expert);
    accepted.set_company_id(std::string(accept.company.view()));
    return std::vector{std::move(event)};
}

Decision<Invitation> decide_one(const State& state, const WithdrawInvitation&, const Context&) {
    if (state.phase == Phase::kNone) return std::unexpected(Rejection::kNotSent);
    if (state.phase == Phase::kAccepted) return std::unexpected(Rejection::kAlreadyAccepted);
    if (state.phase == Phase::kClosed) return std::vector<Event>{};
    Event event;
    event.mutable_invitation_withdrawn();
    return std::vector{std::move(event)};
}

Decision<Invitation> decide_one(const State& state,
                                const ExpireInvitation&,
                                const Context& context) {
    if (state.phase != Phase::kOpen) return std::vector<Event>{};
    if (context.now_ms < state.valid_until_ms) return std::unexpected(Rejection::kNotDue);
    Event event;
    event.mutable_invitation_expired();
    return std::vector{std::move(event)};
}

}  // namespace

Decision<Invitation> Invitation::decide(const State& state,
                                        const Command& command,
                                        const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void Invitation::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kInvitationSent:
            state.phase = Phase::kOpen;
            state.token_sha256 = event.invitation_sent().token_sha256();
            state.valid_until_ms = event.invitation_sent().valid_until_unix_ms();
            state.expert = event.invitation_sent().expert_id();
            for (const int role : event.invitation_sent().roles()) {
                state.roles.push_back(static_cast<parlour::company::v1::Role>(role));
            }
            break;
        case Event::kInvitationAccepted:
            state.phase = Phase::kAccepted;
            state.account = events::Uuid::from_bytes(event.invitation_accepted().account_id());
            break;
        case Event::kInvitationWithdrawn:
        case Event::kInvitationExpired:
            state.phase = Phase::kClosed;
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Invitation::describe(Rejection rejection) {
    switch (rejection) {
        case Rejection::kAlreadySent:
            return {RefusalKind::kConflict,
                    "invitation-already-sent",
                    "The invitation was sent already."};
        case Rejection::kNotSent:
            return {RefusalKind::kNotFound, "invitation-not-found", "There is no such invitation."};
        case Rejection::kAlreadyAccepted:
            return {RefusalKind::kConflict,
                    "invitation-already-accepted",
                    "The invitation was accepted already; revoke the member's roles instead."};
        case Rejection::kTokenInvalid:
            return {RefusalKind::kGone,
                    "token-invalid",
                    "The link is not valid, or not any more; ask for a new one."};
        case Rejection::kNotDue:
            return {RefusalKind::kRefused,
                    "invitation-not-due",
                    "The invitation can still be accepted."};
        case Rejection::kNameInvalid:
            return {RefusalKind::kRefused, "name-invalid", kNameRule};
        case Rejection::kEmailInvalid:
            return {RefusalKind::kRefused, "email-invalid", kEmailRule};
        case Rejection::kRolesInvalid:
            return {RefusalKind::kRefused,
                    "roles-invalid",
                    "An invitation has at least one of admin, expert, officer, auditor and "
                    "analyst, and none twice."};
        case Rejection::kLocaleInvalid:
            return {RefusalKind::kRefused, "locale-invalid", kLocaleRule};
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands
