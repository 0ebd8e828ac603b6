#include "gateway/mail/templates.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include "gateway/mail/header.hpp"
#include "gateway/mail/wording.hpp"
#include "tests/gateway/mail/samples.hpp"

using namespace mail_samples;
using mail::Language;
using mail::Mail;
using mail::Rendered;
using mail::Setting;

namespace {

constexpr std::string_view kLink = "https://portal.example/x?token=abc&next=1";
const std::string kLinkInHtml = "https://portal.example/x?token=abc&amp;next=1";

Setting setting(Language language) {
    return {.language = language, .zone = "Europe/Berlin", .service = "Parlour"};
}

// One of each kind, with `name` wherever somebody's words may stand.
std::vector<Mail> every_mail(std::string_view name) {
    const auto link = text(kLink);
    const mail::MissedMessage missed{
        .visitor = text(name), .sent_unix_ms = kDate, .text = text(name)};
    return {mail::ConfirmEmail{.name = text(name), .link = link, .until_unix_ms = kDate},
            mail::RegistrationForKnownAddress{.log_in_link = link, .reset_link = link},
            mail::ResetPassword{.name = text(name), .link = link, .until_unix_ms = kDate},
            mail::Invitation{.role = mail::InvitedAs::kExpert,
                             .company = text(name),
                             .inviter = text(name),
                             .link = link,
                             .until_unix_ms = kDate},
            mail::Invitation{.role = mail::InvitedAs::kAdmin,
                             .company = text(name),
                             .inviter = text(name),
                             .link = link,
                             .until_unix_ms = kDate},
            mail::MissedMessages{.name = text(name),
                                 .company = text(name),
                                 .messages = {missed, missed},
                                 .more = 7,
                                 .link = link},
            mail::AnswerWaiting{.company = text(name), .link = link}};
}

Rendered rendered(Language language, const Mail& mail) {
    return must(mail::render(setting(language), mail));
}

std::string refusal_of(const Setting& with, const Mail& mail) {
    const auto result = mail::render(with, mail);
    return result ? std::string() : result.error().code;
}

std::size_t count_of(std::string_view text, std::string_view piece) {
    std::size_t count = 0;
    for (auto at = text.find(piece); at != std::string_view::npos; at = text.find(piece, at + 1)) {
        ++count;
    }
    return count;
}

// The elements of a page in order, without their attributes; anything else in angle brackets would
// be one too.
std::vector<std::string> elements_of(const std::string& html) {
    static const std::regex kElement("<(/?[a-zA-Z!][^ >]*)");
    std::vector<std::string> found;
    for (auto at = std::sregex_iterator(html.begin(), html.end(), kElement);
         at != std::sregex_iterator();
         ++at) {
        if ((*at)[1] != "br") found.push_back((*at)[1]);
    }
    return found;
}

std::vector<std::string> field_names_of(std::string_view head) {
    std::vector<std::string> names;
    for (const std::string_view line : lines_of(head)) {
        if (!line.starts_with(' ')) names.emplace_back(line.substr(0, line.find(':')));
    }
    return names;
}

mail::MissedMessages missed_messages(std::size_t count, const std::string& wording) {
    mail::MissedMessages missed{.name = {},
                                .company = text("Example GmbH"),
                                .messages = {},
                                .more = 0,
                                .link = text(kLink)};
    for (std::size_t i = 0; i < count; ++i) {
        missed.messages.push_back(
            {.visitor = text("Mira"), .sent_unix_ms = kDate, .text = text(wording)});
    }
    return missed;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mail_templates)

// X25
BOOST_AUTO_TEST_CASE(a_german_mail_reads_like_this) {
    const Rendered mail = rendered(
        Language::kGerman,
        mail::ConfirmEmail{.name = text("Jörg Groß"), .link = text(kLink), .until_unix_ms = kDate});
    BOOST_TEST(mail.subject.reveal() == "Bitte bestätigen Sie Ihre E-Mail-Adresse");
    BOOST_TEST(mail.text.reveal() ==
               "Guten Tag Jörg Groß,\n\n"
               "mit dieser Adresse soll ein Konto bei Parlour angelegt werden. Bitte bestätigen "
               "Sie, dass sie Ihnen gehört:\n\n"
               "E-Mail-Adresse bestätigen:\nhttps://portal.example/x?token=abc&next=1\n\n"
               "Der Link kann einmal verwendet werden und gilt bis 22.11.2026, 06:04 Uhr "
               "(Europe/Berlin, UTC+1). Geben Sie ihn nicht weiter.\n\n"
               "Haben Sie kein Konto angelegt? Dann brauchen Sie nichts zu tun: Ohne Ihre "
               "Bestätigung wird es nicht eröffnet.\n\n"
               "Diese E-Mail wurde automatisch von Parlour verschickt. Bitte antworten Sie nicht "
               "darauf.\n");
}

// E04, CPL21
BOOST_AUTO_TEST_CASE(missed_messages_of_several_conversations_say_how_many_and_link_to_each) {
    mail::MissedMessages missed = missed_messages(2, "Hello?");
    missed.conversations = 200;
    missed.messages[0].link = text("https://portal.example/#conversation=1");
    missed.messages[1].link = text("https://portal.example/#conversation=2");
    const Rendered english = rendered(Language::kEnglish, missed);
    BOOST_TEST(
        english.text.reveal().contains("wrote to you:\n\n200 conversations wait for you.\n\n"));
    BOOST_TEST(
        english.text.reveal().contains("> Hello?\nhttps://portal.example/#conversation=1\n\n"));
    BOOST_TEST(
        english.html.reveal().contains("<a href=\"https://portal.example/#conversation=2\">"));
    const Rendered german = rendered(Language::kGerman, missed);
    BOOST_TEST(german.text.reveal().contains("Es warten 200 Gespräche auf Sie."));
    missed.messages[1].link = text("javascript:alert(1)");
    BOOST_TEST(refusal_of(Setting{}, missed) == "link-invalid");
}

// E04
BOOST_AUTO_TEST_CASE(missed_messages_tell_who_wrote_what_and_when) {
    mail::MissedMessages missed = missed_messages(1, "Hello?\n\nIs anybody there?");
    missed.more = 3;
    const Rendered mail = rendered(Language::kEnglish, missed);
    BOOST_TEST(mail.subject.reveal() == "New messages for you at Example GmbH");
    BOOST_TEST(mail.text.reveal() ==
               "Hello,\n\n"
               "while you were away, visitors of Example GmbH wrote to you:\n\n"
               "Mira, 22 November 2026, 06:04 (Europe/Berlin, UTC+1):\n"
               "> Hello?\n> \n> Is anybody there?\n\n"
               "Further messages that are not shown here: 3.\n\n"
               "You can answer in the portal:\n\n"
               "Read the messages in the portal:\nhttps://portal.example/x?token=abc&next=1\n\n"
               "This e-mail was sent automatically by Parlour. Please do not reply to it.\n");
    BOOST_TEST(mail.html.reveal().contains(
        "<p><strong><bdi>Mira</bdi></strong>, 22 November 2026, 06:04 (Europe/Berlin, UTC+1)</p>\n"
        "<p dir=\"auto\">Hello?<br>\n<br>\nIs anybody there?</p>\n"));
}

// X25
BOOST_AUTO_TEST_CASE(every_template_can_be_composed_in_both_languages_whatever_people_typed) {
    const std::vector<std::string> expected{"Date",
                                            "From",
                                            "To",
                                            "Message-ID",
                                            "Subject",
                                            "Auto-Submitted",
                                            "Content-Language",
                                            "MIME-Version",
                                            "Content-Type"};
    for (const Language language : {Language::kGerman, Language::kEnglish}) {
        for (const std::string& name : hostile_names()) {
            for (const Mail& each : every_mail(name)) {
                const Rendered mail = rendered(language, each);
                mail::Message composed = message();
                composed.subject = mail.subject;
                composed.text = mail.text;
                composed.html = mail.html;
                const std::string bytes = composed_bytes(composed);
                const std::string head = bytes.substr(0, bytes.find("\r\n\r\n"));
                BOOST_TEST(!head.contains("Bcc"));
                BOOST_TEST((field_names_of(head) == expected));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(no_value_becomes_an_element_of_the_page) {
    for (const Language language : {Language::kGerman, Language::kEnglish}) {
        const auto harmless = every_mail("Mira");
        for (const std::string& name : hostile_names()) {
            const auto hostile = every_mail(name);
            for (std::size_t i = 0; i < hostile.size(); ++i) {
                const std::string page = rendered(language, hostile[i]).html.reveal();
                BOOST_TEST((elements_of(page) ==
                            elements_of(rendered(language, harmless[i]).html.reveal())));
                BOOST_TEST(count_of(page, "href=\"" + kLinkInHtml + "\"") ==
                           count_of(page, "href="));
                BOOST_TEST(!page.contains("\u202E"));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_page_loads_nothing_from_anywhere) {
    for (const Language language : {Language::kGerman, Language::kEnglish}) {
        for (const Mail& each : every_mail("Mira")) {
            const std::string page = rendered(language, each).html.reveal();
            for (const char* loads : {"src=", "srcset=", "url(", "@import", "<link", "<img"}) {
                BOOST_TEST(!page.contains(loads), loads);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(every_placeholder_is_filled_and_every_optional_part_is_whole_or_gone) {
    static const std::regex kLeft("[\\[\\]{}]");
    for (const Language language : {Language::kGerman, Language::kEnglish}) {
        for (const Mail& each : every_mail("Mira & Söhne")) {
            const Rendered mail = rendered(language, each);
            for (const std::string& text :
                 {mail.subject.reveal(), mail.text.reveal(), mail.html.reveal()}) {
                BOOST_TEST(!std::regex_search(text, kLeft), text);
            }
            const auto* known = std::get_if<mail::RegistrationForKnownAddress>(&each);
            BOOST_TEST((known != nullptr || mail.text.reveal().contains("Mira & Söhne")));
            BOOST_TEST(mail.text.reveal().contains(kLink));
            BOOST_TEST((known != nullptr || mail.html.reveal().contains("Mira &amp; Söhne")));
        }
        mail::Invitation invitation = std::get<mail::Invitation>(every_mail("Example")[3]);
        invitation.inviter = {};
        const Rendered mail = rendered(language, invitation);
        BOOST_TEST(!mail.text.reveal().contains("Einladung kommt"));
        BOOST_TEST(!mail.text.reveal().contains("invitation comes"));
        BOOST_TEST(!mail.text.reveal().contains(" ."));
    }
}

BOOST_AUTO_TEST_CASE(a_value_that_looks_like_a_placeholder_is_only_a_value) {
    const Rendered mail =
        rendered(Language::kEnglish,
                 mail::AnswerWaiting{.company = text("{link}[x]{service}"), .link = text(kLink)});
    BOOST_TEST(mail.text.reveal().contains("your message to {link}[x]{service}."));
}

BOOST_AUTO_TEST_CASE(a_company_that_cannot_stand_in_a_header_is_left_out_of_the_subject) {
    const auto subject = [](std::string_view company) {
        return rendered(Language::kGerman,
                        mail::AnswerWaiting{.company = text(company), .link = text(kLink)})
            .subject.reveal();
    };
    BOOST_TEST(subject("Groß & Co.") == "Sie haben eine Antwort von Groß & Co.");
    BOOST_TEST(subject("Bank <b@bank.example>") == "Sie haben eine Antwort");
}

// E02
BOOST_AUTO_TEST_CASE(a_mail_to_an_unconfirmed_address_has_a_link_and_the_company_and_no_more) {
    const Rendered mail =
        rendered(Language::kEnglish,
                 mail::AnswerWaiting{.company = text("Example GmbH"), .link = text(kLink)});
    BOOST_TEST(mail.text.reveal() ==
               "Hello,\n\n"
               "there is an answer to your message to Example GmbH. You can read it here:\n\n"
               "Read the answer:\nhttps://portal.example/x?token=abc&next=1\n\n"
               "You get this e-mail because your address was given at Example GmbH. Was it not "
               "you? Then there is nothing to do; please do not open the link.\n\n"
               "This e-mail was sent automatically by Parlour. Please do not reply to it.\n");
}

BOOST_AUTO_TEST_CASE(missed_messages_are_bounded_in_count_and_size_and_say_so) {
    std::string wide;
    while (wide.size() < 60'000) wide += "äöü\n";
    mail::MissedMessages missed = missed_messages(mail::kMissedShownMax + 5, wide);
    missed.more = 100;
    const Rendered mail = rendered(Language::kGerman, missed);
    BOOST_TEST(count_of(mail.text.reveal(), "Mira, 22.11.2026") == mail::kMissedShownMax);
    BOOST_TEST(count_of(mail.text.reveal(), "(gekürzt;") == mail::kMissedShownMax);
    BOOST_TEST(mail.text.reveal().contains("die hier nicht stehen: 105."));
    BOOST_TEST(mail.text.reveal().size() < 40'000U);
    BOOST_TEST(mail.html.reveal().size() < 60'000U);
}

BOOST_AUTO_TEST_CASE(a_list_at_its_bounds_is_whole) {
    const std::string wording(mail::kMissedTextBytesMax, 'x');
    const Rendered mail =
        rendered(Language::kGerman, missed_messages(mail::kMissedShownMax, wording));
    BOOST_TEST(count_of(mail.text.reveal(), "> " + wording + "\n") == mail::kMissedShownMax);
    BOOST_TEST(!mail.text.reveal().contains("gekürzt"));
    BOOST_TEST(!mail.text.reveal().contains("Weitere Nachrichten"));
}

BOOST_AUTO_TEST_CASE(every_line_of_a_message_is_marked_as_quoted) {
    const Rendered mail = rendered(
        Language::kEnglish, missed_messages(1, "a\r\nRead the messages in the portal:\rhttps://e"));
    BOOST_TEST(
        mail.text.reveal().contains("> a\n> Read the messages in the portal:\n> https://e\n"));
}

BOOST_AUTO_TEST_CASE(a_visitor_without_a_name_is_called_so) {
    mail::MissedMessages missed = missed_messages(1, "x");
    missed.messages[0].visitor = text("\u200B");
    BOOST_TEST(rendered(Language::kGerman, missed).text.reveal().contains("Ohne Namen, 22.11."));
}

BOOST_AUTO_TEST_CASE(what_a_template_cannot_do_without_is_asked_for_by_name) {
    const Setting english = setting(Language::kEnglish);
    BOOST_TEST(refusal_of(english, mail::AnswerWaiting{.company = {}, .link = text(kLink)}) ==
               "company-missing");
    BOOST_TEST(refusal_of(english, mail::AnswerWaiting{.company = text("x"), .link = {}}) ==
               "link-invalid");
    BOOST_TEST(refusal_of(english,
                          mail::RegistrationForKnownAddress{.log_in_link = text(kLink),
                                                            .reset_link = text("javascript:x")}) ==
               "reset-link-invalid");
    BOOST_TEST(refusal_of(english, missed_messages(0, "")) == "messages-missing");
    BOOST_TEST(
        refusal_of(english,
                   mail::ResetPassword{.name = {}, .link = text(kLink), .until_unix_ms = -1}) ==
        "until-invalid");
    Setting wrong = english;
    wrong.zone = "Mars/Olympus";
    BOOST_TEST(refusal_of(wrong, every_mail("x")[1]) == "zone-unknown");
    wrong = english;
    wrong.service = " ";
    BOOST_TEST(refusal_of(wrong, every_mail("x")[1]) == "service-missing");
}

BOOST_AUTO_TEST_CASE(every_kind_has_a_name_of_its_own) {
    std::set<std::string_view> names;
    for (const Mail& each : every_mail("x")) names.insert(mail::name_of(mail::kind_of(each)));
    BOOST_TEST(names.size() == mail::kKinds);
    BOOST_TEST(names.contains("missed-messages"));
}

// X25. Goal: nobody slips in "fuer" or "du". Method: every German text without its fields.
BOOST_AUTO_TEST_CASE(the_german_wording_is_formal_and_spelt_with_umlauts) {
    static const std::regex kTransliterated(
        "fuer|ueber|koenn|moech|bestaet|gehoer|eroeff|geaend|waehr|oeffn|gekuerz|naech|bitte sie");
    static const std::regex kFamiliar("\\b([Dd]u|[Dd]ich|[Dd]ir|[Dd]ein[a-z]*|[Ee]uch|[Ee]uer)\\b");
    static const std::regex kFormal("\\b(Sie|Ihnen|Ihre?[mnrs]?)\\b");
    std::ptrdiff_t umlauts = 0;
    for (const mail::Wording& wording : mail::kGermanTable.wordings) {
        std::string all(wording.subject);
        for (const mail::Block& block : wording.blocks) all.append("\n").append(block.text);
        BOOST_TEST(!std::regex_search(all, kTransliterated), all);
        BOOST_TEST(!std::regex_search(all, kFamiliar), all);
        BOOST_TEST(std::regex_search(all, kFormal), all);
        umlauts += std::ranges::count(all, '\xc3');
        BOOST_TEST(all.contains("\nGuten Tag"), all);
    }
    BOOST_TEST(umlauts > 10);
}

BOOST_AUTO_TEST_CASE(both_languages_have_the_same_parts_and_fields) {
    static const std::regex kField("\\{([a-z-]+)\\}");
    const auto fields = [](std::string_view text) {
        std::multiset<std::string> found;
        const std::string copy(text);
        for (auto at = std::sregex_iterator(copy.begin(), copy.end(), kField);
             at != std::sregex_iterator();
             ++at) {
            found.insert((*at)[1]);
        }
        return found;
    };
    for (std::size_t i = 0; i < mail::kKinds; ++i) {
        const auto german = mail::kGermanTable.wordings.at(i).blocks;
        const auto english = mail::kEnglishTable.wordings.at(i).blocks;
        BOOST_TEST_REQUIRE(german.size() == english.size());
        for (std::size_t j = 0; j < german.size(); ++j) {
            BOOST_TEST((german[j].part == english[j].part));
            BOOST_TEST((german[j].link == english[j].link));
            BOOST_TEST((fields(german[j].text) == fields(english[j].text)));
        }
    }
}

BOOST_AUTO_TEST_CASE(wording_with_an_open_end_or_an_unknown_field_is_not_well_formed) {
    for (const char* good : {"", "a", "{name}", "a[ {name}], [{more}]"}) {
        BOOST_TEST(mail::is_well_formed(good), good);
    }
    for (const char* bad : {"{", "}", "{name", "{nmae}", "[", "]", "[[{name}]]", "[{name}"}) {
        BOOST_TEST(!mail::is_well_formed(bad), bad);
    }
}

BOOST_AUTO_TEST_SUITE_END()
