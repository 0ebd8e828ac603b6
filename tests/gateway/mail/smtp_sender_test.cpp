#include "gateway/mail/smtp_sender.hpp"

#include <boost/json/array.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <future>
#include <string>

#include "gateway/mail/templates.hpp"
#include "tests/gateway/mail/samples.hpp"
#include "tests/support/smtp_catcher.hpp"

using namespace mail_samples;
using namespace std::chrono_literals;
using mail::Failure;
using mail::FailureKind;
using mail::SmtpOptions;
using mail::SmtpSender;
using mail::Tls;
using test_support::SmtpCatcher;

namespace {

SmtpOptions options_for(const SmtpCatcher& catcher, Tls tls = Tls::kOff) {
    return {.url = catcher.url(),
            .user = {},
            .password = {},
            .tls = tls,
            .ca_file = tls == Tls::kOff ? std::string() : catcher.ca_file(),
            .from = "bounces@parlour.example",
            .connect_timeout = 10s,
            .total_timeout = 30s};
}

SmtpSender opened(SmtpOptions options) {
    return must(SmtpSender::open(std::move(options)));
}

mail::Composed composed(const mail::Message& from = message()) {
    return must(mail::compose(from));
}

Failure failure_of(SmtpSender& sender) {
    const auto result = sender.send(composed());
    return result ? Failure{FailureKind::kTemporary, "sent"} : result.error();
}

void check(const Failure& failure, FailureKind kind, std::string_view code, int reply) {
    BOOST_TEST(failure.code == code);
    BOOST_TEST((failure.kind == kind));
    BOOST_TEST(failure.reply == reply);
}

std::string string_of(const boost::json::object& object, std::string_view key) {
    return std::string(object.at(key).as_string());
}

std::string open_refusal(const SmtpOptions& options) {
    const auto result = SmtpSender::open(options);
    if (result) return {};
    BOOST_TEST((result.error().kind == FailureKind::kConfiguration));
    return result.error().code;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_sender)

BOOST_AUTO_TEST_CASE(a_mail_arrives_as_a_parser_of_others_reads_it) {
    const SmtpCatcher catcher;
    SmtpSender sender = opened(options_for(catcher));
    mail::Message sent = message();
    sent.from.name = text("Größe & \"Söhne\" \\ GmbH");
    sent.to.name = text("Ada Lovelace, Gräfin");
    sent.subject = text(
        "Ein sehr langer Betreff mit Umlauten äöüß und Zeichen 漢字 😀 bis über die "
        "Zeile hinaus, damit er gefaltet wird");
    sent.text = text(".\n..two dots\nFrom here\n= ä  \n\n" + std::string(300, 'x') + " 😀\n.\n");
    sent.html = text("<p>Grüße &amp; mehr</p>\n.\n");
    sent.language = mail::Language::kGerman;
    sender.send(composed(sent)).value();
    BOOST_TEST_REQUIRE(catcher.caught() == 1U);
    const auto caught = catcher.mail(1);
    const auto& headers = caught.at("headers").as_object();
    BOOST_TEST(string_of(caught, "from") == "bounces@parlour.example");
    BOOST_TEST((caught.at("to") == boost::json::array{"ada@visitor.example"}));
    BOOST_TEST(string_of(caught, "hello") == "parlour.example");
    BOOST_TEST(string_of(headers, "subject") == sent.subject.reveal());
    BOOST_TEST(string_of(headers, "from") ==
               "\"Größe & \\\"Söhne\\\" \\\\ GmbH\" <no-reply@parlour.example>");
    BOOST_TEST(string_of(headers, "to") == "\"Ada Lovelace, Gräfin\" <ada@visitor.example>");
    BOOST_TEST(string_of(headers, "message-id") == kMessageId);
    BOOST_TEST(string_of(headers, "date") == "Sun, 22 Nov 2026 05:04:05 +0000");
    BOOST_TEST(string_of(headers, "auto-submitted") == "auto-generated");
    BOOST_TEST(string_of(headers, "content-language") == "de");
    BOOST_TEST(string_of(caught, "text") == sent.text.reveal());
    BOOST_TEST(string_of(caught, "html") == sent.html.reveal());
    BOOST_TEST(caught.at("defects").as_array().empty());
    BOOST_TEST(catcher.bytes(1) == composed(sent).bytes().reveal());
}

// E04, X25
BOOST_AUTO_TEST_CASE(a_rendered_mail_arrives_whole) {
    const SmtpCatcher catcher;
    SmtpSender sender = opened(options_for(catcher));
    const auto rendered = must(mail::render(
        {.language = mail::Language::kGerman, .zone = "Europe/Berlin", .service = "Parlour"},
        mail::MissedMessages{.name = text("Jörg"),
                             .company = text("Größe & Söhne"),
                             .messages = {{.visitor = text("<b>Eve</b>\r\nBcc: eve@evil.example"),
                                           .sent_unix_ms = kDate,
                                           .text = text("Wann öffnen Sie?\r\n.\r\nQUIT\r\n")}},
                             .more = 1,
                             .link = text("https://portal.example/c")}));
    mail::Message sent = message();
    sent.subject = rendered.subject;
    sent.text = rendered.text;
    sent.html = rendered.html;
    sender.send(composed(sent)).value();
    const auto caught = catcher.mail(1);
    const auto& headers = caught.at("headers").as_object();
    BOOST_TEST(string_of(headers, "subject") == "Neue Nachrichten für Sie bei Größe & Söhne");
    BOOST_TEST(!headers.contains("bcc"));
    BOOST_TEST(string_of(caught, "text") == rendered.text.reveal());
    BOOST_TEST(string_of(caught, "html") == rendered.html.reveal());
    BOOST_TEST(caught.at("defects").as_array().empty());
}

BOOST_AUTO_TEST_CASE(several_mails_in_a_row_take_one_connection) {
    const SmtpCatcher catcher;
    SmtpSender sender = opened(options_for(catcher));
    for (int i = 0; i < 3; ++i) sender.send(composed()).value();
    BOOST_TEST_REQUIRE(catcher.caught() == 3U);
    BOOST_TEST(catcher.mail(3).at("connection").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(a_kept_connection_that_the_server_ended_is_replaced_at_once) {
    SmtpCatcher catcher;
    SmtpSender sender = opened(options_for(catcher));
    for (const char* end : {"mail drop", "mail 421"}) {
        const std::size_t before = catcher.caught();
        sender.send(composed()).value();
        catcher.tell(end);
        sender.send(composed()).value();
        BOOST_TEST(catcher.caught() == before + 2);
        const auto kept = catcher.mail(before + 1).at("connection").as_int64();
        BOOST_TEST(catcher.mail(before + 2).at("connection").as_int64() == kept + 1);
    }
}

BOOST_AUTO_TEST_CASE(starttls_and_a_log_in_are_used) {
    const SmtpCatcher catcher({"--tls", "starttls", "--auth", "parlour", "pass word"});
    SmtpOptions options = options_for(catcher, Tls::kRequired);
    options.user = "parlour";
    options.password = text("pass word");
    SmtpSender sender = opened(std::move(options));
    for (int i = 0; i < 2; ++i) sender.send(composed()).value();
    BOOST_TEST(catcher.mail(2).at("tls").as_bool());
    BOOST_TEST(string_of(catcher.mail(2), "user") == "parlour");
    BOOST_TEST(catcher.mail(2).at("connection").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(tls_from_the_start_is_used) {
    const SmtpCatcher catcher({"--tls", "smtps", "--auth", "parlour", "secret"});
    SmtpOptions options = options_for(catcher, Tls::kRequired);
    options.url = catcher.url("smtps");
    options.user = "parlour";
    options.password = text("secret");
    SmtpSender sender = opened(std::move(options));
    sender.send(composed()).value();
    BOOST_TEST(catcher.mail(1).at("tls").as_bool());
}

BOOST_AUTO_TEST_CASE(opportunistic_tls_takes_what_is_offered) {
    const SmtpCatcher with({"--tls", "starttls"});
    SmtpSender secure = opened(options_for(with, Tls::kOpportunistic));
    secure.send(composed()).value();
    BOOST_TEST(with.mail(1).at("tls").as_bool());
    const SmtpCatcher without;
    SmtpOptions options = options_for(without, Tls::kOpportunistic);
    options.ca_file.clear();
    SmtpSender plain = opened(std::move(options));
    plain.send(composed()).value();
    BOOST_TEST(!without.mail(1).at("tls").as_bool());
}

BOOST_AUTO_TEST_CASE(required_tls_that_is_not_offered_sends_nothing) {
    const SmtpCatcher catcher;
    SmtpOptions options = options_for(catcher, Tls::kRequired);
    options.ca_file.clear();
    SmtpSender sender = opened(std::move(options));
    check(failure_of(sender), FailureKind::kConfiguration, "smtp-tls-not-offered", 0);
    BOOST_TEST(catcher.caught() == 0U);
}

BOOST_AUTO_TEST_CASE(a_certificate_of_nobody_we_know_or_a_missing_ca_file_sends_nothing) {
    const SmtpCatcher catcher({"--tls", "starttls"});
    SmtpOptions options = options_for(catcher, Tls::kRequired);
    options.ca_file.clear();
    SmtpSender strange = opened(options);
    check(failure_of(strange), FailureKind::kConfiguration, "smtp-certificate-invalid", 0);
    options.ca_file = "/nonexistent/ca.pem";
    SmtpSender missing = opened(options);
    check(failure_of(missing), FailureKind::kConfiguration, "smtp-ca-file-unreadable", 0);
    BOOST_TEST(catcher.caught() == 0U);
}

BOOST_AUTO_TEST_CASE(a_wrong_password_is_the_operators_business) {
    const SmtpCatcher catcher({"--tls", "starttls", "--auth", "parlour", "right"});
    SmtpOptions options = options_for(catcher, Tls::kRequired);
    options.user = "parlour";
    options.password = text("wrong");
    SmtpSender sender = opened(options);
    check(failure_of(sender), FailureKind::kConfiguration, "smtp-login-refused", 535);
    options.user.clear();
    options.password = {};
    SmtpSender anonymous = opened(options);
    check(failure_of(anonymous), FailureKind::kConfiguration, "smtp-login-refused", 530);
}

// Goal: each refusal means what RFC 5321 means, and leaves the sender usable. Method: every stage
// refuses once with 4xx and once with 5xx, then the same mail goes through.
BOOST_AUTO_TEST_CASE(a_refusal_says_who_must_act_and_never_what_the_server_said) {
    using enum FailureKind;
    struct Case {
        const char* told;
        FailureKind kind;
        const char* code;
        int reply;
    };
    SmtpCatcher catcher({"--tls", "starttls", "--auth", "parlour", "secret"});
    SmtpOptions options = options_for(catcher, Tls::kRequired);
    options.user = "parlour";
    options.password = text("secret");
    SmtpSender sender = opened(std::move(options));
    std::size_t sent = 0;
    for (const Case& each : {Case{"connect 421", kTemporary, "smtp-try-later", 421},
                             Case{"connect 554", kConfiguration, "smtp-service-refused", 554},
                             Case{"auth 454", kTemporary, "smtp-try-later", 454},
                             Case{"auth 535", kConfiguration, "smtp-login-refused", 535},
                             Case{"mail 451", kTemporary, "smtp-try-later", 451},
                             Case{"mail 550", kConfiguration, "smtp-sender-refused", 550},
                             Case{"mail 552", kPermanent, "smtp-message-too-large", 552},
                             Case{"rcpt 450", kTemporary, "smtp-try-later", 450},
                             Case{"rcpt 550", kPermanent, "smtp-recipient-refused", 550},
                             Case{"data 421", kTemporary, "smtp-try-later", 421},
                             Case{"data 554", kPermanent, "smtp-message-refused", 554},
                             Case{"end 452", kTemporary, "smtp-try-later", 452},
                             Case{"end 554", kPermanent, "smtp-message-refused", 554},
                             Case{"end 552", kPermanent, "smtp-message-too-large", 552}}) {
        BOOST_TEST_CONTEXT(each.told) {
            // A refusal ends the connection, so each case begins with a greeting and a log-in.
            catcher.tell(each.told);
            const Failure failure = failure_of(sender);
            check(failure, each.kind, each.code, each.reply);
            BOOST_TEST(!failure.code.contains('@'));
            BOOST_TEST(catcher.caught() == sent);
        }
    }
    sender.send(composed()).value();
    BOOST_TEST(catcher.caught() == sent + 1);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_cut_is_a_temporary_failure) {
    SmtpCatcher catcher;
    SmtpSender sender = opened(options_for(catcher));
    for (const char* stage : {"ehlo", "mail", "rcpt", "data", "end"}) {
        catcher.tell(std::string(stage) + " drop");
        const Failure failure = failure_of(sender);
        BOOST_TEST_CONTEXT(stage) {
            check(failure, FailureKind::kTemporary, "smtp-connection-lost", 0);
        }
    }
    catcher.tell("connect drop");
    check(failure_of(sender), FailureKind::kTemporary, "smtp-unreachable", 0);
    BOOST_TEST(catcher.caught() == 0U);
}

BOOST_AUTO_TEST_CASE(a_mail_whose_acceptance_was_not_heard_has_the_same_id_the_second_time) {
    SmtpCatcher catcher;
    SmtpSender sender = opened(options_for(catcher));
    catcher.tell("end drop-after");
    check(failure_of(sender), FailureKind::kTemporary, "smtp-connection-lost", 0);
    sender.send(composed()).value();
    BOOST_TEST_REQUIRE(catcher.caught() == 2U);
    BOOST_TEST(catcher.bytes(1) == catcher.bytes(2));
    BOOST_TEST(catcher.bytes(1).contains(kMessageId));
}

BOOST_AUTO_TEST_CASE(a_server_that_says_nothing_holds_nobody_longer_than_the_limit) {
    SmtpCatcher catcher;
    SmtpOptions options = options_for(catcher);
    options.connect_timeout = 300ms;
    options.total_timeout = 600ms;
    SmtpSender sender = opened(std::move(options));
    for (const char* stage : {"connect", "ehlo", "mail", "rcpt", "data", "end"}) {
        catcher.tell(std::string(stage) + " hang");
        const auto start = std::chrono::steady_clock::now();
        const Failure failure = failure_of(sender);
        BOOST_TEST_CONTEXT(stage) {
            check(failure, FailureKind::kTemporary, "smtp-timeout", 0);
            BOOST_TEST((std::chrono::steady_clock::now() - start < 5s));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_say_goodbye_holds_nobody_either) {
    SmtpCatcher catcher;
    SmtpOptions options = options_for(catcher);
    options.total_timeout = 1s;
    catcher.tell("quit hang");
    const auto start = std::chrono::steady_clock::now();
    {
        SmtpSender sender = opened(std::move(options));
        sender.send(composed()).value();
    }
    BOOST_TEST((std::chrono::steady_clock::now() - start < 10s));
    BOOST_TEST(catcher.caught() == 1U);
}

// N06
BOOST_AUTO_TEST_CASE(a_mail_under_way_is_broken_off_at_once) {
    for (const char* stage : {"connect", "ehlo", "mail", "end"}) {
        SmtpCatcher catcher;
        SmtpSender sender = opened(options_for(catcher));
        catcher.tell(std::string(stage) + " hang");
        auto failure = std::async(std::launch::async, [&] { return failure_of(sender); });
        BOOST_TEST_CONTEXT(stage) {
            BOOST_TEST((failure.wait_for(300ms) == std::future_status::timeout));
            const auto start = std::chrono::steady_clock::now();
            sender.abort();
            check(failure.get(), FailureKind::kTemporary, "smtp-stopped", 0);
            BOOST_TEST((std::chrono::steady_clock::now() - start < 5s));
            check(failure_of(sender), FailureKind::kTemporary, "smtp-stopped", 0);
        }
    }
}

// N06
BOOST_AUTO_TEST_CASE(after_a_break_nobody_waits_for_a_goodbye) {
    SmtpCatcher catcher;
    catcher.tell("quit hang");
    const auto start = std::chrono::steady_clock::now();
    {
        SmtpSender sender = opened(options_for(catcher));
        sender.send(composed()).value();
        sender.abort();
    }
    BOOST_TEST((std::chrono::steady_clock::now() - start < 10s));
}

BOOST_AUTO_TEST_CASE(a_slow_server_is_waited_for_within_the_limit) {
    SmtpCatcher catcher;
    SmtpSender sender = opened(options_for(catcher));
    catcher.tell("connect slow");
    catcher.tell("end slow");
    sender.send(composed()).value();
    BOOST_TEST(catcher.caught() == 1U);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_a_temporary_failure) {
    SmtpOptions options;
    {
        const SmtpCatcher gone;
        options = options_for(gone);
    }
    SmtpSender sender = opened(options);
    check(failure_of(sender), FailureKind::kTemporary, "smtp-unreachable", 0);
    options.url = "smtp://no-such-host.invalid";
    options.tls = Tls::kRequired;
    SmtpSender nowhere = opened(options);
    check(failure_of(nowhere), FailureKind::kTemporary, "smtp-host-unresolved", 0);
}

BOOST_AUTO_TEST_CASE(an_option_that_would_send_in_clear_is_refused) {
    SmtpOptions options{
        .url = "smtp://mail.example", .tls = Tls::kOff, .from = "b@parlour.example"};
    BOOST_TEST(open_refusal(options) == "smtp-tls-off");
    options.url = "smtps://127.0.0.1";
    BOOST_TEST(open_refusal(options) == "smtp-tls-off");
    for (const char* loopback : {"smtp://127.0.0.1:25", "smtp://[::1]:25", "smtp://localhost"}) {
        options.url = loopback;
        BOOST_TEST(open_refusal(options).empty());
    }
    options.url = "smtp://mail.example";
    options.tls = Tls::kOpportunistic;
    BOOST_TEST(open_refusal(options).empty());
    options.user = "parlour";
    options.password = text("secret");
    BOOST_TEST(open_refusal(options) == "smtp-password-in-clear");
    options.tls = Tls::kRequired;
    BOOST_TEST(open_refusal(options).empty());
}

BOOST_AUTO_TEST_CASE(an_option_without_its_form_is_refused) {
    const SmtpOptions good{.url = "smtp://mail.example:587", .from = "b@parlour.example"};
    BOOST_TEST(open_refusal(good).empty());
    for (const char* url : {"",
                            "mail.example",
                            "http://mail.example",
                            "smtp://",
                            "smtp://user:password@mail.example",
                            "smtp://mail.example/x",
                            "smtp://mail.example:smtp",
                            "smtp://mail.example\r\n"}) {
        SmtpOptions options = good;
        options.url = url;
        BOOST_TEST(open_refusal(options) == "smtp-url-invalid", url);
    }
    SmtpOptions options = good;
    options.from = "parlour";
    BOOST_TEST(open_refusal(options) == "smtp-from-invalid");
    options = good;
    options.user = "parlour";
    BOOST_TEST(open_refusal(options) == "smtp-user-invalid");
    options.password = text("se\ncret");
    BOOST_TEST(open_refusal(options) == "smtp-user-invalid");
    options = good;
    options.total_timeout = 0ms;
    BOOST_TEST(open_refusal(options) == "smtp-timeout-invalid");
}

BOOST_AUTO_TEST_SUITE_END()
