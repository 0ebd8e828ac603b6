#include "commands/account.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "tests/support/given.hpp"

namespace {

using namespace commands;
using events::Personal;
using events::TenantId;
using events::Uuid;
using Event = Account::Event;
using Rejection = Account::Rejection;

using Given = test_support::Given<Account>;

constexpr std::int64_t kNow = 1'000'000;
constexpr std::int64_t kDeadline = kNow + 5'000;
const Uuid kCredential{.bytes = {7}};
const Uuid kOtherCredential{.bytes = {8}};
const Uuid kMail{.bytes = {9}};
const TenantId kCompany{.bytes = {3}};
const events::Digest kToken = events::sha256({"token"});

Context at(std::int64_t now_ms) {
    return {.command = {}, .now_ms = now_ms};
}

MailedToken token(const events::Digest& digest = kToken, std::int64_t until_ms = kDeadline) {
    return {.sha256 = digest, .valid_until_ms = until_ms, .mail = kMail};
}

template <class Requested>
void fill(Requested& requested, const events::Digest& digest, std::int64_t until_ms) {
    requested.set_token_sha256(digest.data(), digest.size());
    requested.set_valid_until_unix_ms(until_ms);
    requested.set_mail_id(std::string(kMail.view()));
}

Event registered(std::int64_t confirm_before_ms = kDeadline) {
    Event event;
    auto& account = *event.mutable_account_registered();
    account.set_name("Ann Example");
    account.set_email("ann@x.example");
    account.set_kind(parlour::account::v1::ACCOUNT_KIND_STAFF);
    account.set_locale("de");
    account.set_credential_id(std::string(kCredential.view()));
    account.set_confirm_before_unix_ms(confirm_before_ms);
    return event;
}
Event requested(const events::Digest& digest = kToken, std::int64_t until_ms = kDeadline) {
    Event event;
    fill(*event.mutable_email_confirmation_requested(), digest, until_ms);
    return event;
}
Event reset_requested(const events::Digest& digest = kToken, std::int64_t until_ms = kDeadline) {
    Event event;
    fill(*event.mutable_password_reset_requested(), digest, until_ms);
    return event;
}
Event confirmed() {
    Event event;
    event.mutable_email_confirmed();
    return event;
}
Event expired() {
    Event event;
    event.mutable_confirmation_expired();
    return event;
}
Event password_changed(const Uuid& credential = kOtherCredential) {
    Event event;
    event.mutable_password_changed()->set_credential_id(std::string(credential.view()));
    return event;
}
Event password_reset(const Uuid& credential = kOtherCredential) {
    Event event;
    event.mutable_password_reset()->set_credential_id(std::string(credential.view()));
    return event;
}
Event completed() {
    Event event;
    event.mutable_registration_completed();
    return event;
}
Event locked() {
    Event event;
    event.mutable_account_locked();
    return event;
}
Event unlocked() {
    Event event;
    event.mutable_account_unlocked();
    return event;
}
Event linked() {
    Event event;
    event.mutable_company_linked()->set_company_tenant(std::string(kCompany.view()));
    return event;
}
Event unlinked() {
    Event event;
    event.mutable_company_unlinked()->set_company_tenant(std::string(kCompany.view()));
    return event;
}

RegisterAccount register_as(std::string name = "Ann Example", std::string email = "ann@x.example") {
    return {.name = Personal(std::move(name)),
            .email = Personal(std::move(email)),
            .kind = parlour::account::v1::ACCOUNT_KIND_STAFF,
            .locale = "de",
            .company = std::nullopt,
            .credential = kCredential,
            .confirmation = token()};
}

const std::vector<Event> kPending{registered(), requested()};
const std::vector<Event> kConfirmed{registered(), requested(), confirmed()};

std::vector<Event> after(std::vector<Event> history, const Event& event) {
    history.push_back(event);
    return history;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(account)

// A01
BOOST_AUTO_TEST_CASE(an_account_is_registered_and_waits_for_its_confirmation) {
    Given{}.when(register_as()).then({registered(), requested()});
}

// A10
BOOST_AUTO_TEST_CASE(an_account_whose_address_is_known_to_be_right_is_confirmed_at_once) {
    auto command = register_as();
    command.confirmation.reset();
    Given{}.when(std::move(command)).then({registered(0), confirmed()});
}

// A12
BOOST_AUTO_TEST_CASE(a_customers_account_names_its_company) {
    auto command = register_as();
    command.kind = parlour::account::v1::ACCOUNT_KIND_CUSTOMER;
    Given{}.when(RegisterAccount(command)).then_rejected(Rejection::kKindInvalid);
    command.company = kCompany;
    auto expected = registered();
    expected.mutable_account_registered()->set_kind(parlour::account::v1::ACCOUNT_KIND_CUSTOMER);
    expected.mutable_account_registered()->set_company_tenant(std::string(kCompany.view()));
    Given{}.when(RegisterAccount(command)).then({expected, requested()});
    command.kind = parlour::account::v1::ACCOUNT_KIND_STAFF;
    Given{}.when(RegisterAccount(command)).then_rejected(Rejection::kKindInvalid);
}

BOOST_AUTO_TEST_CASE(registering_twice_is_rejected) {
    Given{kPending}.when(register_as()).then_rejected(Rejection::kAlreadyRegistered);
    Given{after(kPending, expired())}
        .when(register_as())
        .then_rejected(Rejection::kAlreadyRegistered);
}

BOOST_AUTO_TEST_CASE(what_is_no_name_address_or_language_is_rejected) {
    Given{}.when(register_as(" ")).then_rejected(Rejection::kNameInvalid);
    Given{}.when(register_as("Ann", "ann")).then_rejected(Rejection::kEmailInvalid);
    auto command = register_as();
    command.locale = "fr";
    Given{}.when(std::move(command)).then_rejected(Rejection::kLocaleInvalid);
}

// A02
BOOST_AUTO_TEST_CASE(the_token_confirms_the_address_once) {
    Given{kPending}.when(ConfirmEmail{kToken}, at(kNow)).then({confirmed()});
    Given{kConfirmed}.when(ConfirmEmail{kToken}, at(kNow)).then_rejected(Rejection::kTokenInvalid);
}

// A02
BOOST_AUTO_TEST_CASE(another_or_an_old_token_confirms_nothing) {
    const auto other = events::sha256({"other"});
    Given{kPending}.when(ConfirmEmail{other}, at(kNow)).then_rejected(Rejection::kTokenInvalid);
    Given{kPending}
        .when(ConfirmEmail{kToken}, at(kDeadline))
        .then_rejected(Rejection::kTokenInvalid);
    Given{after(kPending, requested(other))}
        .when(ConfirmEmail{kToken}, at(kNow))
        .then_rejected(Rejection::kTokenInvalid);
    Given{}.when(ConfirmEmail{kToken}, at(kNow)).then_rejected(Rejection::kTokenInvalid);
    Given{after(kPending, expired())}
        .when(ConfirmEmail{kToken}, at(kNow))
        .then_rejected(Rejection::kTokenInvalid);
}

// A02
BOOST_AUTO_TEST_CASE(a_new_confirmation_is_valid_no_longer_than_the_account_waits) {
    const auto other = events::sha256({"other"});
    Given{kPending}
        .when(RequestConfirmation{token(other, kDeadline + 1)}, at(kNow))
        .then({requested(other, kDeadline)});
    Given{kPending}
        .when(RequestConfirmation{token(other, kNow + 1)}, at(kNow))
        .then({requested(other, kNow + 1)});
    Given{kPending}
        .when(RequestConfirmation{token(other)}, at(kDeadline))
        .then_rejected(Rejection::kNotRegistered);
    Given{kConfirmed}.when(RequestConfirmation{token(other)}, at(kNow)).then_nothing();
    Given{}
        .when(RequestConfirmation{token(other)}, at(kNow))
        .then_rejected(Rejection::kNotRegistered);
}

// A02
BOOST_AUTO_TEST_CASE(an_unconfirmed_account_expires_when_its_time_is_over_and_not_before) {
    Given{kPending}.when(ExpireConfirmation{}, at(kDeadline)).then({expired()});
    Given{kPending}.when(ExpireConfirmation{}, at(kDeadline - 1)).then_rejected(Rejection::kNotDue);
    Given{kConfirmed}.when(ExpireConfirmation{}, at(kDeadline)).then_nothing();
    Given{after(kPending, expired())}.when(ExpireConfirmation{}, at(kDeadline)).then_nothing();
    Given{}.when(ExpireConfirmation{}, at(kDeadline)).then_nothing();
}

// A10
BOOST_AUTO_TEST_CASE(who_owns_the_address_takes_over_what_somebody_registered_with_it) {
    Given{kPending}
        .when(AdoptAccount{kOtherCredential}, at(kNow))
        .then({confirmed(), password_changed()});
    Given{kConfirmed}
        .when(AdoptAccount{kOtherCredential}, at(kNow))
        .then_rejected(Rejection::kAlreadyRegistered);
    Given{}.when(AdoptAccount{kOtherCredential}).then_rejected(Rejection::kNotRegistered);
}

// A03
BOOST_AUTO_TEST_CASE(a_registration_is_completed_once) {
    Given{kConfirmed}.when(CompleteRegistration{}).then({completed()});
    Given{after(kConfirmed, completed())}.when(CompleteRegistration{}).then_nothing();
    Given{kPending}.when(CompleteRegistration{}).then_rejected(Rejection::kNotConfirmed);
}

// A07
BOOST_AUTO_TEST_CASE(a_password_is_changed_by_its_new_credential) {
    Given{kConfirmed}.when(ChangePassword{kOtherCredential}).then({password_changed()});
    Given{kPending}.when(ChangePassword{kOtherCredential}).then_rejected(Rejection::kNotConfirmed);
    Given{}.when(ChangePassword{kOtherCredential}).then_rejected(Rejection::kNotRegistered);
}

// A07
BOOST_AUTO_TEST_CASE(a_change_of_the_password_names_the_session_that_goes_on) {
    const Uuid session{.bytes = {77}};
    auto changed = password_changed();
    changed.mutable_password_changed()->set_kept_session_id(std::string(session.view()));
    Given{kConfirmed}
        .when(ChangePassword{.credential = kOtherCredential, .kept_session = session})
        .then({changed});
}

// A08
BOOST_AUTO_TEST_CASE(a_forgotten_password_is_set_by_the_token_once) {
    Given{kConfirmed}.when(RequestPasswordReset{token()}).then({reset_requested()});
    const auto asked = after(kConfirmed, reset_requested());
    Given{asked}.when(ResetPassword{kToken, kOtherCredential}, at(kNow)).then({password_reset()});
    Given{after(asked, password_reset())}
        .when(ResetPassword{kToken, kOtherCredential}, at(kNow))
        .then_rejected(Rejection::kTokenInvalid);
    Given{kPending}.when(RequestPasswordReset{token()}).then_rejected(Rejection::kNotConfirmed);
}

// A08
BOOST_AUTO_TEST_CASE(another_or_an_old_token_resets_nothing) {
    const auto asked = after(kConfirmed, reset_requested());
    const auto other = events::sha256({"other"});
    Given{asked}
        .when(ResetPassword{other, kOtherCredential}, at(kNow))
        .then_rejected(Rejection::kTokenInvalid);
    Given{asked}
        .when(ResetPassword{kToken, kOtherCredential}, at(kDeadline))
        .then_rejected(Rejection::kTokenInvalid);
    Given{after(asked, password_changed())}
        .when(ResetPassword{kToken, kOtherCredential}, at(kNow))
        .then_rejected(Rejection::kTokenInvalid);
    Given{}
        .when(ResetPassword{kToken, kOtherCredential}, at(kNow))
        .then_rejected(Rejection::kTokenInvalid);
}

// A08
BOOST_AUTO_TEST_CASE(an_account_is_locked_and_unlocked) {
    Given{kConfirmed}.when(LockAccount{}).then({locked()});
    Given{after(kConfirmed, locked())}.when(LockAccount{}).then_nothing();
    Given{after(kConfirmed, locked())}.when(UnlockAccount{}).then({unlocked()});
    Given{kConfirmed}.when(UnlockAccount{}).then_nothing();
    Given{}.when(LockAccount{}).then_rejected(Rejection::kNotRegistered);
}

// A06
BOOST_AUTO_TEST_CASE(companies_are_linked_and_unlinked_once) {
    Given{kConfirmed}.when(LinkCompany{kCompany}).then({linked()});
    Given{after(kConfirmed, linked())}.when(LinkCompany{kCompany}).then_nothing();
    Given{after(kConfirmed, linked())}.when(UnlinkCompany{kCompany}).then({unlinked()});
    Given{kConfirmed}.when(UnlinkCompany{kCompany}).then_nothing();
    Given{kPending}.when(LinkCompany{kCompany}).then_rejected(Rejection::kNotConfirmed);
}

BOOST_AUTO_TEST_SUITE_END()
