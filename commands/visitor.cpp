#include "commands/visitor.hpp"

#include "commands/text.hpp"

namespace commands {

Decision<Visitor> Visitor::decide(const State& state, const Command& command, const Context&) {
    const auto& [name, email] = std::get<IdentifyVisitor>(command);
    if (state.identified) return std::unexpected(Rejection::kAlreadyIdentified);
    if (!is_name(name.reveal())) return std::unexpected(Rejection::kNameInvalid);
    if (!email.empty() && !is_email(email.reveal())) {
        return std::unexpected(Rejection::kEmailInvalid);
    }
    Event event;
    auto& identified = *event.mutable_visitor_identified();
    identified.set_name(name.reveal());
    identified.set_email(email.reveal());
    return std::vector{std::move(event)};
}

void Visitor::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kVisitorIdentified:
            state.identified = true;
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Visitor::describe(Rejection rejection) {
    switch (rejection) {
        case Rejection::kAlreadyIdentified:
            return {RefusalKind::kConflict,
                    "visitor-already-identified",
                    "The visitor was identified already."};
        case Rejection::kNameInvalid:
            return {RefusalKind::kRefused, "name-invalid", kNameRule};
        case Rejection::kEmailInvalid:
            return {RefusalKind::kRefused, "email-invalid", kEmailRule};
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands
