#include "commands/company.hpp"

#include "commands/text.hpp"

namespace commands {
namespace {

using Event = Company::Event;
using Rejection = Company::Rejection;
using State = Company::State;

Decision<Company> decide_one(const State& state, const CreateCompany& create) {
    if (state.created) return std::unexpected(Rejection::kAlreadyCreated);
    if (!is_name(create.name.reveal())) return std::unexpected(Rejection::kNameInvalid);
    Event event;
    event.mutable_company_created()->set_name(create.name.reveal());
    return std::vector{std::move(event)};
}

Decision<Company> decide_one(const State& state, const IssueApiToken& issue) {
    if (!state.created) return std::unexpected(Rejection::kNotCreated);
    if (state.tokens.contains(issue.token)) return std::unexpected(Rejection::kTokenExists);
    const std::set distinct(issue.scopes.begin(), issue.scopes.end());
    if (issue.scopes.empty() || distinct.size() != issue.scopes.size() ||
        distinct.contains(parlour::company::v1::SCOPE_UNSPECIFIED)) {
        return std::unexpected(Rejection::kScopesInvalid);
    }
    Event event;
    auto& issued = *event.mutable_api_token_issued();
    issued.set_token_id(std::string(issue.token.view()));
    issued.set_token_sha256(issue.token_sha256.data(), issue.token_sha256.size());
    for (const auto scope : issue.scopes) issued.add_scopes(scope);
    return std::vector{std::move(event)};
}

}  // namespace

Decision<Company> Company::decide(const State& state, const Command& command, const Context&) {
    return std::visit([&](const auto& one) { return decide_one(state, one); }, command);
}

void Company::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kCompanyCreated:
            state.created = true;
            break;
        case Event::kApiTokenIssued:
            if (const auto id = events::Uuid::from_bytes(event.api_token_issued().token_id())) {
                state.tokens.insert(*id);
            }
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Company::describe(Rejection rejection) {
    switch (rejection) {
        case Rejection::kAlreadyCreated:
            return {RefusalKind::kConflict,
                    "company-already-created",
                    "The company was created already."};
        case Rejection::kNotCreated:
            return {RefusalKind::kNotFound, "company-not-found", "There is no such company."};
        case Rejection::kNameInvalid:
            return {RefusalKind::kRefused, "name-invalid", kNameRule};
        case Rejection::kTokenExists:
            return {
                RefusalKind::kConflict, "token-exists", "A token of this id was issued already."};
        case Rejection::kScopesInvalid:
            return {RefusalKind::kRefused,
                    "scopes-invalid",
                    "A token has at least one scope and none twice."};
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands
