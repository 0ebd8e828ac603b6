#include "commands/company.hpp"

#include <algorithm>

#include "commands/text.hpp"

namespace commands {
namespace {

using Event = Company::Event;
using Member = Company::Member;
using Rejection = Company::Rejection;
using State = Company::State;
using parlour::company::v1::Role;

bool is_company_role(Role role) {
    return parlour::company::v1::Role_IsValid(role) &&
           role != parlour::company::v1::ROLE_UNSPECIFIED &&
           role != parlour::company::v1::ROLE_OPERATOR;
}

bool is_acting_admin(const Member& member) {
    return !member.locked && member.roles.contains(parlour::company::v1::ROLE_ADMIN);
}

// Whether nobody but this member acts as an admin.
bool is_last_admin(const State& state, const events::Uuid& account) {
    const auto found = state.members.find(account);
    if (found == state.members.end() || !is_acting_admin(found->second)) return false;
    return std::ranges::count_if(state.members, [](const auto& member) {
               return is_acting_admin(member.second);
           }) == 1;
}

Event role_granted(const events::Uuid& account, Role role) {
    Event event;
    event.mutable_role_granted()->set_account_id(std::string(account.view()));
    event.mutable_role_granted()->set_role(role);
    return event;
}

Event role_revoked(const events::Uuid& account, Role role) {
    Event event;
    event.mutable_role_revoked()->set_account_id(std::string(account.view()));
    event.mutable_role_revoked()->set_role(role);
    return event;
}

bool is_terms_field(const events::Personal& text) {
    return text.reveal().size() <= kTermsFieldBytesMax && !has_nul(text.reveal()) &&
           !is_blank(text.reveal());
}

Decision<Company> decide_one(const State&, const CreateCompany& create) {
    if (!is_name(create.name.reveal())) return std::unexpected(Rejection::kNameInvalid);
    Event event;
    event.mutable_company_created()->set_name(create.name.reveal());
    std::vector events{std::move(event)};
    if (create.admin) {
        events.push_back(role_granted(*create.admin, parlour::company::v1::ROLE_ADMIN));
    }
    return events;
}

Decision<Company> decide_one(const State& state, const IssueApiToken& issue) {
    if (state.tokens.contains(issue.token)) return std::unexpected(Rejection::kTokenExists);
    const std::set distinct(issue.scopes.begin(), issue.scopes.end());
    if (issue.scopes.empty() || distinct.size() != issue.scopes.size() ||
        distinct.contains(parlour::company::v1::SCOPE_UNSPECIFIED)) {
        return std::unexpected(Rejection::kScopesInvalid);
    }
    if (!issue.name.empty() && !is_name(issue.name.reveal())) {
        return std::unexpected(Rejection::kNameInvalid);
    }
    Event event;
    auto& issued = *event.mutable_api_token_issued();
    issued.set_token_id(std::string(issue.token.view()));
    issued.set_token_sha256(issue.token_sha256.data(), issue.token_sha256.size());
    for (const auto scope : issue.scopes) issued.add_scopes(scope);
    issued.set_name(issue.name.reveal());
    return std::vector{std::move(event)};
}

Decision<Company> decide_one(const State& state, const RevokeApiToken& revoke) {
    const auto token = state.tokens.find(revoke.token);
    if (token == state.tokens.end()) return std::unexpected(Rejection::kTokenUnknown);
    if (!token->second) return std::vector<Event>{};
    Event event;
    event.mutable_api_token_revoked()->set_token_id(std::string(revoke.token.view()));
    return std::vector{std::move(event)};
}

Decision<Company> decide_one(const State& state, const GrantRoles& grant) {
    if (grant.roles.empty() || !std::ranges::all_of(grant.roles, is_company_role)) {
        return std::unexpected(Rejection::kRoleInvalid);
    }
    const auto member = state.members.find(grant.account);
    std::vector<Event> events;
    for (const Role role : std::set(grant.roles.begin(), grant.roles.end())) {
        if (member != state.members.end() && member->second.roles.contains(role)) continue;
        events.push_back(role_granted(grant.account, role));
    }
    return events;
}

Decision<Company> decide_one(const State& state, const RevokeRole& revoke) {
    if (!is_company_role(revoke.role)) return std::unexpected(Rejection::kRoleInvalid);
    const auto member = state.members.find(revoke.account);
    if (member == state.members.end() || !member->second.roles.contains(revoke.role)) {
        return std::vector<Event>{};
    }
    if (revoke.role == parlour::company::v1::ROLE_ADMIN && is_last_admin(state, revoke.account)) {
        return std::unexpected(Rejection::kLastAdmin);
    }
    return std::vector{role_revoked(revoke.account, revoke.role)};
}

// Granted before taken away, so that a member who changes roles stays one throughout.
Decision<Company> decide_one(const State& state, const SetRoles& set) {
    if (!std::ranges::all_of(set.roles, is_company_role)) {
        return std::unexpected(Rejection::kRoleInvalid);
    }
    const std::set wanted(set.roles.begin(), set.roles.end());
    const auto member = state.members.find(set.account);
    if (member == state.members.end()) {
        if (wanted.empty()) return std::vector<Event>{};
        return std::unexpected(Rejection::kNotAMember);
    }
    if (!wanted.contains(parlour::company::v1::ROLE_ADMIN) && is_last_admin(state, set.account)) {
        return std::unexpected(Rejection::kLastAdmin);
    }
    const auto& had = member->second.roles;
    std::vector<Event> events;
    for (const Role role : wanted) {
        if (!had.contains(role)) events.push_back(role_granted(set.account, role));
    }
    for (const Role role : had) {
        if (!wanted.contains(role)) events.push_back(role_revoked(set.account, role));
    }
    return events;
}

Decision<Company> decide_one(const State& state, const LockMember& lock) {
    const auto member = state.members.find(lock.account);
    if (member == state.members.end()) return std::unexpected(Rejection::kNotAMember);
    if (member->second.locked) return std::vector<Event>{};
    if (is_last_admin(state, lock.account)) return std::unexpected(Rejection::kLastAdmin);
    Event event;
    event.mutable_member_locked()->set_account_id(std::string(lock.account.view()));
    return std::vector{std::move(event)};
}

Decision<Company> decide_one(const State& state, const UnlockMember& unlock) {
    const auto member = state.members.find(unlock.account);
    if (member == state.members.end()) return std::unexpected(Rejection::kNotAMember);
    if (!member->second.locked) return std::vector<Event>{};
    Event event;
    event.mutable_member_unlocked()->set_account_id(std::string(unlock.account.view()));
    return std::vector{std::move(event)};
}

Decision<Company> decide_one(const State& state, const AcceptProcessingTerms& accept) {
    if (!is_terms_field(accept.document) || !is_terms_field(accept.version)) {
        return std::unexpected(Rejection::kTermsInvalid);
    }
    if (!is_locale(accept.locale)) return std::unexpected(Rejection::kLocaleInvalid);
    const Company::Terms terms{.document = accept.document.reveal(),
                               .version = accept.version.reveal(),
                               .locale = accept.locale,
                               .sha256 = {accept.sha256.begin(), accept.sha256.end()}};
    if (state.terms == terms) return std::vector<Event>{};
    Event event;
    auto& accepted = *event.mutable_processing_terms_accepted();
    accepted.set_document(terms.document);
    accepted.set_version(terms.version);
    accepted.set_locale(terms.locale);
    accepted.set_sha256(terms.sha256);
    return std::vector{std::move(event)};
}

Decision<Company> decide_one(const State& state, const SetDataCollection& set) {
    if (state.kept && state.kept->SerializeAsString() == set.kept.SerializeAsString()) {
        return std::vector<Event>{};
    }
    Event event;
    *event.mutable_data_collection_changed() = set.kept;
    return std::vector{std::move(event)};
}

Decision<Company> decide_one(const State& state, const ChangeCompanyDetails& change) {
    Event event;
    auto& details = *event.mutable_company_details_changed();
    details = state.details;
    if (change.name) {
        if (!is_name(change.name->reveal())) return std::unexpected(Rejection::kNameInvalid);
        details.set_name(change.name->reveal());
    }
    if (change.time_zone) {
        if (change.time_zone->empty() || change.time_zone->size() > kTimeZoneBytesMax) {
            return std::unexpected(Rejection::kTimeZoneInvalid);
        }
        details.set_time_zone(*change.time_zone);
    }
    if (change.locale) {
        if (!is_locale(*change.locale)) return std::unexpected(Rejection::kLocaleInvalid);
        details.set_locale(*change.locale);
    }
    if (details.SerializeAsString() == state.details.SerializeAsString()) {
        return std::vector<Event>{};
    }
    return std::vector{std::move(event)};
}

template <class Changed>
std::optional<events::Uuid> account_of(const Changed& changed) {
    return events::Uuid::from_bytes(changed.account_id());
}

void grant(State& state, const parlour::company::v1::RoleGranted& granted) {
    if (const auto account = account_of(granted)) {
        state.members[*account].roles.insert(granted.role());
    }
}

void revoke(State& state, const parlour::company::v1::RoleRevoked& revoked) {
    const auto account = account_of(revoked);
    const auto member = account ? state.members.find(*account) : state.members.end();
    if (member == state.members.end()) return;
    member->second.roles.erase(revoked.role());
    if (member->second.roles.empty()) state.members.erase(member);
}

template <class Changed>
void set_locked(State& state, const Changed& changed, bool locked) {
    const auto account = account_of(changed);
    const auto member = account ? state.members.find(*account) : state.members.end();
    if (member != state.members.end()) member->second.locked = locked;
}

template <class Changed>
void set_token(State& state, const Changed& changed, bool good) {
    if (const auto id = events::Uuid::from_bytes(changed.token_id())) state.tokens[*id] = good;
}

}  // namespace

Decision<Company> Company::decide(const State& state, const Command& command, const Context&) {
    const bool creates = std::holds_alternative<CreateCompany>(command);
    if (creates && state.created) return std::unexpected(Rejection::kAlreadyCreated);
    if (!creates && !state.created) return std::unexpected(Rejection::kNotCreated);
    return std::visit([&](const auto& one) { return decide_one(state, one); }, command);
}

void Company::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kCompanyCreated:
            state.created = true;
            state.details.set_name(event.company_created().name());
            break;
        case Event::kApiTokenIssued:
            set_token(state, event.api_token_issued(), true);
            break;
        case Event::kApiTokenRevoked:
            set_token(state, event.api_token_revoked(), false);
            break;
        case Event::kRoleGranted:
            grant(state, event.role_granted());
            break;
        case Event::kRoleRevoked:
            revoke(state, event.role_revoked());
            break;
        case Event::kMemberLocked:
            set_locked(state, event.member_locked(), true);
            break;
        case Event::kMemberUnlocked:
            set_locked(state, event.member_unlocked(), false);
            break;
        case Event::kProcessingTermsAccepted: {
            const auto& accepted = event.processing_terms_accepted();
            state.terms = Terms{.document = accepted.document(),
                                .version = accepted.version(),
                                .locale = accepted.locale(),
                                .sha256 = accepted.sha256()};
            break;
        }
        case Event::kDataCollectionChanged:
            state.kept = event.data_collection_changed();
            break;
        case Event::kCompanyDetailsChanged:
            state.details = event.company_details_changed();
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
        case Rejection::kTokenUnknown:
            return {RefusalKind::kNotFound, "token-not-found", "There is no such token."};
        case Rejection::kScopesInvalid:
            return {RefusalKind::kRefused,
                    "scopes-invalid",
                    "A token has at least one scope and none twice."};
        case Rejection::kRoleInvalid:
            return {RefusalKind::kRefused,
                    "role-invalid",
                    "The roles are admin, expert, officer, auditor and analyst."};
        case Rejection::kNotAMember:
            return {RefusalKind::kNotFound,
                    "member-not-found",
                    "The account is no member of the company."};
        case Rejection::kLastAdmin:
            return {RefusalKind::kConflict,
                    "last-admin",
                    "The company needs an admin: make somebody else one first."};
        case Rejection::kTermsInvalid:
            return {RefusalKind::kRefused,
                    "terms-invalid",
                    "Document and version are 1 to 200 bytes, not only white space."};
        case Rejection::kLocaleInvalid:
            return {RefusalKind::kRefused, "locale-invalid", kLocaleRule};
        case Rejection::kTimeZoneInvalid:
            return {RefusalKind::kRefused, "time-zone-invalid", kTimeZoneRule};
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands
