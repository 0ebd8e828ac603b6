#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"
#include "gateway/log_in_delays.hpp"
#include "gateway/passwords.hpp"
#include "gateway/services.hpp"

// Accounts by their address and password: what log-in, registration and invitations share.
namespace gateway {

// What the routes of accounts work with. All borrowed.
struct AccountServices {
    const Services& services;
    PasswordHasher& hasher;
    LogInDelays& delays;
};

// The id of the reservation of an address. The letters A to Z count as a to z.
events::Uuid email_reservation(const events::TenantKeys& platform, std::string_view email);

// An account that may log in, and where: the companies it is a member of, in the order in which
// they were linked.
struct Login {
    events::Uuid account;
    std::vector<events::TenantId> companies;
};

// Whose address and password these are. Nothing for an unknown address, a wrong password, and an
// account that is not confirmed or is locked, all in the same time. kOverloaded: too many are being
// checked.
net::awaitable<events::Result<std::optional<Login>>> check_password(const AccountServices* accounts,
                                                                    events::Personal email,
                                                                    events::Personal password);

}  // namespace gateway
