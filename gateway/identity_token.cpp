#include "gateway/identity_token.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "commands/text.hpp"
#include "events/crypto.hpp"
#include "gateway/json_body.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Vouched;
using events::Personal;
using events::Uuid;

constexpr std::string_view kSecretTag = "ids";
constexpr std::int64_t kSecondMs = 1'000;
// Seconds beyond this are no time of ours, and would overflow as milliseconds.
constexpr double kSecondsMost = 1e12;

// Base64url without padding (RFC 7515, 2), in its one spelling.
std::optional<std::string> from_base64url(std::string_view text) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    constexpr unsigned kBits = 6;
    constexpr unsigned kByte = 8;
    std::string bytes;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto digit = kAlphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        held = (held << kBits) | static_cast<std::uint32_t>(digit);
        bits += kBits;
        if (bits < kByte) continue;
        bits -= kByte;
        bytes.push_back(static_cast<char>((held >> bits) & 0xffU));
    }
    const bool whole = bits < kBits && (held & ((1U << bits) - 1)) == 0;
    if (!whole) return std::nullopt;
    return bytes;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    HMAC(EVP_sha256(),
         key.data(),
         static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()),
         text.size(),
         mac.data(),
         &size);
    return {reinterpret_cast<const char*>(mac.data()), size};
}

std::unexpected<Response> malformed() {
    return refuse(400,
                  "identity-malformed",
                  "An identity is a JWT signed with HS256, at most 4096 bytes long.");
}

struct Parts {
    json::object header;
    json::object claims;
    std::string_view signed_text;
    std::string signature;
};

Outcome<json::object> object_in(std::string_view base64url) {
    const auto text = from_base64url(base64url);
    if (!text) return malformed();
    auto object = parse_object(*text);
    if (!object) return malformed();
    return object;
}

Outcome<Parts> parts_of(std::string_view token) {
    const auto first = token.find('.');
    const auto second = token.rfind('.');
    if (token.size() > kIdentityBytesMax || first == std::string_view::npos || first == second) {
        return malformed();
    }
    auto header = object_in(token.substr(0, first));
    if (!header) return std::unexpected(header.error());
    auto claims = object_in(token.substr(first + 1, second - first - 1));
    if (!claims) return std::unexpected(claims.error());
    auto signature = from_base64url(token.substr(second + 1));
    const auto* const algorithm = header->if_contains("alg");
    const bool known = algorithm != nullptr && algorithm->is_string() &&
                       algorithm->get_string() == "HS256" && !header->contains("crit");
    if (!signature || !known) return malformed();
    return Parts{.header = std::move(*header),
                 .claims = std::move(*claims),
                 .signed_text = token.substr(0, second),
                 .signature = std::move(*signature)};
}

// The secret that signed it: the one that `kid` names, else any in force.
std::optional<Uuid> signer_of(const events::TenantKeys& keys,
                              const IdentityTerms& terms,
                              const Parts& parts) {
    const auto* const kid = parts.header.if_contains("kid");
    std::optional<Uuid> signer;
    for (const auto& secret : terms.secrets) {
        if (kid != nullptr) {
            const auto id = events::public_id(terms.tenant, kSecretTag, secret);
            if (!kid->is_string() || std::string_view(kid->get_string()) != id) continue;
        }
        const auto key = identity_secret(keys, terms.widget, secret);
        if (events::equal_secrets(hmac_sha256(key, parts.signed_text), parts.signature)) {
            signer = secret;
        }
    }
    return signer;
}

bool is_for(const json::object& claims, const IdentityTerms& terms) {
    const auto* const audience = claims.if_contains("aud");
    if (audience == nullptr) return false;
    const auto widget = events::public_id(terms.tenant, "wgt", terms.widget);
    const auto names_it = [&](const json::value& one) {
        return one.is_string() && std::string_view(one.get_string()) == widget;
    };
    if (!audience->is_array()) return names_it(*audience);
    for (const auto& one : audience->get_array()) {
        if (names_it(one)) return true;
    }
    return false;
}

// A NumericDate (RFC 7519, 2) in whole seconds.
std::optional<std::int64_t> seconds_in(const json::object& claims, std::string_view name) {
    const auto* const value = claims.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr || !value->is_number()) return std::nullopt;
    const double seconds = value->to_number<double>();
    if (!(seconds >= 0 && seconds <= kSecondsMost)) return std::nullopt;
    return static_cast<std::int64_t>(std::floor(seconds));
}

// When it was issued, if its time is now.
Outcome<std::int64_t> time_of(const json::object& claims, std::int64_t now_s) {
    const auto issued = seconds_in(claims, "iat");
    const auto expires = seconds_in(claims, "exp");
    if (!issued || !expires || (claims.contains("nbf") && !seconds_in(claims, "nbf"))) {
        return malformed();
    }
    if (now_s >= *expires) {
        return refuse(403, "identity-expired", "The identity's time is over: make a new one.");
    }
    const auto from = seconds_in(claims, "nbf").value_or(*issued);
    if (std::max(*issued, from) > now_s + kIdentityClockSkewS) {
        return refuse(403, "identity-not-valid-yet", "The identity's time has not begun.");
    }
    if (*expires - *issued > kIdentityLifeMaxS) {
        return refuse(422, "identity-lives-too-long", "An identity lives 24 hours at most.");
    }
    return *issued;
}

Outcome<Personal> text_in(const json::object& claims, std::string_view name) {
    auto text = optional_string_member(claims, name);
    if (!text) return malformed();
    return Personal(std::move(*text).value_or(""));
}

Outcome<Vouched> vouched_in(const json::object& claims) {
    auto subject = text_in(claims, "sub");
    if (!subject) return std::unexpected(subject.error());
    auto name = text_in(claims, "name");
    if (!name) return std::unexpected(name.error());
    auto email = text_in(claims, "email");
    if (!email) return std::unexpected(email.error());
    if (!commands::is_subject(subject->reveal())) {
        return refuse(422, "identity-subject-invalid", commands::kSubjectRule);
    }
    if (!name->empty() && !commands::is_name(name->reveal())) {
        return refuse(422, "name-invalid", commands::kNameRule);
    }
    if (!email->empty() && !commands::is_email(email->reveal())) {
        return refuse(422, "email-invalid", commands::kEmailRule);
    }
    return Vouched{.secret = {},
                   .subject = std::move(*subject),
                   .name = std::move(*name),
                   .email = std::move(*email),
                   .issued_unix_ms = 0};
}

}  // namespace

std::string identity_secret(const events::TenantKeys& keys,
                            const Uuid& widget,
                            const Uuid& secret) {
    const auto key = events::derive_key(keys.command_ids, "parlour/identity-secret/v1");
    const auto bytes = events::keyed_hash(key, {widget.view(), secret.view()});
    return events::to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Nothing of what a token says is looked at before its signature.
Outcome<Vouched> read_identity(const events::TenantKeys& keys,
                               const IdentityTerms& terms,
                               std::string_view token,
                               std::int64_t now_ms) {
    const auto parts = parts_of(token);
    if (!parts) return std::unexpected(parts.error());
    const auto signer = signer_of(keys, terms, *parts);
    if (!signer) {
        return refuse(403, "identity-forged", "No secret of the widget's in force signed this.");
    }
    if (!is_for(parts->claims, terms)) {
        return refuse(403, "identity-audience-wrong", "The identity's \"aud\" is another widget.");
    }
    const auto issued = time_of(parts->claims, now_ms / kSecondMs);
    if (!issued) return std::unexpected(issued.error());
    auto vouched = vouched_in(parts->claims);
    if (!vouched) return vouched;
    vouched->secret = *signer;
    vouched->issued_unix_ms = *issued * kSecondMs;
    return vouched;
}

Uuid visitor_of_subject(const events::TenantKeys& keys,
                        const Uuid& widget,
                        const Personal& subject) {
    return events::id_from<Uuid>(
        events::keyed_hash(keys.blind_index, {"visitor-subject", widget.view(), subject.reveal()}));
}

}  // namespace gateway
