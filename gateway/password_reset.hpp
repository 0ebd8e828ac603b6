#pragma once

#include <optional>

#include "events/ids.hpp"
#include "events/secret.hpp"
#include "gateway/account_access.hpp"
#include "gateway/http.hpp"

// A forgotten password, of those who work for companies and of a company's customers.
namespace gateway {

// Goes on after the answer: sends the link to an account that can be used, and nothing to any other
// address. 202 in either case, within the mails that an address may get; 503 "overloaded" when too
// much is under way.
Response begin_reset(const AccountServices& accounts,
                     events::Personal email,
                     std::optional<events::TenantId> customer_of = std::nullopt);

}  // namespace gateway
