#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "commands/visitor.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "gateway/auth.hpp"

// The one credential of a visitor: TENANT-vst- and hex(visitor 16 | widget 16 | minute of issue 4 |
// MAC 16). It says everything by itself, so nothing is stored, and whoever opens a widget and goes
// away leaves nothing behind. It opens no log-in and cannot be revoked; it grows old.
//
// Where the company's server vouches for the visitor, what it says is sealed into the token in
// place of the MAC. Such a token lives for a day, and only as long as the secret that signed.
namespace gateway {

inline constexpr std::string_view kVisitorTokenTag = "vst";
inline constexpr std::int64_t kVisitorTokenValidMs = std::int64_t{30} * 24 * 60 * 60 * 1000;
inline constexpr std::int64_t kVouchedTokenValidMs = std::int64_t{24} * 60 * 60 * 1000;
// A client is offered a new one when its token is older than this.
inline constexpr std::int64_t kVisitorTokenFreshMs = std::int64_t{24} * 60 * 60 * 1000;

struct VisitorToken {
    events::Uuid visitor;
    events::Uuid widget;
    std::int64_t issued_unix_ms = 0;  // whole minutes are kept
    std::shared_ptr<const commands::Vouched> vouched{};
};

// The text to be given to the visitor. Secret: shown in an answer's body only, never in a URL.
std::string write_visitor_token(const events::TenantKeys& keys,
                                const events::TenantId& tenant,
                                const VisitorToken& token);

// Nothing for a text that these keys did not write for this tenant, and for one that is too old.
std::optional<VisitorToken> read_visitor_token(const events::TenantKeys& keys,
                                               const TokenText& text,
                                               std::int64_t now_ms);

// Whether no new one need be offered; for a vouched one only a new identity gets that.
bool is_fresh(const VisitorToken& token, std::int64_t now_ms);

// For Authenticator::set_visitor. The services are borrowed. 401 "unauthorized" also for a company
// that there is not: nobody makes keys by asking.
Verifier visitor_verifier(const Services& services);

}  // namespace gateway
