#include "commands/visitor.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

#include "commands/text.hpp"
#include "tests/support/given.hpp"

namespace {

using namespace commands;
using events::Personal;
using events::Uuid;
using namespace parlour::visitor::v1;
using Rejection = Visitor::Rejection;

using GivenVisitor = test_support::Given<Visitor>;

const Uuid kWidget{.bytes = {9}};

Visit visit(std::string policy_version = "1", bool consent_must_be_said = false) {
    return {.widget = kWidget,
            .consent_must_be_said = consent_must_be_said,
            .policy_version = std::move(policy_version),
            .policy_sha256 = std::nullopt,
            .locale = "de"};
}

Visitor::Event session_opened() {
    Visitor::Event event;
    event.mutable_visitor_session_opened()->set_widget_id(std::string(kWidget.view()));
    return event;
}

Visitor::Event consented(ConsentKind kind, const std::string& policy_version = "1") {
    Visitor::Event event;
    auto& consent = *event.mutable_consent_recorded();
    consent.set_kind(kind);
    consent.set_widget_id(std::string(kWidget.view()));
    consent.set_policy_version(policy_version);
    consent.set_locale("de");
    return event;
}

Visitor::Event identified(const std::string& name, const std::string& email) {
    Visitor::Event event;
    event.mutable_visitor_identified()->set_name(name);
    event.mutable_visitor_identified()->set_email(email);
    return event;
}

Visitor::Event checked_in(const std::string& name, const std::string& phone) {
    Visitor::Event event;
    event.mutable_visitor_checked_in()->set_name(name);
    event.mutable_visitor_checked_in()->set_phone(phone);
    return event;
}

Visitor::Event persona(const std::string& display_name, std::uint32_t age_years) {
    Visitor::Event event;
    event.mutable_persona_set()->set_display_name(display_name);
    event.mutable_persona_set()->set_age_years(age_years);
    return event;
}

Visitor::Event persona_removed() {
    Visitor::Event event;
    event.mutable_persona_removed();
    return event;
}

Vouched vouched(std::string name, std::int64_t issued_unix_ms = 5) {
    return {.secret = kWidget,
            .subject = Personal("42"),
            .name = Personal(std::move(name)),
            .email = Personal(),
            .issued_unix_ms = issued_unix_ms};
}

Visit visit_of(Vouched who) {
    auto through = visit();
    through.vouched_wanted = true;
    through.vouched = std::move(who);
    return through;
}

Visitor::Event verified(const std::string& name, std::int64_t issued_unix_ms = 5) {
    Visitor::Event event;
    auto& said = *event.mutable_visitor_verified();
    said.set_widget_id(std::string(kWidget.view()));
    said.set_secret_id(std::string(kWidget.view()));
    said.set_subject("42");
    said.set_name(name);
    said.set_issued_unix_ms(issued_unix_ms);
    return event;
}

IdentifyVisitor identify(std::string name, std::string email = "") {
    return {.name = Personal(std::move(name)), .email = Personal(std::move(email)), .visit = {}};
}

IdentifyVisitor identify_through_widget(std::string name, std::string email = "") {
    auto command = identify(std::move(name), std::move(email));
    command.visit = visit();
    return command;
}

CheckInVisitor check_in(std::string name, std::string phone) {
    return {
        .name = Personal(std::move(name)), .phone = Personal(std::move(phone)), .visit = visit()};
}

SetPersona set_persona(std::string name, std::uint32_t age_years = 0) {
    return {.display_name = Personal(std::move(name)), .age_years = age_years, .visit = visit()};
}

// The history of a visitor who came through the widget.
std::vector<Visitor::Event> begun() {
    return {session_opened(), consented(CONSENT_KIND_IMPLICIT)};
}

std::vector<Visitor::Event> begun_and(Visitor::Event event) {
    auto history = begun();
    history.push_back(std::move(event));
    return history;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(visitor)

// E06
BOOST_AUTO_TEST_CASE(a_visitor_gives_a_name_and_where_wanted_an_address) {
    GivenVisitor{}
        .when(identify("Jürgen", "j@x.example"))
        .then({identified("Jürgen", "j@x.example")});
    GivenVisitor{}.when(identify("Jürgen")).then({identified("Jürgen", "")});
}

BOOST_AUTO_TEST_CASE(saying_the_same_again_does_nothing) {
    GivenVisitor{{identified("Jürgen", "")}}.when(identify("Jürgen")).then_nothing();
    GivenVisitor{begun_and(identified("Jo", "j@x.example"))}
        .when(identify_through_widget("Jo", "j@x.example"))
        .then_nothing();
    GivenVisitor{begun_and(checked_in("Jo", "0511 123"))}
        .when(check_in("Jo", "0511 123"))
        .then_nothing();
    GivenVisitor{begun_and(persona("Blue", 40))}.when(set_persona("Blue", 40)).then_nothing();
}

BOOST_AUTO_TEST_CASE(a_visitor_may_say_something_else_later) {
    GivenVisitor{{identified("Jürgen", "")}}
        .when(identify("Jürgen", "j@x.example"))
        .then({identified("Jürgen", "j@x.example")});
    GivenVisitor{begun_and(checked_in("Jo", "0511 123"))}
        .when(check_in("Jo", "0511 124"))
        .then({checked_in("Jo", "0511 124")});
    GivenVisitor{begun_and(persona("Blue", 40))}
        .when(set_persona("Blue"))
        .then({persona("Blue", 0)});
}

BOOST_AUTO_TEST_CASE(a_name_that_is_none_is_rejected) {
    const std::string too_long(kNameBytesMax + 1, 'x');
    for (const auto& name : {std::string(), std::string(" \t"), std::string("a\0", 2), too_long}) {
        GivenVisitor{}.when(identify(name)).then_rejected(Rejection::kNameInvalid);
        GivenVisitor{}.when(identify_through_widget(name)).then_rejected(Rejection::kNameInvalid);
        GivenVisitor{}.when(check_in(name, "12345")).then_rejected(Rejection::kNameInvalid);
        GivenVisitor{}.when(set_persona(name)).then_rejected(Rejection::kNameInvalid);
    }
}

BOOST_AUTO_TEST_CASE(an_address_that_is_none_is_rejected) {
    const std::string too_long = std::string(kEmailBytesMax, 'x') + "@x.example";
    for (const std::string& email : {std::string("x"),
                                     std::string("@x"),
                                     std::string("x@"),
                                     std::string("a@b@c"),
                                     std::string("a b@c"),
                                     std::string("a@b\n"),
                                     too_long}) {
        GivenVisitor{}.when(identify("Jo", email)).then_rejected(Rejection::kEmailInvalid);
    }
}

// DEC17
BOOST_AUTO_TEST_CASE(through_a_widget_an_address_alone_will_do) {
    GivenVisitor{begun()}
        .when(identify_through_widget("", "j@x.example"))
        .then({identified("", "j@x.example")});
    GivenVisitor{}.when(identify("", "j@x.example")).then_rejected(Rejection::kNameInvalid);
}

// A13, O01, O03, DEC20
BOOST_AUTO_TEST_CASE(the_first_thing_done_opens_the_session_and_is_the_consent) {
    const auto opened = session_opened();
    const auto consent = consented(CONSENT_KIND_IMPLICIT);
    GivenVisitor{}.when(BeginVisit{visit()}).then({opened, consent});
    GivenVisitor{}
        .when(identify_through_widget("Jo"))
        .then({opened, consent, identified("Jo", "")});
    GivenVisitor{}.when(set_persona("Blue")).then({opened, consent, persona("Blue", 0)});
    GivenVisitor{}
        .when(check_in("Jo", "+49 (0)511/12-34"))
        .then({opened, consent, checked_in("Jo", "+49 (0)511/12-34")});
}

BOOST_AUTO_TEST_CASE(a_visit_is_begun_once) {
    GivenVisitor{begun()}.when(BeginVisit{visit()}).then_nothing();
}

// DEC19, DEC20
BOOST_AUTO_TEST_CASE(a_new_version_of_the_policy_is_consented_to_anew) {
    GivenVisitor{begun()}
        .when(BeginVisit{visit("2")})
        .then({consented(CONSENT_KIND_IMPLICIT, "2")});
}

// DEC19
BOOST_AUTO_TEST_CASE(a_consent_names_the_digest_of_the_text_and_another_text_needs_another) {
    auto with_digest = visit();
    with_digest.policy_sha256 = events::Digest{7};
    auto consent = consented(CONSENT_KIND_IMPLICIT);
    consent.mutable_consent_recorded()->set_policy_sha256(std::string(1, '\7') +
                                                          std::string(31, '\0'));
    GivenVisitor{begun()}.when(BeginVisit{with_digest}).then({consent});
    GivenVisitor{begun_and(consent)}.when(BeginVisit{with_digest}).then_nothing();
}

// O01, DEC19
BOOST_AUTO_TEST_CASE(nobody_consents_to_a_policy_that_is_not_stated) {
    GivenVisitor{}.when(BeginVisit{visit("")}).then({session_opened()});
    for (const bool must_be_said : {false, true}) {
        GivenVisitor{}
            .when(GiveConsent{visit("", must_be_said)})
            .then_rejected(Rejection::kPolicyUnstated);
    }
    GivenVisitor{}.when(BeginVisit{visit("", true)}).then_rejected(Rejection::kConsentMissing);
    GivenVisitor{{session_opened()}}
        .when(BeginVisit{visit("1")})
        .then({consented(CONSENT_KIND_IMPLICIT)});
}

// DEC19
BOOST_AUTO_TEST_CASE(a_consent_names_the_version_of_the_widget_whose_terms_it_is_to) {
    auto through = visit("1", true);
    through.widget_version = {7};
    auto said = consented(CONSENT_KIND_EXPLICIT);
    said.mutable_consent_recorded()->set_widget_version(7);
    GivenVisitor{}.when(GiveConsent{through}).then({session_opened(), said});
    through.widget_version = {8};  // another look, and the same policy
    GivenVisitor{{session_opened(), said}}.when(GiveConsent{through}).then_nothing();
}

// X13, DEC20
BOOST_AUTO_TEST_CASE(where_consent_must_be_said_nothing_goes_before_it) {
    const auto strict = visit("1", true);
    auto identify_first = identify_through_widget("Jo");
    identify_first.visit = strict;
    for (const auto& history : {std::vector<Visitor::Event>{}, begun()}) {
        const GivenVisitor given(history);
        given.when(BeginVisit{strict}).then_rejected(Rejection::kConsentMissing);
        given.when(identify_first).then_rejected(Rejection::kConsentMissing);
    }
    const auto said = consented(CONSENT_KIND_EXPLICIT);
    GivenVisitor{}.when(GiveConsent{strict}).then({session_opened(), said});
    GivenVisitor{{session_opened(), said}}.when(BeginVisit{strict}).then_nothing();
    GivenVisitor{{session_opened(), said}}.when(identify_first).then({identified("Jo", "")});
}

// X13
BOOST_AUTO_TEST_CASE(a_consent_said_to_one_version_is_none_to_the_next) {
    const std::vector history{session_opened(), consented(CONSENT_KIND_EXPLICIT)};
    GivenVisitor{history}.when(GiveConsent{visit("1", true)}).then_nothing();
    GivenVisitor{history}
        .when(BeginVisit{visit("2", true)})
        .then_rejected(Rejection::kConsentMissing);
}

// B01
BOOST_AUTO_TEST_CASE(where_name_or_address_are_wanted_no_message_goes_before_them) {
    auto name_wanted = visit();
    name_wanted.name_wanted = true;
    auto email_wanted = visit();
    email_wanted.email_wanted = true;
    for (const auto& wanting : {name_wanted, email_wanted}) {
        GivenVisitor{}.when(BeginVisit{wanting}).then_rejected(Rejection::kIdentityMissing);
        GivenVisitor{begun_and(identified("", ""))}
            .when(BeginVisit{wanting})
            .then_rejected(Rejection::kIdentityMissing);
        GivenVisitor{begun_and(identified("Jo", "j@x.example"))}
            .when(BeginVisit{wanting})
            .then_nothing();
    }
}

BOOST_AUTO_TEST_CASE(a_consent_once_said_counts_where_none_need_be_said) {
    GivenVisitor{{session_opened(), consented(CONSENT_KIND_EXPLICIT)}}
        .when(BeginVisit{visit()})
        .then_nothing();
}

// A14
BOOST_AUTO_TEST_CASE(a_telephone_number_that_is_none_is_rejected) {
    for (const std::string& phone : {std::string(),
                                     std::string("12"),
                                     std::string("call me"),
                                     std::string("123\n456"),
                                     std::string(kPhoneBytesMax + 1, '1')}) {
        GivenVisitor{}.when(check_in("Jo", phone)).then_rejected(Rejection::kPhoneInvalid);
    }
}

// L02
BOOST_AUTO_TEST_CASE(a_code_name_is_a_persona_and_can_be_taken_back) {
    GivenVisitor{begun()}.when(set_persona("B", 150)).then({persona("B", 150)});
    GivenVisitor{begun()}.when(set_persona("B", 151)).then_rejected(Rejection::kAgeInvalid);
    GivenVisitor{begun_and(persona("B", 40))}.when(RemovePersona{}).then({persona_removed()});
    GivenVisitor{begun()}.when(RemovePersona{}).then_nothing();
    auto removed = begun_and(persona("B", 40));
    removed.push_back(persona_removed());
    GivenVisitor{removed}.when(RemovePersona{}).then_nothing();
    GivenVisitor{removed}.when(set_persona("B", 40)).then({persona("B", 40)});
}

// X09
BOOST_AUTO_TEST_CASE(what_the_company_vouches_for_goes_with_the_first_thing_done) {
    GivenVisitor{}
        .when(BeginVisit{visit_of(vouched("Ada"))})
        .then({session_opened(), consented(CONSENT_KIND_IMPLICIT), verified("Ada")});
    GivenVisitor{begun_and(verified("Ada"))}
        .when(BeginVisit{visit_of(vouched("Ada"))})
        .then_nothing();
}

// X09
BOOST_AUTO_TEST_CASE(of_two_identities_the_one_issued_later_counts) {
    GivenVisitor{begun_and(verified("Ada", 5))}
        .when(BeginVisit{visit_of(vouched("Ada Smith", 6))})
        .then({verified("Ada Smith", 6)});
    GivenVisitor{begun_and(verified("Ada Smith", 6))}
        .when(BeginVisit{visit_of(vouched("Ada", 5))})
        .then_nothing();
    GivenVisitor{begun_and(verified("Ada", 5))}
        .when(BeginVisit{visit_of(vouched("Ada", 6))})
        .then_nothing();
}

// X09, CPL18
BOOST_AUTO_TEST_CASE(where_an_identity_is_demanded_nobody_else_writes) {
    auto demanded = visit();
    demanded.vouched_wanted = true;
    GivenVisitor{begun()}.when(BeginVisit{demanded}).then_rejected(Rejection::kVerificationMissing);
    GivenVisitor{}.when(GiveConsent{demanded}).then_rejected(Rejection::kVerificationMissing);
    GivenVisitor{}
        .when(SetPersona{.display_name = Personal("Blue"), .visit = demanded})
        .then_rejected(Rejection::kVerificationMissing);
}

// X09, E06
BOOST_AUTO_TEST_CASE(a_name_that_is_vouched_for_need_not_be_said) {
    auto asked = visit_of(vouched("Ada"));
    asked.name_wanted = true;
    GivenVisitor{begun_and(verified("Ada"))}.when(BeginVisit{asked}).then_nothing();
    asked.vouched = vouched("");
    GivenVisitor{begun_and(verified(""))}
        .when(BeginVisit{asked})
        .then_rejected(Rejection::kIdentityMissing);
}

// L02
BOOST_AUTO_TEST_CASE(a_code_name_is_enough_where_a_name_is_wanted) {
    auto asked = visit();
    asked.name_wanted = true;
    GivenVisitor{begun_and(persona("Blue", 0))}.when(BeginVisit{asked}).then_nothing();
    auto history = begun_and(persona("Blue", 0));
    history.push_back(persona_removed());
    GivenVisitor{history}.when(BeginVisit{asked}).then_rejected(Rejection::kIdentityMissing);
}

// E11
BOOST_AUTO_TEST_CASE(what_the_company_does_not_keep_is_not_taken) {
    auto sparing = visit();
    sparing.kept = {.name = true, .email = false, .phone = false};
    auto identity = identify("Jo", "j@x.example");
    identity.visit = sparing;
    GivenVisitor{}.when(identity).then_rejected(Rejection::kNotKept);
    identity.email = Personal();
    GivenVisitor{begun()}.when(identity).then({identified("Jo", "")});
    auto number = check_in("Jo", "0511 123");
    number.visit = sparing;
    GivenVisitor{}.when(number).then_rejected(Rejection::kNotKept);
    sparing.name_wanted = true;
    sparing.email_wanted = true;
    GivenVisitor{begun_and(identified("Jo", ""))}.when(BeginVisit{sparing}).then_nothing();
}

// E11
BOOST_AUTO_TEST_CASE(an_integrator_brings_nothing_that_the_company_does_not_keep) {
    auto identity = identify("Jo", "j@x.example");
    identity.kept = {.name = true, .email = false};
    GivenVisitor{}.when(identity).then_rejected(Rejection::kNotKept);
    identity.kept = {.name = false, .email = true};
    GivenVisitor{}.when(identity).then_rejected(Rejection::kNotKept);
    identity.name = Personal();
    GivenVisitor{}.when(identity).then({identified("", "j@x.example")});
    identity.email = Personal();
    GivenVisitor{}.when(identity).then({identified("", "")});
    identity.kept = {};
    GivenVisitor{}.when(identity).then_rejected(Rejection::kNameInvalid);
}

BOOST_AUTO_TEST_SUITE_END()
