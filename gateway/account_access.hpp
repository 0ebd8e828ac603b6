#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"
#include "gateway/after_answer.hpp"
#include "gateway/log_in_delays.hpp"
#include "gateway/passwords.hpp"
#include "gateway/quota.hpp"
#include "gateway/services.hpp"
#include "gateway/settings.hpp"

// Accounts by their address and password: what log-in, registration and invitations share.
namespace gateway {

// What the routes of accounts work with. All borrowed.
struct AccountServices {
    const Services& services;
    PasswordHasher& hasher;
    LogInDelays& delays;
    AfterAnswer& after;
    Quota& mails;  // to one address
    Registration registration = Registration::kClosed;
};

// So many mails that a stranger can ask for go to one address at once, then one each so often.
inline constexpr Rate kMailRate{.burst = 3, .every = std::chrono::minutes(20)};

// The id of the reservation of an address. The letters A to Z count as a to z. Of the customers of
// each company an address is reserved apart, and apart from those who work for companies.
events::Uuid email_reservation(const events::TenantKeys& platform,
                               std::string_view email,
                               const std::optional<events::TenantId>& customer_of = std::nullopt);

// What attempts and mails are counted by: the same address as a company's customer, and at another
// company, is another.
events::Personal counted_as(const events::Personal& email,
                            const std::optional<events::TenantId>& customer_of);

// Who holds an address, if it is an account that there is. Reads the disk.
events::Result<std::optional<projections::AccountItem>> account_of(
    const Services& services,
    const events::Personal& email,
    const std::optional<events::TenantId>& customer_of = std::nullopt);

// Whose password was shown, and which it is (AccountItem::credential): a session begun with it
// counts as long as it is the account's.
struct Shown {
    events::Uuid account;
    events::Uuid credential;
};

// An account that may log in, and where: the companies it is a member of, in the order in which
// they were linked.
struct Login {
    Shown shown;
    std::vector<events::TenantId> companies;
};

// Whose address and password these are. Nothing for an unknown address, a wrong password, and an
// account that is not confirmed or is locked, all in the same time. It sees what anybody was told
// before. kOverloaded: too many are being checked; kUnavailable: the views are too far behind.
net::awaitable<events::Result<std::optional<Login>>> check_password(
    const AccountServices* accounts,
    events::Personal email,
    events::Personal password,
    std::optional<events::TenantId> customer_of = std::nullopt);

// The same of a known account, whether it is confirmed or not.
net::awaitable<events::Result<std::optional<Shown>>> show_password(const AccountServices* accounts,
                                                                   events::Uuid account,
                                                                   events::Personal password);

// An account's log-ins in one tenant that still count (session_hold.hpp), the oldest first.
net::awaitable<events::Result<std::vector<projections::SessionItem>>> sessions_that_hold(
    const Services* services, events::TenantId tenant, events::Uuid account);

}  // namespace gateway
