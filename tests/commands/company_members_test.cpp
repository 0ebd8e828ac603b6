#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "commands/company.hpp"
#include "tests/support/given.hpp"

namespace {

using namespace commands;
using namespace parlour::company::v1;
using events::Personal;
using events::Uuid;
using Event = Company::Event;
using Rejection = Company::Rejection;

using Given = test_support::Given<Company>;

const Uuid kAnn{.bytes = {1}};
const Uuid kBen{.bytes = {2}};
const Uuid kToken{.bytes = {7}};

Event created() {
    Event event;
    event.mutable_company_created()->set_name("Example");
    return event;
}
Event granted(const Uuid& account, Role role) {
    Event event;
    event.mutable_role_granted()->set_account_id(std::string(account.view()));
    event.mutable_role_granted()->set_role(role);
    return event;
}
Event revoked(const Uuid& account, Role role) {
    Event event;
    event.mutable_role_revoked()->set_account_id(std::string(account.view()));
    event.mutable_role_revoked()->set_role(role);
    return event;
}
Event locked(const Uuid& account) {
    Event event;
    event.mutable_member_locked()->set_account_id(std::string(account.view()));
    return event;
}
Event unlocked(const Uuid& account) {
    Event event;
    event.mutable_member_unlocked()->set_account_id(std::string(account.view()));
    return event;
}
Event token_issued() {
    Event event;
    event.mutable_api_token_issued()->set_token_id(std::string(kToken.view()));
    event.mutable_api_token_issued()->add_scopes(SCOPE_ADMIN);
    return event;
}
Event token_revoked() {
    Event event;
    event.mutable_api_token_revoked()->set_token_id(std::string(kToken.view()));
    return event;
}

// Ann is admin and expert, Ben is admin too.
const std::vector<Event> kTwoAdmins{
    created(), granted(kAnn, ROLE_ADMIN), granted(kAnn, ROLE_EXPERT), granted(kBen, ROLE_ADMIN)};
const std::vector<Event> kOneAdmin{
    created(), granted(kAnn, ROLE_ADMIN), granted(kBen, ROLE_EXPERT)};

std::vector<Event> after(std::vector<Event> history, const Event& event) {
    history.push_back(event);
    return history;
}

AcceptProcessingTerms accept(std::string version) {
    return {.document = Personal("AVV"),
            .version = Personal(std::move(version)),
            .locale = "de",
            .sha256 = events::sha256({"text"})};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(company_members)

// A05, A06
BOOST_AUTO_TEST_CASE(roles_are_granted_each_once) {
    Given{{created()}}
        .when(GrantRoles{kAnn, {ROLE_EXPERT, ROLE_ADMIN, ROLE_EXPERT}})
        .then({granted(kAnn, ROLE_ADMIN), granted(kAnn, ROLE_EXPERT)});
    Given{kOneAdmin}.when(GrantRoles{kAnn, {ROLE_ADMIN}}).then_nothing();
    Given{kOneAdmin}
        .when(GrantRoles{kBen, {ROLE_EXPERT, ROLE_AUDITOR}})
        .then({granted(kBen, ROLE_AUDITOR)});
}

BOOST_AUTO_TEST_CASE(a_role_that_no_company_gives_is_rejected) {
    for (const Role role : {ROLE_UNSPECIFIED, ROLE_OPERATOR, static_cast<Role>(99)}) {
        Given{kOneAdmin}.when(GrantRoles{kBen, {role}}).then_rejected(Rejection::kRoleInvalid);
        Given{kOneAdmin}.when(RevokeRole{kBen, role}).then_rejected(Rejection::kRoleInvalid);
    }
    Given{kOneAdmin}.when(GrantRoles{kBen, {}}).then_rejected(Rejection::kRoleInvalid);
}

// A06
BOOST_AUTO_TEST_CASE(a_role_is_revoked_once) {
    Given{kTwoAdmins}.when(RevokeRole{kAnn, ROLE_EXPERT}).then({revoked(kAnn, ROLE_EXPERT)});
    Given{kTwoAdmins}.when(RevokeRole{kAnn, ROLE_ADMIN}).then({revoked(kAnn, ROLE_ADMIN)});
    Given{kTwoAdmins}.when(RevokeRole{kBen, ROLE_EXPERT}).then_nothing();
}

// A06
BOOST_AUTO_TEST_CASE(the_last_admin_stays) {
    Given{kOneAdmin}.when(RevokeRole{kAnn, ROLE_ADMIN}).then_rejected(Rejection::kLastAdmin);
    Given{kOneAdmin}.when(LockMember{kAnn}).then_rejected(Rejection::kLastAdmin);
    const auto ben_gone = after(kTwoAdmins, revoked(kBen, ROLE_ADMIN));
    Given{ben_gone}.when(RevokeRole{kAnn, ROLE_ADMIN}).then_rejected(Rejection::kLastAdmin);
    // One who is locked is no help.
    const auto ben_locked = after(kTwoAdmins, locked(kBen));
    Given{ben_locked}.when(RevokeRole{kAnn, ROLE_ADMIN}).then_rejected(Rejection::kLastAdmin);
    Given{ben_locked}.when(RevokeRole{kBen, ROLE_ADMIN}).then({revoked(kBen, ROLE_ADMIN)});
}

// A06, X14
BOOST_AUTO_TEST_CASE(a_member_gets_the_roles_that_are_set_in_one_commit) {
    Given{kTwoAdmins}
        .when(SetRoles{kAnn, {ROLE_AUDITOR, ROLE_EXPERT}})
        .then({granted(kAnn, ROLE_AUDITOR), revoked(kAnn, ROLE_ADMIN)});
    Given{kTwoAdmins}.when(SetRoles{kAnn, {ROLE_EXPERT, ROLE_ADMIN}}).then_nothing();
    Given{kTwoAdmins}
        .when(SetRoles{kAnn, {}})
        .then({revoked(kAnn, ROLE_ADMIN), revoked(kAnn, ROLE_EXPERT)});
    Given{{created()}}.when(SetRoles{kAnn, {}}).then_nothing();
    Given{{created()}}.when(SetRoles{kAnn, {ROLE_ADMIN}}).then_rejected(Rejection::kNotAMember);
    Given{kTwoAdmins}.when(SetRoles{kAnn, {ROLE_OPERATOR}}).then_rejected(Rejection::kRoleInvalid);
    for (const std::vector<Role>& roles : {std::vector<Role>{}, {ROLE_EXPERT}}) {
        Given{kOneAdmin}.when(SetRoles{kAnn, roles}).then_rejected(Rejection::kLastAdmin);
    }
}

// A03
BOOST_AUTO_TEST_CASE(a_company_is_founded_with_its_admin_in_one_commit) {
    Given{}
        .when(CreateCompany{.name = Personal("Example"), .admin = kAnn})
        .then({created(), granted(kAnn, ROLE_ADMIN)});
}

// A08
BOOST_AUTO_TEST_CASE(a_member_is_locked_and_unlocked) {
    Given{kOneAdmin}.when(LockMember{kBen}).then({locked(kBen)});
    Given{after(kOneAdmin, locked(kBen))}.when(LockMember{kBen}).then_nothing();
    Given{after(kOneAdmin, locked(kBen))}.when(UnlockMember{kBen}).then({unlocked(kBen)});
    Given{kOneAdmin}.when(UnlockMember{kBen}).then_nothing();
    Given{{created()}}.when(LockMember{kBen}).then_rejected(Rejection::kNotAMember);
    Given{{created()}}.when(UnlockMember{kBen}).then_rejected(Rejection::kNotAMember);
    Given{after(kOneAdmin, revoked(kBen, ROLE_EXPERT))}
        .when(LockMember{kBen})
        .then_rejected(Rejection::kNotAMember);
}

// X15
BOOST_AUTO_TEST_CASE(an_api_token_is_revoked_once_and_never_issued_again) {
    Given{{created(), token_issued()}}.when(RevokeApiToken{kToken}).then({token_revoked()});
    Given{{created(), token_issued(), token_revoked()}}.when(RevokeApiToken{kToken}).then_nothing();
    Given{{created()}}.when(RevokeApiToken{kToken}).then_rejected(Rejection::kTokenUnknown);
    Given{{created(), token_issued(), token_revoked()}}
        .when(IssueApiToken{.token = kToken, .token_sha256 = {}, .scopes = {SCOPE_ADMIN}})
        .then_rejected(Rejection::kTokenExists);
}

BOOST_AUTO_TEST_CASE(a_token_may_have_a_name) {
    auto expected = token_issued();
    expected.mutable_api_token_issued()->set_token_sha256(std::string(32, '\0'));
    expected.mutable_api_token_issued()->set_name("shop");
    Given{{created()}}
        .when(IssueApiToken{
            .token = kToken, .token_sha256 = {}, .scopes = {SCOPE_ADMIN}, .name = Personal("shop")})
        .then({expected});
    Given{{created()}}
        .when(IssueApiToken{
            .token = kToken, .token_sha256 = {}, .scopes = {SCOPE_ADMIN}, .name = Personal(" ")})
        .then_rejected(Rejection::kNameInvalid);
}

// A16
BOOST_AUTO_TEST_CASE(processing_terms_are_accepted_by_document_version_and_text) {
    const auto text = events::sha256({"text"});
    Event expected;
    auto& accepted = *expected.mutable_processing_terms_accepted();
    accepted.set_document("AVV");
    accepted.set_version("2020-01");
    accepted.set_locale("de");
    accepted.set_sha256(text.data(), text.size());
    Given{{created()}}.when(accept("2020-01")).then({expected});
    Given{{created(), expected}}.when(accept("2020-01")).then_nothing();
    expected.mutable_processing_terms_accepted()->set_version("2021-01");
    Given{{created(), expected}}.when(accept("2021-01")).then_nothing();
    Given{{created()}}.when(accept(" ")).then_rejected(Rejection::kTermsInvalid);
    Given{{created()}}
        .when(accept(std::string(kTermsFieldBytesMax + 1, 'x')))
        .then_rejected(Rejection::kTermsInvalid);
}

// E11
BOOST_AUTO_TEST_CASE(what_is_collected_is_set_as_a_whole) {
    DataCollectionChanged kept;
    kept.set_name(true);
    Event expected;
    *expected.mutable_data_collection_changed() = kept;
    Given{{created()}}.when(SetDataCollection{kept}).then({expected});
    Given{{created(), expected}}.when(SetDataCollection{kept}).then_nothing();
    Event none;
    none.mutable_data_collection_changed();
    Given{{created(), expected}}.when(SetDataCollection{}).then({none});
    Given{{created()}}.when(SetDataCollection{}).then({none});
}

BOOST_AUTO_TEST_CASE(nothing_is_done_in_a_company_that_was_never_created) {
    const std::vector<Company::Command> all{IssueApiToken{.token = kToken, .scopes = {SCOPE_ADMIN}},
                                            RevokeApiToken{kToken},
                                            GrantRoles{kAnn, {ROLE_ADMIN}},
                                            RevokeRole{kAnn, ROLE_ADMIN},
                                            SetRoles{kAnn, {ROLE_ADMIN}},
                                            LockMember{kAnn},
                                            UnlockMember{kAnn},
                                            accept("1"),
                                            SetDataCollection{}};
    for (const auto& command : all) {
        Given{}.when(command).then_rejected(Rejection::kNotCreated);
    }
}

BOOST_AUTO_TEST_SUITE_END()
