#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "gateway/mail/header.hpp"
#include "gateway/mail/link.hpp"
#include "gateway/mail/local_time.hpp"
#include "gateway/mail/text.hpp"
#include "gateway/mail/wording.hpp"

namespace mail {
namespace {

using enum FailureKind;

constexpr std::string_view kPage =
    "<!DOCTYPE html>\n"
    "<html lang=\"{}\">\n"
    "<head><meta charset=\"utf-8\"><title>{}</title></head>\n"
    "<body style=\"font-family: sans-serif; line-height: 1.5; max-width: 40em\">\n"
    "{}</body>\n"
    "</html>\n";

constexpr std::string_view kQuote =
    "<blockquote style=\"margin: 1em 0; padding-left: 1em; border-left: 3px solid #888\">\n"
    "<p><strong><bdi>{}</bdi></strong>, {}</p>\n"
    "<p dir=\"auto\">{}</p>\n"
    "</blockquote>\n";

constexpr std::string_view kQuoteLink = "<p><small><a href=\"{0}\">{0}</a></small></p>\n";

struct Shown {
    std::string visitor;
    std::string time;
    std::string text;
    std::string link;  // may be empty
};

// What a template is filled with: every value already fit to be shown on one line; empty: none.
struct Values {
    std::array<std::string, kFields> fields;
    std::vector<Shown> messages;
    bool company_in_subject = true;

    std::string& operator[](Field field) { return fields.at(static_cast<std::size_t>(field)); }
    const std::string& operator[](Field field) const {
        return fields.at(static_cast<std::size_t>(field));
    }
};

std::string_view name_of(Field field) {
    return kFieldNames.at(static_cast<std::size_t>(field));
}

// Gathers the values of one mail and remembers the first failure.
class Gatherer {
  public:
    Gatherer(const Setting& setting, const Table& table) : setting_(setting), table_(table) {
        values_[Field::kService] = shown_line(setting.service);
        if (values_[Field::kService].empty()) failed(kConfiguration, "service-missing");
        if (!is_zone(setting.zone)) failed(kConfiguration, "zone-unknown");
    }

    void operator()(const ConfirmEmail& mail) {
        optional(Field::kName, mail.name);
        link(Field::kLink, mail.link);
        until(mail.until_unix_ms);
    }
    void operator()(const RegistrationForKnownAddress& mail) {
        link(Field::kLogInLink, mail.log_in_link);
        link(Field::kResetLink, mail.reset_link);
    }
    void operator()(const ResetPassword& mail) {
        optional(Field::kName, mail.name);
        link(Field::kLink, mail.link);
        until(mail.until_unix_ms);
    }
    void operator()(const Invitation& mail) {
        company(mail.company);
        optional(Field::kInviter, mail.inviter);
        link(Field::kLink, mail.link);
        until(mail.until_unix_ms);
    }
    void operator()(const MissedMessages& mail) {
        optional(Field::kName, mail.name);
        company(mail.company);
        link(Field::kLink, mail.link);
        if (mail.messages.empty()) failed(kPermanent, "messages-missing");
        const std::size_t shown = std::min(mail.messages.size(), kMissedShownMax);
        for (std::size_t i = 0; i < shown; ++i) message(mail.messages[i]);
        const std::size_t more = mail.more + mail.messages.size() - shown;
        if (more > 0) values_[Field::kMore] = std::to_string(more);
        if (mail.conversations > 1) {
            values_[Field::kConversations] = std::to_string(mail.conversations);
        }
    }
    void operator()(const AnswerWaiting& mail) {
        company(mail.company);
        link(Field::kLink, mail.link);
    }

    [[nodiscard]] Result<Values> end() && {
        if (failure_) return std::unexpected(*std::move(failure_));
        return std::move(values_);
    }

  private:
    void failed(FailureKind kind, std::string code) {
        if (!failure_) failure_ = Failure{kind, std::move(code)};
    }
    void optional(Field field, const events::Personal& text) {
        values_[field] = shown_line(text.reveal());
    }
    void company(const events::Personal& text) {
        // As it was typed: what would have to be cleaned first is kept out of headers.
        values_.company_in_subject = !header_text_fault(text.reveal(), kDisplayNameBytesMax);
        optional(Field::kCompany, text);
        if (values_[Field::kCompany].empty()) failed(kPermanent, "company-missing");
    }
    void link(Field field, const events::Personal& url) {
        values_[field] = url.reveal();
        if (!is_link(url.reveal())) failed(kPermanent, fmt::format("{}-invalid", name_of(field)));
    }
    [[nodiscard]] std::string time(std::int64_t unix_ms, std::string_view what) {
        auto text = local_time(unix_ms, setting_.zone, setting_.language);
        if (!text) failed(kPermanent, fmt::format("{}-invalid", what));
        return std::move(text).value_or("");
    }
    void until(std::int64_t unix_ms) { values_[Field::kUntil] = time(unix_ms, "until"); }
    void message(const MissedMessage& missed) {
        Shown shown{.visitor = shown_line(missed.visitor.reveal()),
                    .time = time(missed.sent_unix_ms, "sent"),
                    .text = shown_text(missed.text.reveal()),
                    .link = missed.link.reveal()};
        if (!shown.link.empty() && !is_link(shown.link)) failed(kPermanent, "link-invalid");
        if (shown.visitor.empty()) shown.visitor = table_.words.unnamed;
        if (shown.text.size() > kMissedTextBytesMax) {
            shown.text =
                fmt::format("{}{}", cut(shown.text, kMissedTextBytesMax), table_.words.shortened);
        }
        values_.messages.push_back(std::move(shown));
    }

    const Setting& setting_;
    const Table& table_;
    Values values_;
    std::optional<Failure> failure_;
};

// A text with its fields written by `write`; an optional part is left out when one of its fields
// has no value. The tables are well-formed, see is_complete().
template <class Write>
std::string expand(std::string_view text, const Values& values, const Write& write) {
    std::string out;
    std::size_t part_start = 0;
    bool dropped = false;
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == '[') {
            part_start = out.size();
            dropped = false;
        } else if (c == ']') {
            if (dropped) out.resize(part_start);
        } else if (c == '{') {
            const auto end = text.find('}');
            const auto field = field_named(text.substr(0, end)).value_or(Field::kService);
            dropped = dropped || values[field].empty();
            out += write(field, values[field]);
            text.remove_prefix(end + 1);
        } else {
            out.push_back(c);
        }
    }
    return out;
}

std::string plain_value(Field /*field*/, const std::string& value) {
    return value;
}

// Who wrote a name chose its direction too; it must not turn the sentence around it.
std::string html_value(Field field, const std::string& value) {
    const bool ours =
        field == Field::kUntil || field == Field::kMore || field == Field::kConversations;
    return ours ? escape_html(value) : fmt::format("<bdi>{}</bdi>", escape_html(value));
}

std::string subject_of(const Wording& wording, Values values) {
    if (!values.company_in_subject) values[Field::kCompany].clear();
    return expand(wording.subject, values, plain_value);
}

// The lines of a text, each behind `mark`, so that no line of a stranger stands as one of ours.
std::string marked(std::string_view text, std::string_view mark) {
    std::string out;
    while (true) {
        const auto end = text.find('\n');
        out.append(mark).append(text.substr(0, end)).push_back('\n');
        if (end == std::string_view::npos) return out;
        text.remove_prefix(end + 1);
    }
}

std::string with_breaks(std::string_view text) {
    std::string out;
    for (const char c : escape_html(text)) {
        if (c == '\n') out.append("<br>");
        out.push_back(c);
    }
    return out;
}

std::string text_block(const Block& block, const Values& values) {
    if (block.part == Part::kMessages) {
        std::string out;
        for (const Shown& shown : values.messages) {
            if (!out.empty()) out.push_back('\n');
            out += fmt::format("{}, {}:\n{}", shown.visitor, shown.time, marked(shown.text, "> "));
            if (!shown.link.empty()) out += shown.link + '\n';
        }
        return out;
    }
    const std::string text = expand(block.text, values, plain_value);
    if (text.empty()) return {};
    if (block.part == Part::kAction) return fmt::format("{}:\n{}\n", text, values[block.link]);
    return text + '\n';
}

std::string html_block(const Block& block, const Values& values) {
    if (block.part == Part::kMessages) {
        std::string out;
        for (const Shown& shown : values.messages) {
            out += fmt::format(kQuote,
                               escape_html(shown.visitor),
                               escape_html(shown.time),
                               with_breaks(shown.text));
            if (!shown.link.empty()) out += fmt::format(kQuoteLink, escape_html(shown.link));
        }
        return out;
    }
    const std::string text = expand(block.text, values, html_value);
    if (text.empty()) return {};
    if (block.part == Part::kAction) {
        const std::string link = escape_html(values[block.link]);
        return fmt::format(
            "<p><a href=\"{0}\"><strong>{1}</strong></a><br><small>{0}</small></p>\n", link, text);
    }
    if (block.part == Part::kFinePrint) return fmt::format("<p><small>{}</small></p>\n", text);
    return fmt::format("<p>{}</p>\n", text);
}

const Table& table_of(Language language) {
    return language == Language::kGerman ? kGermanTable : kEnglishTable;
}

}  // namespace

Kind kind_of(const Mail& mail) {
    struct KindOf {
        Kind operator()(const ConfirmEmail&) const { return Kind::kConfirmEmail; }
        Kind operator()(const RegistrationForKnownAddress&) const {
            return Kind::kRegistrationForKnownAddress;
        }
        Kind operator()(const ResetPassword&) const { return Kind::kResetPassword; }
        Kind operator()(const Invitation& invitation) const {
            return invitation.role == InvitedAs::kAdmin ? Kind::kAdminInvitation
                                                        : Kind::kExpertInvitation;
        }
        Kind operator()(const MissedMessages&) const { return Kind::kMissedMessages; }
        Kind operator()(const AnswerWaiting&) const { return Kind::kAnswerWaiting; }
    };
    return std::visit(KindOf{}, mail);
}

std::string_view name_of(Kind kind) {
    constexpr std::array<std::string_view, kKinds> kNames{"confirm-email",
                                                          "registration-for-known-address",
                                                          "reset-password",
                                                          "expert-invitation",
                                                          "admin-invitation",
                                                          "missed-messages",
                                                          "answer-waiting"};
    return kNames.at(static_cast<std::size_t>(kind));
}

Result<Rendered> render(const Setting& setting, const Mail& mail) {
    const Table& table = table_of(setting.language);
    Gatherer gatherer(setting, table);
    std::visit(gatherer, mail);
    const Result<Values> values = std::move(gatherer).end();
    if (!values) return std::unexpected(values.error());
    const Wording& wording = table.wordings.at(static_cast<std::size_t>(kind_of(mail)));
    std::string text;
    std::string body;
    for (const Block& block : wording.blocks) {
        const std::string piece = text_block(block, *values);
        if (!text.empty() && !piece.empty()) text.push_back('\n');
        text += piece;
        body += html_block(block, *values);
    }
    std::string subject = subject_of(wording, *values);
    std::string page = fmt::format(kPage, table.tag, escape_html(subject), body);
    return Rendered{.subject = events::Personal(std::move(subject)),
                    .text = events::Personal(std::move(text)),
                    .html = events::Personal(std::move(page))};
}

}  // namespace mail
