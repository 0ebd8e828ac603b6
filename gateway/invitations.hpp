#pragma once

#include "gateway/account_access.hpp"
#include "gateway/router.hpp"

// The resource /api/v1/company/invitations: how somebody comes to belong to a company. Inviting
// answers the same whether the address has an account or not.
namespace gateway {

inline constexpr std::int64_t kInvitationValidMs = std::int64_t{7} * 24 * 60 * 60 * 1000;

// Adds its routes, and the one that accepts an invitation. Borrowed; outlives the router.
void add_invitation_routes(Router& router, const AccountServices& accounts);

}  // namespace gateway
