#include "gateway/sessions.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "commands/session.hpp"
#include "gateway/account_steps.hpp"
#include "gateway/async.hpp"
#include "gateway/budgets.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/json_body.hpp"
#include "gateway/portal_session.hpp"
#include "gateway/resource.hpp"
#include "gateway/role_names.hpp"
#include "gateway/session_start.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Session;
using events::Personal;
using events::Result;
using events::Uuid;

constexpr std::string_view kNotFound = "session-not-found";

// Where the log-in leads: the company that is asked for, else the first, else the platform. Nothing
// when the account is no member there.
std::optional<events::TenantId> tenant_for(const Login& login,
                                           const std::optional<std::string>& asked) {
    if (!asked) {
        return login.companies.empty() ? events::kPlatformTenant : login.companies.front();
    }
    const auto tenant = events::parse_tenant(*asked);
    if (!tenant || std::ranges::find(login.companies, *tenant) == login.companies.end()) {
        return std::nullopt;
    }
    return tenant;
}

std::string session_id(const events::TenantId& tenant, const Uuid& session) {
    return events::public_id(tenant, {Session::kKind, session});
}

json::object session_json(const events::TenantId& tenant, const projections::SessionItem& item) {
    return {{"id", session_id(tenant, item.id)},
            {"started", events::format_time(item.started_ms)},
            {"expires", events::format_time(item.expires_ms)}};
}

// Who asks, as the account's own portal shows it.
Result<json::object> me_json(const Services& services, const Principal& me) {
    const auto now = services.now_ms();
    const auto& views = services.views;
    auto account = views.accounts.find(services.store, me.actor);
    if (!account) return std::unexpected(account.error());
    const auto person = views.accounts.person(services.store, services.keys, me.actor, now);
    if (!person) return std::unexpected(person.error());
    if (!*account || !*person) return events::fail(events::Errc::kErased, "the account is erased");
    json::object object{{"account",
                         {{"id",
                           events::public_id(events::kPlatformTenant,
                                             {parlour::log::v1::STREAM_KIND_ACCOUNT, me.actor})},
                          {"name", (*person)->name.reveal()},
                          {"email", (*person)->email.reveal()},
                          {"locale", (*account)->locale}}},
                        {"session", session_id(me.tenant, *me.session)}};
    json::array companies;
    for (const auto& tenant : (*account)->companies) {
        const auto member = views.companies.member(services.store, tenant, me.actor);
        if (!member) return std::unexpected(member.error());
        const auto profile = views.companies.profile(services.store, services.keys, tenant, now);
        if (!profile) return std::unexpected(profile.error());
        if (!*member || !*profile) continue;
        json::object company{{"id", events::to_text(tenant)}};
        if ((*profile)->name) company["name"] = (*profile)->name->reveal();
        if (tenant == me.tenant) object["company"] = company;
        companies.push_back(std::move(company));
    }
    object["companies"] = std::move(companies);
    object["roles"] = names_json(kRoleNames, me.roles);
    if (me.expert) {
        object["expert"] =
            events::public_id(me.tenant, {parlour::log::v1::STREAM_KIND_EXPERT, *me.expert});
    }
    return object;
}

class Sessions {
  public:
    explicit Sessions(const AccountServices& accounts)
        : accounts_(accounts), services_(accounts.services) {}

    net::awaitable<Response> start(Call call) const;
    net::awaitable<Response> list(Call call) const;
    net::awaitable<Response> end_current(Call call) const;
    net::awaitable<Response> end_one(Call call) const;
    net::awaitable<Response> show_me(Call call) const;

  private:
    net::awaitable<Response> end(Call call, Uuid session) const;

    const AccountServices& accounts_;
    const Services& services_;
};

net::awaitable<Response> Sessions::start(Call call) const {
    const auto object = parse_stranger(call.request);
    if (!object) co_return object.error();
    auto email = string_member(*object, "email");
    if (!email) co_return email.error();
    auto password = string_member(*object, "password");
    if (!password) co_return password.error();
    const auto company = optional_string_member(*object, "company");
    if (!company) co_return company.error();
    const Personal address(std::move(*email));
    const auto attempt = accounts_.delays.key_of(address, call.request.peer);
    if (const auto wait = accounts_.delays.begin(attempt, services_.now_ms())) {
        co_return too_many("too-many-attempts", *wait);
    }
    const auto login = co_await check_password(&accounts_, address, Personal(std::move(*password)));
    if (!login) co_return problem(login.error());
    const auto tenant = *login ? tenant_for(**login, *company) : std::nullopt;
    if (!tenant) {
        services_.metrics.failed_passwords.add();
        co_return login_failed();
    }
    accounts_.delays.succeeded(attempt);
    co_return co_await start_session(&services_, (*login)->shown, *tenant, call.request.secure);
}

net::awaitable<Response> Sessions::list(Call call) const {
    const auto& me = call.principal;
    const auto items = co_await sessions_that_hold(&services_, me.tenant, me.actor);
    if (!items) co_return problem(items.error());
    json::array listed;
    for (const auto& item : *items) {
        auto object = session_json(me.tenant, item);
        object["current"] = item.id == me.session;
        listed.push_back(std::move(object));
    }
    co_return json_response(200, json::object{{"items", std::move(listed)}});
}

net::awaitable<Response> Sessions::end(Call call, Uuid session) const {
    using parlour::session::v1::SessionEnd;
    const auto& me = call.principal;
    const bool own = session == me.session;
    const auto ended =
        co_await take_step<Session>(&services_,
                                    me.tenant,
                                    session,
                                    commands::EndSession{own ? SessionEnd::SESSION_END_LOGGED_OUT
                                                             : SessionEnd::SESSION_END_REVOKED},
                                    me.actor);
    if (!ended) co_return refusal_response(ended.error());
    Response response{.status = 204, .content_type = {}, .body = {}, .headers = {}};
    if (own) {
        response.headers.emplace_back("Set-Cookie", no_session_cookie(call.request.secure));
    }
    co_return response;
}

net::awaitable<Response> Sessions::end_current(Call call) const {
    const Uuid session = *call.principal.session;
    co_return co_await end(std::move(call), session);
}

net::awaitable<Response> Sessions::end_one(Call call) const {
    const auto id = own_id(call.principal, call.segments.front(), Session::kKind, kNotFound);
    if (!id) co_return id.error();
    const auto* const services = &services_;
    const auto found =
        co_await offload(services_.pool, [services, tenant = call.principal.tenant, id = *id] {
            return services->views.sessions.find(services->store, tenant, id);
        });
    if (!found) co_return problem(found.error());
    if (!*found || (*found)->account != call.principal.actor) {
        co_return problem(404, kNotFound, "There is no such session, or it has ended.");
    }
    co_return co_await end(std::move(call), *id);
}

net::awaitable<Response> Sessions::show_me(Call call) const {
    const auto* const services = &services_;
    auto object = co_await offload(
        services_.pool, [services, me = call.principal] { return me_json(*services, me); });
    if (!object) co_return problem(object.error());
    if (const auto token = session_token_of(call.request)) {
        (*object)["csrf_token"] = csrf_token_of(*token);
    }
    co_return json_response(200, *object);
}

}  // namespace

void add_session_routes(Router& router, const AccountServices& accounts) {
    const auto routes = std::make_shared<const Sessions>(accounts);
    const Access signed_in{.signed_in = true};
    const Access strangers{.everybody = true, .budget = Budget::kAccount};
    router.add("POST", "/api/v1/sessions", strangers, [routes](Call call) {
        return routes->start(std::move(call));
    });
    router.add("GET", "/api/v1/sessions", signed_in, [routes](Call call) {
        return routes->list(std::move(call));
    });
    router.add("DELETE", "/api/v1/sessions/current", signed_in, [routes](Call call) {
        return routes->end_current(std::move(call));
    });
    router.add("DELETE", "/api/v1/sessions/{id}", signed_in, [routes](Call call) {
        return routes->end_one(std::move(call));
    });
    router.add("GET", "/api/v1/me", signed_in, [routes](Call call) {
        return routes->show_me(std::move(call));
    });
}

}  // namespace gateway
