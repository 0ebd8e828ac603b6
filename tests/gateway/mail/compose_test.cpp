#include "gateway/mail/compose.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

#include "gateway/mail/header.hpp"
#include "tests/gateway/mail/samples.hpp"

using namespace mail_samples;
using mail::FailureKind;
using mail::Message;

namespace {

// The lines before the first empty one, unfolded.
std::vector<std::string> fields_of(std::string_view bytes) {
    std::vector<std::string> fields;
    for (const std::string_view line : lines_of(bytes)) {
        if (line.empty()) break;
        if (line.starts_with(' ') && !fields.empty()) {
            fields.back().append(line);
        } else {
            fields.emplace_back(line);
        }
    }
    return fields;
}

std::string field(std::string_view bytes, const std::string& name) {
    std::string value;
    for (const std::string& line : fields_of(bytes)) {
        if (!line.starts_with(name + ":")) continue;
        BOOST_TEST(value.empty(), name + " stands there twice");
        value = line.substr(name.size() + 2);
    }
    return value;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mail_compose)

BOOST_AUTO_TEST_CASE(a_plain_mail_is_exactly_these_bytes) {
    BOOST_TEST(composed_bytes(message()) ==
               "Date: Sun, 22 Nov 2026 05:04:05 +0000\r\n"
               "From: \"Parlour\" <no-reply@parlour.example>\r\n"
               "To: <ada@visitor.example>\r\n"
               "Message-ID: <0123456789abcdef0123456789abcdef@mail.example>\r\n"
               "Subject: Hello\r\n"
               "Auto-Submitted: auto-generated\r\n"
               "Content-Language: en\r\n"
               "MIME-Version: 1.0\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Transfer-Encoding: quoted-printable\r\n"
               "\r\n"
               "One line.\r\n");
}

BOOST_AUTO_TEST_CASE(html_is_an_alternative_behind_the_text) {
    Message with = message();
    with.html = text("<p>One line.</p>");
    const std::string bytes = composed_bytes(with);
    BOOST_TEST(field(bytes, "Content-Type") ==
               "multipart/alternative; boundary=\"=_0123456789abcdef\"");
    const auto plain = bytes.find("--=_0123456789abcdef\r\nContent-Type: text/plain");
    const auto html = bytes.find("--=_0123456789abcdef\r\nContent-Type: text/html");
    BOOST_TEST_REQUIRE(plain != std::string::npos);
    BOOST_TEST_REQUIRE(html != std::string::npos);
    BOOST_TEST(plain < html);
    BOOST_TEST(bytes.ends_with("\r\n--=_0123456789abcdef--\r\n"));
}

BOOST_AUTO_TEST_CASE(no_text_can_hold_the_boundary) {
    Message with = message();
    with.text = text("--=_0123456789abcdef--\n\n--=_0123456789abcdef\nContent-Type: x/y\n");
    with.html = text("--=_0123456789abcdef--");
    const auto bytes = composed_bytes(with);
    std::size_t boundaries = 0;
    for (const std::string_view line : lines_of(bytes)) {
        if (line.starts_with("--=_")) ++boundaries;
    }
    BOOST_TEST(boundaries == 3U);
}

BOOST_AUTO_TEST_CASE(the_optional_fields_are_there_when_asked_for) {
    Message with = message();
    with.language = mail::Language::kGerman;
    with.auto_submitted = false;
    with.list_id = "missed.parlour.example";
    with.unsubscribe_url = "https://portal.example/u?t=1";
    const std::string bytes = composed_bytes(with);
    BOOST_TEST(field(bytes, "Content-Language") == "de");
    BOOST_TEST(field(bytes, "Auto-Submitted").empty());
    BOOST_TEST(field(bytes, "List-Id") == "<missed.parlour.example>");
    BOOST_TEST(field(bytes, "List-Unsubscribe") == "<https://portal.example/u?t=1>");
}

BOOST_AUTO_TEST_CASE(the_same_message_gives_the_same_bytes) {
    Message with = message();
    with.html = text("<p>x</p>");
    BOOST_TEST(composed_bytes(with) == composed_bytes(with));
}

BOOST_AUTO_TEST_CASE(every_line_keeps_its_length_and_every_byte_is_ascii) {
    Message with = message();
    std::string wide;
    while (wide.size() + 4 <= mail::kDisplayNameBytesMax) wide += "😀";
    with.from.name = text(wide);
    with.to.name = text(wide);
    with.to.address = text(std::string(64, 'a') + '@' + std::string(63, 'b') + '.' +
                           std::string(63, 'c') + ".example");
    with.subject = text(wide + wide);
    with.text = text(std::string(5'000, ' ') + wide + std::string(5'000, 'x') + "\n.\n..\n");
    with.html = with.text;
    const std::string bytes = composed_bytes(with);
    BOOST_TEST(std::ranges::all_of(
        bytes, [](char c) { return c == '\r' || c == '\n' || (c >= ' ' && c < 0x7f); }));
    for (const std::string_view line : lines_of(bytes)) {
        BOOST_TEST(line.find_first_of("\r\n") == std::string_view::npos);
        BOOST_TEST(line.size() <= 998U);
        if (line.contains("=?UTF-8?")) BOOST_TEST(line.size() <= mail::kHeaderColumns);
    }
    BOOST_TEST(bytes.contains("\r\n.\r\n..\r\n"));
}

BOOST_AUTO_TEST_CASE(a_header_bound_value_that_is_more_than_a_value_is_refused) {
    for (const char* bad : {"a\rb", "a\nb", "a\r\nBcc: eve@evil.example", "\n"}) {
        Message with = message();
        with.subject = text(bad);
        BOOST_TEST(refusal(with) == "subject-has-control");
        with = message();
        with.from.name = text(bad);
        BOOST_TEST(refusal(with) == "sender-name-has-control");
        with = message();
        with.to.name = text(bad);
        BOOST_TEST(refusal(with) == "recipient-name-has-control");
        with = message();
        with.to.address = text(std::string("ada@visitor.example") + bad);
        BOOST_TEST(refusal(with) == "recipient-invalid");
        with = message();
        with.from.address = text(std::string("ada@visitor.example") + bad);
        BOOST_TEST(refusal(with) == "sender-invalid");
    }
}

BOOST_AUTO_TEST_CASE(what_hides_or_adds_an_address_is_refused_by_its_name) {
    const auto subject = [](std::string_view value) {
        Message with = message();
        with.subject = text(value);
        return refusal(with);
    };
    BOOST_TEST(subject(std::string_view("a\0b", 3)) == "subject-has-control");
    BOOST_TEST(subject("a\u2028b") == "subject-has-control");
    BOOST_TEST(subject("a\u0085b") == "subject-has-control");
    BOOST_TEST(subject("\u202Eevil") == "subject-has-bidi");
    BOOST_TEST(subject("\xff") == "subject-not-utf8");
    BOOST_TEST(subject("for <eve@evil.example>") == "subject-has-address");
    BOOST_TEST(subject("") == "subject-missing");
    BOOST_TEST(subject(std::string(mail::kSubjectBytesMax + 1, 'x')) == "subject-too-long");
    BOOST_TEST(subject(std::string(mail::kSubjectBytesMax, 'x')).empty());
    Message with = message();
    with.to.name = text("Bank <bank@bank.example>, Ada");
    BOOST_TEST(refusal(with) == "recipient-name-has-address");
    with = message();
    with.to.address = text("ada@visitor.example,eve@evil.example");
    BOOST_TEST(refusal(with) == "recipient-invalid");
}

BOOST_AUTO_TEST_CASE(the_senders_faults_are_the_operators_and_the_others_are_final) {
    Message with = message();
    with.from.address = text("no-reply@pärlour.example");
    auto result = mail::compose(with);
    BOOST_TEST_REQUIRE(!result.has_value());
    BOOST_TEST((result.error().kind == FailureKind::kConfiguration));
    BOOST_TEST(result.error().code == "sender-needs-idn");
    with = message();
    with.to.address = text("jörg@visitor.example");
    result = mail::compose(with);
    BOOST_TEST_REQUIRE(!result.has_value());
    BOOST_TEST((result.error().kind == FailureKind::kPermanent));
    BOOST_TEST(result.error().code == "recipient-needs-smtputf8");
}

BOOST_AUTO_TEST_CASE(a_body_is_checked_and_bounded) {
    Message with = message();
    with.text = {};
    BOOST_TEST(refusal(with) == "text-missing");
    with.text = text(std::string_view("a\0b", 3));
    BOOST_TEST(refusal(with) == "text-has-nul");
    with.text = text("\xc3");
    BOOST_TEST(refusal(with) == "text-not-utf8");
    with.text = text(std::string(mail::kTextBytesMax + 1, 'x'));
    BOOST_TEST(refusal(with) == "text-too-long");
    with = message();
    with.html = text(std::string(mail::kHtmlBytesMax + 1, 'x'));
    BOOST_TEST(refusal(with) == "html-too-long");
}

BOOST_AUTO_TEST_CASE(id_date_and_list_fields_have_one_form) {
    Message with = message();
    with.message_id = "<0123456789abcdef@mail.example>\r\nBcc: <eve@evil.example>";
    BOOST_TEST(refusal(with) == "message-id-invalid");
    with = message();
    with.date_unix_ms = -1;
    BOOST_TEST(refusal(with) == "date-invalid");
    with = message();
    with.list_id = "a b";
    BOOST_TEST(refusal(with) == "list-id-invalid");
    with = message();
    with.unsubscribe_url = "http://localhost/u";
    BOOST_TEST(refusal(with) == "unsubscribe-url-invalid");
    with.unsubscribe_url = "https://portal.example/" + std::string(mail::kUrlBytesMax, 'x');
    BOOST_TEST(refusal(with) == "unsubscribe-url-invalid");
}

BOOST_AUTO_TEST_SUITE_END()
