#pragma once

#include <cstdint>

#include "projections/account_view.hpp"
#include "projections/session_view.hpp"

namespace gateway {

// Whether a log-in that has not ended still counts for its account: its time is not over, and the
// password that it was begun with is the account's, or was changed in it. So a session of before
// ends with the very event that names the new password, whatever happens after. Not asked here:
// whether the account can be used.
bool holds(const projections::SessionItem& session,
           const projections::AccountItem& account,
           std::int64_t now_ms);

}  // namespace gateway
