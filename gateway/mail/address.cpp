#include "gateway/mail/address.hpp"

#include <algorithm>

namespace mail {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_atext(char c) {
    return is_alphanumeric(c) || (c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").contains(c));
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Calls `holds` with each part between dots; false as soon as it says so.
template <class Holds>
bool all_parts(std::string_view text, const Holds& holds) {
    while (true) {
        const auto dot = text.find('.');
        if (!holds(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

bool is_label(std::string_view text) {
    return !text.empty() && text.size() <= kLabelBytesMax && text.front() != '-' &&
           text.back() != '-' &&
           std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_dot_atom(std::string_view text) {
    return all_parts(text, [](std::string_view part) {
        return !part.empty() && std::ranges::all_of(part, is_atext);
    });
}

}  // namespace

bool is_domain(std::string_view text) {
    if (text.size() > kDomainBytesMax || !text.contains('.')) return false;
    const std::string_view last = text.substr(text.rfind('.') + 1);
    return all_parts(text, is_label) && !std::ranges::all_of(last, is_digit);
}

std::optional<std::string_view> address_fault(std::string_view text) {
    if (text.empty()) return "missing";
    if (text.size() > kAddressBytesMax) return "too-long";
    const auto at = text.rfind('@');
    if (at == std::string_view::npos || at == 0) return "invalid";
    const std::string_view local = text.substr(0, at);
    const std::string_view domain = text.substr(at + 1);
    if (local.size() > kLocalPartBytesMax) return "too-long";
    if (!is_ascii(local)) return "needs-smtputf8";
    if (!is_ascii(domain)) return "needs-idn";
    const bool long_label =
        !all_parts(domain, [](std::string_view part) { return part.size() <= kLabelBytesMax; });
    if (long_label) return "too-long";
    if (!is_dot_atom(local) || !is_domain(domain)) return "invalid";
    return std::nullopt;
}

bool is_message_id(std::string_view text) {
    if (!text.starts_with('<') || !text.ends_with('>')) return false;
    text = text.substr(1, text.size() - 2);
    const auto at = text.find('@');
    if (at == std::string_view::npos || at < kMessageIdHexMin || at > kMessageIdHexMax)
        return false;
    const bool hex = std::ranges::all_of(
        text.substr(0, at), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
    return hex && is_domain(text.substr(at + 1));
}

bool holds_address(std::string_view text) {
    // Any byte of a character beyond ASCII counts as a letter, so no alphabet hides an address.
    const auto is_letter = [](char c) {
        return is_alphanumeric(c) || static_cast<unsigned char>(c) >= 0x80;
    };
    for (auto at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
        const std::string_view host = text.substr(at + 1);
        const auto end = std::ranges::find_if_not(
            host, [&](char c) { return is_letter(c) || c == '-' || c == '.'; });
        const std::string_view name(host.begin(), end);
        const auto dot = name.find('.');
        const bool before = at > 0 && text[at - 1] != ' ';
        if (before && dot != std::string_view::npos && dot > 0 && dot + 1 < name.size() &&
            is_letter(name[dot + 1])) {
            return true;
        }
    }
    return false;
}

}  // namespace mail
