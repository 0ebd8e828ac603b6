#include "commands/invitation.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "tests/support/given.hpp"

namespace {

using namespace commands;
using namespace parlour::company::v1;
using events::Personal;
using events::Uuid;
using Event = Invitation::Event;
using Rejection = Invitation::Rejection;

using Given = test_support::Given<Invitation>;

constexpr std::int64_t kUntil = 1'000;
const Uuid kExpert{.bytes = {1}};
const Uuid kMail{.bytes = {2}};
const Uuid kAccount{.bytes = {3}};
const Uuid kOtherAccount{.bytes = {4}};
const Uuid kCompany{.bytes = {5}};
const events::Digest kToken = events::sha256({"token"});

Context at(std::int64_t now_ms) {
    return {.command = {}, .now_ms = now_ms};
}

SendInvitation send(std::vector<Role> roles, std::optional<Uuid> expert = std::nullopt) {
    return {.name = Personal("Ann"),
            .email = Personal("ann@x.example"),
            .roles = std::move(roles),
            .locale = "en",
            .token_sha256 = kToken,
            .valid_until_ms = kUntil,
            .mail = kMail,
            .expert = expert};
}

Event sent(const std::vector<Role>& roles, bool with_expert = false) {
    Event event;
    auto& invitation = *event.mutable_invitation_sent();
    invitation.set_name("Ann");
    invitation.set_email("ann@x.example");
    for (const auto role : roles) invitation.add_roles(role);
    invitation.set_locale("en");
    invitation.set_token_sha256(kToken.data(), kToken.size());
    invitation.set_valid_until_unix_ms(kUntil);
    invitation.set_mail_id(std::string(kMail.view()));
    if (with_expert) invitation.set_expert_id(std::string(kExpert.view()));
    return event;
}
Event accepted(const std::vector<Role>& roles = {ROLE_ADMIN}, bool with_expert = false) {
    Event event;
    auto& by = *event.mutable_invitation_accepted();
    by.set_account_id(std::string(kAccount.view()));
    for (const auto role : roles) by.add_roles(role);
    by.set_company_id(std::string(kCompany.view()));
    if (with_expert) by.set_expert_id(std::string(kExpert.view()));
    return event;
}
Event withdrawn() {
    Event event;
    event.mutable_invitation_withdrawn();
    return event;
}
Event expired() {
    Event event;
    event.mutable_invitation_expired();
    return event;
}
AcceptInvitation accept(const Uuid& account = kAccount, const events::Digest& token = kToken) {
    return {.token_sha256 = token, .account = account, .company = kCompany};
}

const Event kSent = sent({ROLE_ADMIN});

}  // namespace

BOOST_AUTO_TEST_SUITE(invitation)

// A10
BOOST_AUTO_TEST_CASE(an_invitation_names_person_roles_and_the_expert_to_be) {
    Given{}.when(send({ROLE_ADMIN})).then({sent({ROLE_ADMIN})});
    Given{}
        .when(send({ROLE_EXPERT, ROLE_ANALYST}, kExpert))
        .then({sent({ROLE_EXPERT, ROLE_ANALYST}, true)});
    Given{{kSent}}.when(send({ROLE_ADMIN})).then_rejected(Rejection::kAlreadySent);
}

BOOST_AUTO_TEST_CASE(roles_that_no_company_gives_are_rejected) {
    const std::vector<std::vector<Role>> bad{
        {}, {ROLE_UNSPECIFIED}, {ROLE_OPERATOR}, {ROLE_ADMIN, ROLE_ADMIN}, {ROLE_EXPERT}};
    for (const auto& roles : bad) {
        Given{}.when(send(roles)).then_rejected(Rejection::kRolesInvalid);
    }
    Given{}.when(send({ROLE_ADMIN}, kExpert)).then_rejected(Rejection::kRolesInvalid);
}

BOOST_AUTO_TEST_CASE(what_is_no_name_address_or_language_is_rejected) {
    auto name = send({ROLE_ADMIN});
    name.name = Personal(" ");
    Given{}.when(std::move(name)).then_rejected(Rejection::kNameInvalid);
    auto email = send({ROLE_ADMIN});
    email.email = Personal("ann");
    Given{}.when(std::move(email)).then_rejected(Rejection::kEmailInvalid);
    auto locale = send({ROLE_ADMIN});
    locale.locale = "";
    Given{}.when(std::move(locale)).then_rejected(Rejection::kLocaleInvalid);
}

// A10
BOOST_AUTO_TEST_CASE(an_invitation_is_accepted_by_one_account_with_its_token) {
    Given{{kSent}}.when(accept(), at(kUntil - 1)).then({accepted()});
    Given{{sent({ROLE_EXPERT, ROLE_ANALYST}, true)}}
        .when(accept(), at(0))
        .then({accepted({ROLE_EXPERT, ROLE_ANALYST}, true)});
    Given{{kSent, accepted()}}.when(accept(), at(kUntil)).then_nothing();
    Given{{kSent, accepted()}}
        .when(accept(kOtherAccount), at(0))
        .then_rejected(Rejection::kTokenInvalid);
    Given{{kSent}}
        .when(accept(kAccount, events::sha256({"other"})), at(0))
        .then_rejected(Rejection::kTokenInvalid);
    Given{{kSent}}.when(accept(), at(kUntil)).then_rejected(Rejection::kTokenInvalid);
    Given{}.when(accept(), at(0)).then_rejected(Rejection::kTokenInvalid);
}

BOOST_AUTO_TEST_CASE(an_invitation_that_was_withdrawn_or_is_over_cannot_be_accepted) {
    Given{{kSent}}.when(WithdrawInvitation{}).then({withdrawn()});
    Given{{kSent}}.when(ExpireInvitation{}, at(kUntil)).then({expired()});
    for (const auto& closed : {withdrawn(), expired()}) {
        Given{{kSent, closed}}.when(accept(), at(0)).then_rejected(Rejection::kTokenInvalid);
        Given{{kSent, closed}}.when(WithdrawInvitation{}).then_nothing();
        Given{{kSent, closed}}.when(ExpireInvitation{}, at(kUntil)).then_nothing();
    }
    Given{{kSent, accepted()}}
        .when(WithdrawInvitation{})
        .then_rejected(Rejection::kAlreadyAccepted);
    Given{}.when(WithdrawInvitation{}).then_rejected(Rejection::kNotSent);
    Given{{kSent}}.when(ExpireInvitation{}, at(kUntil - 1)).then_rejected(Rejection::kNotDue);
}

BOOST_AUTO_TEST_SUITE_END()
