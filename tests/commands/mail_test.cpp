#include "commands/mail.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/given.hpp"

namespace {

using commands::DropMail;
using commands::kMailPauses;
using commands::Mail;
using commands::QueueMail;
using commands::RecordMailFailure;
using commands::RecordMailSent;
using Given = test_support::Given<Mail>;
using Rejection = Mail::Rejection;

constexpr std::int64_t kNow = 1'000'000;
const commands::Context kContext{.command = {}, .now_ms = kNow};

QueueMail queue() {
    return {.what = parlour::mail::v1::TEMPLATE_MISSED_MESSAGES,
            .locale = "de",
            .recipient_kind = parlour::mail::v1::RECIPIENT_KIND_EXPERT,
            .recipient_tenant = {.bytes = {1}},
            .recipient = {.bytes = {2}},
            .conversation = events::Uuid{.bytes = {3}},
            .from = events::Version{2},
            .up_to = events::Version{4}};
}

Mail::Event queued() {
    return Mail::decide({}, queue(), kContext).value().front();
}

Mail::Event sent(std::uint32_t attempt) {
    Mail::Event event;
    event.mutable_mail_sent()->set_attempt(attempt);
    return event;
}

Mail::Event failed(std::uint32_t attempt, std::int64_t next) {
    Mail::Event event;
    event.mutable_mail_failed()->set_attempt(attempt);
    event.mutable_mail_failed()->set_code("smtp-timeout");
    event.mutable_mail_failed()->set_next_attempt_unix_ms(next);
    return event;
}

Mail::Event given_up(const std::string& code) {
    Mail::Event event;
    event.mutable_mail_given_up()->set_code(code);
    return event;
}

RecordMailFailure failure(std::uint32_t attempt, bool permanent = false) {
    return {.attempt = attempt, .code = "smtp-timeout", .permanent = permanent};
}

std::int64_t after(std::chrono::milliseconds pause) {
    return kNow + pause.count();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mail)

// E04
BOOST_AUTO_TEST_CASE(a_queued_mail_names_its_recipient_and_what_it_covers) {
    const auto envelope = queued();
    const auto& event = envelope.mail_queued();
    BOOST_TEST(event.recipient_kind() == parlour::mail::v1::RECIPIENT_KIND_EXPERT);
    BOOST_TEST(event.recipient_id() == std::string(events::Uuid{.bytes = {2}}.view()));
    BOOST_TEST(event.from_version() == 2U);
    BOOST_TEST(event.up_to_version() == 4U);
}

BOOST_AUTO_TEST_CASE(queueing_again_changes_nothing) {
    Given({queued()}).when(queue(), kContext).then_nothing();
}

BOOST_AUTO_TEST_CASE(a_mail_in_a_language_without_templates_is_rejected) {
    auto unknown = queue();
    unknown.locale = "fr";
    Given{}.when(unknown, kContext).then_rejected(Rejection::kLocaleUnknown);
}

BOOST_AUTO_TEST_CASE(a_mail_without_a_recipient_is_rejected) {
    auto nobody = queue();
    nobody.recipient_kind = {};
    Given{}.when(nobody, kContext).then_rejected(Rejection::kIncomplete);
}

BOOST_AUTO_TEST_CASE(the_outcome_of_an_attempt_is_recorded_once) {
    Given({queued()}).when(RecordMailSent{.attempt = 1}, kContext).then({sent(1)});
    Given({queued(), sent(1)}).when(RecordMailSent{.attempt = 1}, kContext).then_nothing();
    Given({queued(), failed(1, 5)}).when(failure(1), kContext).then_nothing();
    Given({queued(), sent(1)}).when(failure(2), kContext).then_nothing();
}

BOOST_AUTO_TEST_CASE(each_failure_is_followed_by_a_longer_pause) {
    Given({queued()}).when(failure(1), kContext).then({failed(1, after(kMailPauses[0]))});
    Given({queued(), failed(1, 5)})
        .when(failure(2), kContext)
        .then({failed(2, after(kMailPauses[1]))});
}

BOOST_AUTO_TEST_CASE(after_the_last_pause_a_mail_is_given_up) {
    const auto last = static_cast<std::uint32_t>(kMailPauses.size());
    Given({queued(), failed(last, 5)})
        .when(failure(last + 1), kContext)
        .then({given_up("smtp-timeout")});
}

BOOST_AUTO_TEST_CASE(a_mail_that_will_never_be_taken_is_given_up_at_once) {
    Given({queued()}).when(failure(1, true), kContext).then({given_up("smtp-timeout")});
}

// CPL21
BOOST_AUTO_TEST_CASE(a_mail_with_nothing_left_to_say_is_dropped) {
    Mail::Event dropped;
    dropped.mutable_mail_dropped()->set_code("read");
    Given({queued()}).when(DropMail{.code = "read"}, kContext).then({dropped});
    Given({queued(), dropped}).when(DropMail{.code = "read"}, kContext).then_nothing();
    Given({queued(), dropped}).when(RecordMailSent{.attempt = 1}, kContext).then_nothing();
}

BOOST_AUTO_TEST_CASE(nothing_is_recorded_of_a_mail_that_was_never_queued) {
    Given{}.when(RecordMailSent{.attempt = 1}, kContext).then_rejected(Rejection::kNotQueued);
    Given{}.when(failure(1), kContext).then_rejected(Rejection::kNotQueued);
    Given{}.when(DropMail{.code = "read"}, kContext).then_rejected(Rejection::kNotQueued);
}

BOOST_AUTO_TEST_SUITE_END()
