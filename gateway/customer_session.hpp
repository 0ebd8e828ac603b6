#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "gateway/auth.hpp"

// The session of a customer: of somebody with an account that belongs to one company, and to its
// visitors, not to its people. Its token is a bearer token, for the widget's frame has no cookie;
// we keep its SHA-256. Whoever has one is a visitor, the same in every browser, and can be logged
// out.
namespace gateway {

inline constexpr std::string_view kCustomerTag = "cst";

struct CustomerToken {
    events::TenantId tenant;
    events::Uuid session;
    events::Uuid widget;  // which the customer came through
    std::string text;     // secret
};

// A fresh one: TENANT-cst- and hex(session 16 | widget 16 | random 32).
CustomerToken make_customer_token(const events::TenantId& tenant, const events::Uuid& widget);
// Nothing for a text of another form.
std::optional<CustomerToken> parse_customer_token(std::string_view text);

// The visitor that an account is to the company's people, who are not told of the account (DEC18).
events::Uuid visitor_of_account(const events::TenantKeys& keys, const events::Uuid& account);

// Whether a company keeps accounts of customers (E11). Reads the disk.
events::Result<bool> takes_customers(const Services& services, const events::TenantId& tenant);

// For Authenticator::set_customer. 401 when the session is over or of a password before the
// account's (session_hold.hpp), or the account locked. Reads the views every time: what is taken
// away is gone at once.
Verifier customer_verifier(const Services& services);

}  // namespace gateway
