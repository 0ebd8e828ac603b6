#include "commands/expert_lifecycle.hpp"

#include "commands/expert.hpp"
#include "commands/text.hpp"

namespace commands {
namespace {

using Event = Expert::Event;
using Rejection = Expert::Rejection;
using State = Expert::State;

std::optional<Rejection> not_addable(const State& state,
                                     const events::Personal& name,
                                     const events::Personal& email) {
    if (state.added) return Rejection::kAlreadyAdded;
    if (!is_name(name.reveal())) return Rejection::kNameInvalid;
    if (!is_email(email.reveal())) return Rejection::kEmailInvalid;
    return std::nullopt;
}

Event added_as(const events::Personal& name, const events::Personal& email) {
    Event event;
    event.mutable_expert_added()->set_name(name.reveal());
    event.mutable_expert_added()->set_email(email.reveal());
    return event;
}

Event joined_by(const events::Uuid& account) {
    Event event;
    event.mutable_expert_joined()->set_account_id(std::string(account.view()));
    return event;
}

}  // namespace

Decision<Expert> decide_part(const State& state, const InviteExpert& invite) {
    if (const auto why = not_addable(state, invite.name, invite.email)) {
        return std::unexpected(*why);
    }
    std::vector events{added_as(invite.name, invite.email), Event{}};
    events[1].mutable_expert_invited()->set_invitation_id(std::string(invite.invitation.view()));
    return events;
}

Decision<Expert> decide_part(const State& state, const EnrolExpert& enrol) {
    if (const auto why = not_addable(state, enrol.name, enrol.email)) return std::unexpected(*why);
    return std::vector{added_as(enrol.name, enrol.email), joined_by(enrol.account)};
}

Decision<Expert> decide_part(const State& state, const JoinExpert& join) {
    if (!state.added) return std::unexpected(Rejection::kNotAdded);
    if (state.account == join.account) return std::vector<Event>{};
    if (state.account) return std::unexpected(Rejection::kJoinedByAnother);
    return std::vector{joined_by(join.account)};
}

Decision<Expert> decide_part(const State& state, const DeactivateExpert&) {
    if (!state.added) return std::unexpected(Rejection::kNotAdded);
    if (state.deactivated) return std::vector<Event>{};
    std::vector<Event> events(1);
    events[0].mutable_expert_deactivated();
    return events;
}

Decision<Expert> decide_part(const State& state, const ReactivateExpert&) {
    if (!state.added) return std::unexpected(Rejection::kNotAdded);
    if (!state.deactivated) return std::vector<Event>{};
    std::vector<Event> events(1);
    events[0].mutable_expert_reactivated();
    return events;
}

}  // namespace commands
