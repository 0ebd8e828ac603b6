#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commands/visitor.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "gateway/outcome.hpp"

// Who a visitor is as the company's own server says it: a JWT (RFC 7519) in the compact form,
// signed with HMAC-SHA-256 under one of the widget's secrets (decision 0019). Claims: `sub`, what
// the company calls the visitor; `aud`, the id of the widget; `iat` and `exp`; and, if it likes,
// `name` and `email`.
namespace gateway {

inline constexpr std::size_t kIdentityBytesMax = 4'096;
// From iat to exp: what is shown to a browser is stolen one day.
inline constexpr std::int64_t kIdentityLifeMaxS = std::int64_t{24} * 60 * 60;
// So far the company's clock may be ahead of ours.
inline constexpr std::int64_t kIdentityClockSkewS = 60;

// A secret as the company is shown it, once; these 64 ASCII characters are the key of the HMAC. It
// is made of its id under the company's key, so that it is stored nowhere, and the id is enough to
// take it out of use.
std::string identity_secret(const events::TenantKeys& keys,
                            const events::Uuid& widget,
                            const events::Uuid& secret);

struct IdentityTerms {
    events::TenantId tenant;
    events::Uuid widget;
    std::vector<events::Uuid> secrets;  // those in force
};

// 400 "identity-malformed" for what is no such token; 403 "identity-forged" when no secret in force
// signed it, "identity-audience-wrong", "identity-expired", "identity-not-valid-yet"; 422
// "identity-lives-too-long", "identity-subject-invalid", "name-invalid", "email-invalid".
Outcome<commands::Vouched> read_identity(const events::TenantKeys& keys,
                                         const IdentityTerms& terms,
                                         std::string_view token,
                                         std::int64_t now_ms);

// The one visitor of a subject. Each widget has its own: what two shops call 42 are two people.
events::Uuid visitor_of_subject(const events::TenantKeys& keys,
                                const events::Uuid& widget,
                                const events::Personal& subject);

}  // namespace gateway
