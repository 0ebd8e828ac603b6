#include "gateway/session_start.hpp"

#include "commands/session.hpp"
#include "gateway/account_steps.hpp"
#include "gateway/json_body.hpp"
#include "gateway/portal_session.hpp"

namespace gateway {

namespace json = boost::json;
using commands::Session;

Outcome<json::object> parse_stranger(const Request& request) {
    const auto type = request.header("content-type").value_or("");
    if (type.substr(0, type.find(';')) != "application/json") {
        return refuse(415, "content-type-wrong", "Send application/json.");
    }
    return parse_object(request.body);
}

Response login_failed() {
    Response response =
        problem(401, "login-failed", "Address and password do not belong together here.");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

net::awaitable<Response> start_session(const Services* services,
                                       Shown shown,
                                       events::TenantId tenant,
                                       bool secure) {
    const auto token = make_session_token(tenant);
    const auto expires = services->now_ms() + kSessionValidMs;
    const auto started = co_await take_step<Session>(
        services,
        tenant,
        token.session,
        commands::StartSession{.account = shown.account,
                               .token_sha256 = events::sha256({token.text}),
                               .expires_ms = expires,
                               .credential = shown.credential},
        shown.account);
    if (!started) co_return refusal_response(started.error());
    Response response = json_response(
        201,
        json::object{{"id", events::public_id(tenant, {Session::kKind, token.session})},
                     {"expires", events::format_time(expires)},
                     {"csrf_token", csrf_token_of(token)}});
    response.headers.emplace_back("Set-Cookie", session_cookie(token, secure));
    co_return response;
}

}  // namespace gateway
