#include <boost/test/unit_test.hpp>

#include <string>

#include "gateway/mail/address.hpp"
#include "gateway/mail/header.hpp"
#include "gateway/mail/link.hpp"
#include "gateway/mail/local_time.hpp"
#include "gateway/mail/quoted_printable.hpp"
#include "gateway/mail/text.hpp"

using mail::address_fault;
using mail::is_link;
using mail::Language;
using mail::quoted_printable;

BOOST_AUTO_TEST_SUITE(mail_address)

BOOST_AUTO_TEST_CASE(an_ordinary_address_is_taken) {
    for (const std::string& address : {std::string("ada@visitor.example"),
                                       std::string("a.b+c_d-e=f'g@x-y.sub.example"),
                                       std::string("o'neil@xn--bcher-kva.example"),
                                       std::string(64, 'a') + "@visitor.example",
                                       "a@" + std::string(63, 'b') + ".example"}) {
        BOOST_TEST(!address_fault(address).has_value(), address);
    }
}

BOOST_AUTO_TEST_CASE(what_is_more_or_less_than_one_address_is_refused) {
    for (const std::string& address :
         {std::string("ada"),
          std::string("@visitor.example"),
          std::string("ada@"),
          std::string("ada@localhost"),
          std::string("ada@1.2.3.4"),
          std::string("ada@[1.2.3.4]"),
          std::string("ada@visitor.example,bob@visitor.example"),
          std::string("ada@visitor.example bob@visitor.example"),
          std::string("ada@visitor.example\r\nRCPT TO:<bob@b.example>"),
          std::string("ada@visitor.example\n"),
          std::string("ada@visitor.example\0", 20),
          std::string("<ada@visitor.example>"),
          std::string("Ada <ada@visitor.example>"),
          std::string("\"a b\"@visitor.example"),
          std::string("ada(x)@visitor.example"),
          std::string("ada@bob@visitor.example"),
          std::string(".ada@visitor.example"),
          std::string("ada.@visitor.example"),
          std::string("a..da@visitor.example"),
          std::string("ada@visitor..example"),
          std::string("ada@-visitor.example"),
          std::string("ada@visitor-.example"),
          std::string("ada@visi_tor.example"),
          std::string(" ada@visitor.example"),
          std::string("@relay.example:ada@visitor.example")}) {
        BOOST_TEST((address_fault(address) == "invalid"), address);
    }
}

BOOST_AUTO_TEST_CASE(an_address_beyond_ascii_or_beyond_its_length_is_told_apart) {
    BOOST_TEST((address_fault("") == "missing"));
    BOOST_TEST((address_fault("jörg@visitor.example") == "needs-smtputf8"));
    BOOST_TEST((address_fault("ada@bücher.example") == "needs-idn"));
    BOOST_TEST((address_fault(std::string(65, 'a') + "@visitor.example") == "too-long"));
    BOOST_TEST((address_fault("a@" + std::string(64, 'b') + ".example") == "too-long"));
    std::string domain = "example";
    while (domain.size() < 250) domain.insert(0, "abc.");
    BOOST_TEST((address_fault("abc@" + domain) == "too-long"));
}

BOOST_AUTO_TEST_CASE(a_message_id_is_lower_case_hex_at_a_domain) {
    BOOST_TEST(mail::is_message_id("<0123456789abcdef@mail.example>"));
    for (const std::string& id : {std::string(""),
                                  std::string("<>"),
                                  std::string("0123456789abcdef@mail.example"),
                                  std::string("<0123456789abcde@mail.example>"),
                                  std::string("<0123456789ABCDEF@mail.example>"),
                                  std::string("<0123456789abcdef@mail>"),
                                  std::string("<0123456789abcdef@mail.example>\r\nBcc: x"),
                                  std::string("<0123456789abcdef@mail.example\r\n>"),
                                  "<" + std::string(65, 'a') + "@mail.example>"}) {
        BOOST_TEST(!mail::is_message_id(id), id);
    }
}

BOOST_AUTO_TEST_CASE(a_text_with_an_address_in_it_is_seen) {
    for (const char* text :
         {"eve@evil.example", "Eve <eve@evil.example>", "Bank, b@bank.example!"}) {
        BOOST_TEST(mail::holds_address(text), text);
    }
    for (const char* text : {"", "C@fé", "Meet @ five", "@home.example", "a@b", "a@.b", "a@b."}) {
        BOOST_TEST(!mail::holds_address(text), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(mail_link)

BOOST_AUTO_TEST_CASE(a_link_is_https_or_leads_to_this_machine) {
    for (const char* url : {"https://portal.example",
                            "https://portal.example:8443/a/b?c=d&e=f#g",
                            "http://localhost:8080/x",
                            "http://127.0.0.1/x",
                            "http://[::1]:8080/x"}) {
        BOOST_TEST(is_link(url), url);
    }
}

BOOST_AUTO_TEST_CASE(what_could_break_out_of_a_mail_is_no_link) {
    for (const std::string& url : {std::string(""),
                                   std::string("javascript:alert(1)"),
                                   std::string("http://portal.example/"),
                                   std::string("http://127.evil.example/"),
                                   std::string("https://"),
                                   std::string("https:///x"),
                                   std::string("https://portal.example@evil.example/"),
                                   std::string("https://portal.example:x/"),
                                   std::string("https://portal.example/\""),
                                   std::string("https://portal.example/ x"),
                                   std::string("https://portal.example/\r\nBcc: x"),
                                   std::string("https://portal.example/<script>"),
                                   std::string("https://pörtal.example/"),
                                   "https://portal.example/" + std::string(2'000, 'x')}) {
        BOOST_TEST(!is_link(url), url);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(mail_text)

BOOST_AUTO_TEST_CASE(malformed_utf8_is_seen) {
    BOOST_TEST(mail::is_utf8("aä漢😀"));
    for (const char* text :
         {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"}) {
        BOOST_TEST(!mail::is_utf8(text));
    }
}

BOOST_AUTO_TEST_CASE(a_line_to_show_has_no_controls_and_no_direction_of_its_own) {
    BOOST_TEST(mail::shown_line(" Eve\r\n\tBcc:  x\x7f ") == "Eve Bcc: x");
    BOOST_TEST(mail::shown_line("\u202Eevil\u202C\u2066x\u2069\u200F\u061C\uFEFF\u200B") ==
               "evilx");
    BOOST_TEST(mail::shown_line("a\u2028b\u0085c") == "a b c");
    BOOST_TEST(mail::shown_line("👩\u200D🔬 می\u200Cخواهم ❤\uFE0F") ==
               "👩\u200D🔬 می\u200Cخواهم ❤\uFE0F");
    BOOST_TEST(mail::shown_line("a\xff\xc3z") == "az");
}

BOOST_AUTO_TEST_CASE(a_text_to_show_keeps_its_lines) {
    BOOST_TEST(mail::shown_text("a\r\nb\rc\nd\u2028e\n\n") == "a\nb\nc\nd\ne");
    BOOST_TEST(mail::shown_text("a\tb  c\x1b[31m") == "a\tb  c [31m");
    BOOST_TEST(mail::shown_text("\r\n\r\n").empty());
}

BOOST_AUTO_TEST_CASE(a_cut_falls_between_characters) {
    BOOST_TEST(mail::cut("aä", 2) == "a");
    BOOST_TEST(mail::cut("aä", 3) == "aä");
    BOOST_TEST(mail::cut("😀", 3).empty());
}

BOOST_AUTO_TEST_CASE(quoted_printable_holds_its_columns_and_its_characters) {
    BOOST_TEST(quoted_printable("").empty());
    BOOST_TEST(quoted_printable("a=b") == "a=3Db\r\n");
    BOOST_TEST(quoted_printable("ends in a space \nx\t\n") == "ends in a space=20\r\nx=09\r\n");
    BOOST_TEST(quoted_printable("a\r\nb\rc\n\n") == "a\r\nb\r\nc\r\n\r\n");
    BOOST_TEST(quoted_printable("From here") == "=46rom here\r\n");
    BOOST_TEST(quoted_printable(std::string(76, 'x')) == std::string(76, 'x') + "\r\n");
    BOOST_TEST(quoted_printable(std::string(77, 'x')) == std::string(75, 'x') + "=\r\nxx\r\n");
    // 73 columns are taken and six are needed.
    BOOST_TEST(quoted_printable(std::string(73, 'x') + "ä") ==
               std::string(73, 'x') + "=\r\n=C3=A4\r\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(mail_header)

BOOST_AUTO_TEST_CASE(an_ascii_text_stands_as_it_is_and_is_folded_at_spaces) {
    BOOST_TEST(mail::text_field("Subject", "Hello, world") == "Subject: Hello, world\r\n");
    const std::string word(40, 'w');
    BOOST_TEST(mail::text_field("Subject", word + " " + word) ==
               "Subject: " + word + "\r\n " + word + "\r\n");
}

BOOST_AUTO_TEST_CASE(what_is_not_plain_is_encoded) {
    BOOST_TEST(mail::text_field("Subject", "ä") == "Subject: =?UTF-8?B?w6Q=?=\r\n");
    BOOST_TEST(mail::text_field("Subject", "=?x") == "Subject: =?UTF-8?B?PT94?=\r\n");
    BOOST_TEST(mail::text_field("Subject", " a") == "Subject: =?UTF-8?B?IGE=?=\r\n");
    BOOST_TEST(mail::address_field("To", "A \"B\" \\", "a@b.example") ==
               "To: \"A \\\"B\\\" \\\\\" <a@b.example>\r\n");
    BOOST_TEST(mail::address_field("To", "ä", "a@b.example") ==
               "To: =?UTF-8?B?w6Q=?= <a@b.example>\r\n");
    BOOST_TEST(mail::address_field("To", "", "a@b.example") == "To: <a@b.example>\r\n");
}

BOOST_AUTO_TEST_CASE(a_date_is_that_of_rfc_5322_in_utc) {
    BOOST_TEST((mail::date_text(1'795'323'845'999) == "Sun, 22 Nov 2026 05:04:05 +0000"));
    BOOST_TEST((mail::date_text(0) == "Thu, 1 Jan 1970 00:00:00 +0000"));
    BOOST_TEST((mail::date_text(951'782'400'000) == "Tue, 29 Feb 2000 00:00:00 +0000"));
    BOOST_TEST(!mail::date_text(-1).has_value());
    BOOST_TEST(!mail::date_text(253'402'300'800'000).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(mail_local_time)

// DEC11
BOOST_AUTO_TEST_CASE(a_time_says_its_zone_and_the_distance_to_utc) {
    constexpr std::int64_t kWinter = 1'795'352'700'000;  // 2026-11-22T13:05Z
    constexpr std::int64_t kSummer = 1'783'000'800'000;  // 2026-07-02T14:00Z
    using mail::local_time;
    BOOST_TEST((local_time(kWinter, "Europe/Berlin", Language::kGerman) ==
                "22.11.2026, 14:05 Uhr (Europe/Berlin, UTC+1)"));
    BOOST_TEST((local_time(kSummer, "Europe/Berlin", Language::kEnglish) ==
                "2 July 2026, 16:00 (Europe/Berlin, UTC+2)"));
    BOOST_TEST((local_time(kWinter, "Asia/Kolkata", Language::kEnglish) ==
                "22 November 2026, 18:35 (Asia/Kolkata, UTC+5:30)"));
    BOOST_TEST((local_time(kWinter, "America/St_Johns", Language::kEnglish) ==
                "22 November 2026, 09:35 (America/St_Johns, UTC-3:30)"));
    BOOST_TEST((local_time(kWinter, "UTC", Language::kGerman) == "22.11.2026, 13:05 Uhr (UTC)"));
}

// DEC11
BOOST_AUTO_TEST_CASE(the_hour_that_comes_twice_is_told_apart) {
    constexpr std::int64_t kFirst = 1'792'888'200'000;  // 2026-10-25T00:30Z
    const auto first = mail::local_time(kFirst, "Europe/Berlin", Language::kGerman);
    const auto second = mail::local_time(kFirst + 3'600'000, "Europe/Berlin", Language::kGerman);
    BOOST_TEST((first == "25.10.2026, 02:30 Uhr (Europe/Berlin, UTC+2)"));
    BOOST_TEST((second == "25.10.2026, 02:30 Uhr (Europe/Berlin, UTC+1)"));
}

BOOST_AUTO_TEST_CASE(a_zone_is_a_name_of_the_database_and_no_path) {
    BOOST_TEST(mail::is_zone("Europe/Berlin"));
    for (const char* name : {"", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "file:x"}) {
        BOOST_TEST(!mail::is_zone(name), name);
        BOOST_TEST(!mail::local_time(0, name, Language::kGerman).has_value());
    }
    BOOST_TEST(!mail::local_time(-1, "UTC", Language::kGerman).has_value());
    BOOST_TEST(!mail::local_time(253'402'300'800'000, "UTC", Language::kGerman).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
