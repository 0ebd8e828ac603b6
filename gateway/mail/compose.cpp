#include "gateway/mail/compose.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "gateway/mail/address.hpp"
#include "gateway/mail/header.hpp"
#include "gateway/mail/link.hpp"
#include "gateway/mail/quoted_printable.hpp"
#include "gateway/mail/text.hpp"

namespace mail {
namespace {

using enum FailureKind;
using Fault = std::optional<std::string_view>;
using Found = std::optional<Failure>;

Found found(FailureKind kind, std::string_view part, const Fault& fault) {
    if (!fault) return std::nullopt;
    return Failure{kind, fmt::format("{}-{}", part, *fault)};
}

Fault body_fault(std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max) return "too-long";
    if (!is_utf8(text)) return "not-utf8";
    if (text.contains('\0')) return "has-nul";
    return std::nullopt;
}

Fault missing_or(std::string_view text, const Fault& fault) {
    return text.empty() ? Fault("missing") : fault;
}

Fault invalid_unless(bool holds) {
    return holds ? Fault() : Fault("invalid");
}

Found people_fault(const Message& message) {
    const auto name_fault = [](const Mailbox& mailbox) {
        return header_text_fault(mailbox.name.reveal(), kDisplayNameBytesMax);
    };
    if (auto bad = found(kConfiguration, "sender", address_fault(message.from.address.reveal()))) {
        return bad;
    }
    if (auto bad = found(kConfiguration, "sender-name", name_fault(message.from))) return bad;
    if (auto bad = found(kPermanent, "recipient", address_fault(message.to.address.reveal()))) {
        return bad;
    }
    return found(kPermanent, "recipient-name", name_fault(message.to));
}

Found content_fault(const Message& message) {
    const std::string& subject = message.subject.reveal();
    const std::string& text = message.text.reveal();
    if (auto bad = found(kPermanent,
                         "subject",
                         missing_or(subject, header_text_fault(subject, kSubjectBytesMax)))) {
        return bad;
    }
    if (auto bad = found(kPermanent, "text", missing_or(text, body_fault(text, kTextBytesMax)))) {
        return bad;
    }
    return found(kPermanent, "html", body_fault(message.html.reveal(), kHtmlBytesMax));
}

Found field_fault(const Message& message) {
    if (auto bad =
            found(kPermanent, "message-id", invalid_unless(is_message_id(message.message_id)))) {
        return bad;
    }
    if (auto bad = found(
            kPermanent, "date", invalid_unless(date_text(message.date_unix_ms).has_value()))) {
        return bad;
    }
    const bool list = message.list_id.empty() || is_domain(message.list_id);
    if (auto bad = found(kConfiguration, "list-id", invalid_unless(list))) return bad;
    const bool link =
        message.unsubscribe_url.empty() ||
        (is_link(message.unsubscribe_url) && message.unsubscribe_url.starts_with("https:") &&
         message.unsubscribe_url.size() <= kUrlBytesMax);
    return found(kConfiguration, "unsubscribe-url", invalid_unless(link));
}

std::string_view tag_of(Language language) {
    return language == Language::kGerman ? "de" : "en";
}

std::string part(std::string_view type, std::string_view text) {
    return fmt::format(
        "Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}",
        type,
        quoted_printable(text));
}

// "=_" stands in no quoted-printable text, so no part can hold the boundary; the digits of the
// Message-ID make it another one for every mail.
std::string boundary_of(const Message& message) {
    const std::string_view id = message.message_id;
    return fmt::format("=_{}", id.substr(1, id.find('@') - 1).substr(0, kMessageIdHexMin));
}

std::string body_of(const Message& message) {
    const std::string text = part("text/plain", message.text.reveal());
    if (message.html.empty()) return text;
    const std::string boundary = boundary_of(message);
    return fmt::format(
        "Content-Type: multipart/alternative; boundary=\"{0}\"\r\n\r\n"
        "--{0}\r\n{1}\r\n--{0}\r\n{2}\r\n--{0}--\r\n",
        boundary,
        text,
        part("text/html", message.html.reveal()));
}

}  // namespace

Result<Composed> compose(const Message& message) {
    for (const auto& fault_of : {people_fault, content_fault, field_fault}) {
        if (auto bad = fault_of(message)) return std::unexpected(*std::move(bad));
    }
    std::string bytes = plain_field("Date", date_text(message.date_unix_ms).value_or(""));
    bytes += address_field("From", message.from.name.reveal(), message.from.address.reveal());
    bytes += address_field("To", message.to.name.reveal(), message.to.address.reveal());
    bytes += plain_field("Message-ID", message.message_id);
    bytes += text_field("Subject", message.subject.reveal());
    if (message.auto_submitted) bytes += plain_field("Auto-Submitted", "auto-generated");
    bytes += plain_field("Content-Language", tag_of(message.language));
    if (!message.list_id.empty()) {
        bytes += plain_field("List-Id", fmt::format("<{}>", message.list_id));
    }
    if (!message.unsubscribe_url.empty()) {
        bytes += plain_field("List-Unsubscribe", fmt::format("<{}>", message.unsubscribe_url));
    }
    bytes += plain_field("MIME-Version", "1.0");
    bytes += body_of(message);
    return Composed(message.to.address, events::Personal(std::move(bytes)));
}

}  // namespace mail
