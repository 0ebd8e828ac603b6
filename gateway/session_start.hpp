#pragma once

#include <boost/json/object.hpp>

#include "gateway/account_access.hpp"
#include "gateway/outcome.hpp"
#include "gateway/services.hpp"

// What the routes that begin a session do alike: logging in, confirming an address, accepting an
// invitation.
namespace gateway {

// The body of a stranger's request: 415 "content-type-wrong" unless it says application/json, which
// a form of another site cannot send without asking first, and we never say yes.
Outcome<boost::json::object> parse_stranger(const Request& request);

// 401 "login-failed": one answer for whatever was wrong.
Response login_failed();

// Begins a session and hands it over: 201 with the cookie and the token against other sites. The
// services are borrowed and outlive the call.
net::awaitable<Response> start_session(const Services* services,
                                       Shown shown,
                                       events::TenantId tenant,
                                       bool secure);

}  // namespace gateway
