#include "commands/expert.hpp"

#include "commands/text.hpp"

namespace commands {

Decision<Expert> Expert::decide(const State& state, const Command& command, const Context&) {
    const auto& [name, email] = std::get<AddExpert>(command);
    if (state.added) return std::unexpected(Rejection::kAlreadyAdded);
    if (!is_name(name.reveal())) return std::unexpected(Rejection::kNameInvalid);
    if (!is_email(email.reveal())) return std::unexpected(Rejection::kEmailInvalid);
    Event event;
    auto& added = *event.mutable_expert_added();
    added.set_name(name.reveal());
    added.set_email(email.reveal());
    return std::vector{std::move(event)};
}

void Expert::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kExpertAdded:
            state.added = true;
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Expert::describe(Rejection rejection) {
    switch (rejection) {
        case Rejection::kAlreadyAdded:
            return {
                RefusalKind::kConflict, "expert-already-added", "The expert was added already."};
        case Rejection::kNameInvalid:
            return {RefusalKind::kRefused, "name-invalid", kNameRule};
        case Rejection::kEmailInvalid:
            return {RefusalKind::kRefused, "email-invalid", kEmailRule};
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands
