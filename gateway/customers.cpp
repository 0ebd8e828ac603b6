#include "gateway/customers.hpp"

#include <boost/json/array.hpp>

#include <memory>
#include <string>
#include <utility>

#include "commands/session.hpp"
#include "events/crypto.hpp"
#include "gateway/account_steps.hpp"
#include "gateway/budgets.hpp"
#include "gateway/customer_session.hpp"
#include "gateway/json_body.hpp"
#include "gateway/password_reset.hpp"
#include "gateway/portal_session.hpp"
#include "gateway/registering.hpp"
#include "gateway/resource.hpp"
#include "gateway/session_start.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Session;
using events::Personal;
using events::Result;
using events::Uuid;
using parlour::session::v1::SessionEnd;

constexpr std::string_view kNoSession = "session-not-found";

// The widget that a body names by its public key, and whether its company takes customers.
struct Door {
    events::TenantId tenant;
    Uuid widget;
    bool open = false;
};
Result<Door> find_door(const Services& services, const std::string& key) {
    const auto widget = services.known_widgets.by_key(key, services.now_ms());
    if (!widget) return std::unexpected(widget.error());
    Door door{.tenant = (*widget)->tenant, .widget = (*widget)->item.id};
    const auto open = takes_customers(services, door.tenant);
    if (!open) return std::unexpected(open.error());
    door.open = *open;
    return door;
}

net::awaitable<Outcome<Door>> door_in(const Services* services, json::object body) {
    auto key = string_member(body, "widget");
    if (!key) co_return std::unexpected(key.error());
    const auto door = co_await offload(
        services->pool, [services, key = std::move(*key)] { return find_door(*services, key); });
    if (!door) co_return std::unexpected(problem_of(door.error(), "widget-not-found"));
    if (door->open) co_return *door;
    co_return refuse(403, "customers-not-admitted", "This company keeps no customer accounts.");
}

std::string session_id(const events::TenantId& tenant, const Uuid& session) {
    return events::public_id(tenant, {Session::kKind, session});
}

class Customers {
  public:
    explicit Customers(const AccountServices& accounts)
        : accounts_(accounts), services_(accounts.services) {}

    net::awaitable<Response> create(Call call) const;
    net::awaitable<Response> confirm(Call call) const;
    net::awaitable<Response> log_in(Call call) const;
    net::awaitable<Response> request_reset(Call call) const;
    net::awaitable<Response> show(Call call) const;
    net::awaitable<Response> list_sessions(Call call) const;
    net::awaitable<Response> end_current(Call call) const;
    net::awaitable<Response> end_one(Call call) const;

  private:
    net::awaitable<Response> start(Door door, Shown shown) const;
    net::awaitable<Response> end(Principal me, Uuid session) const;

    const AccountServices& accounts_;
    const Services& services_;
};

net::awaitable<Response> Customers::create(Call call) const {
    const auto object = parse_stranger(call.request);
    if (!object) co_return object.error();
    const auto door = co_await door_in(&services_, *object);
    if (!door) co_return door.error();
    auto who = registering_in(*object);
    if (!who) co_return who.error();
    who->company = door->tenant;
    co_return co_await begin_registration(&accounts_, *object, std::move(*who));
}

net::awaitable<Response> Customers::confirm(Call call) const {
    const auto account = co_await confirm_registration(&accounts_, std::move(call.request), true);
    co_return account ? json_response(200, json::object{}) : account.error();
}

net::awaitable<Response> Customers::start(Door door, Shown shown) const {
    const auto token = make_customer_token(door.tenant, door.widget);
    const auto expires = services_.now_ms() + kSessionValidMs;
    const auto keys = services_.keys.tenant_keys(door.tenant);
    if (!keys) co_return problem(keys.error());
    const auto started = co_await take_step<Session>(
        &services_,
        door.tenant,
        token.session,
        commands::StartSession{.account = shown.account,
                               .token_sha256 = events::sha256({token.text}),
                               .expires_ms = expires,
                               .credential = shown.credential},
        shown.account);
    if (!started) co_return refusal_response(started.error());
    co_return json_response(
        201,
        json::object{
            {"id", session_id(door.tenant, token.session)},
            {"token", token.text},
            {"visitor",
             events::public_id(door.tenant, "vis", visitor_of_account(**keys, shown.account))},
            {"expires", events::format_time(expires)}});
}

net::awaitable<Response> Customers::log_in(Call call) const {
    const auto object = parse_stranger(call.request);
    if (!object) co_return object.error();
    auto email = string_member(*object, "email");
    if (!email) co_return email.error();
    auto password = string_member(*object, "password");
    if (!password) co_return password.error();
    const auto door = co_await door_in(&services_, *object);
    if (!door) co_return door.error();
    const Personal address(std::move(*email));
    const auto attempt =
        accounts_.delays.key_of(counted_as(address, door->tenant), call.request.peer);
    if (const auto wait = accounts_.delays.begin(attempt, services_.now_ms())) {
        co_return too_many("too-many-attempts", *wait);
    }
    const auto login =
        co_await check_password(&accounts_, address, Personal(std::move(*password)), door->tenant);
    if (!login) co_return problem(login.error());
    if (!*login) {
        services_.metrics.failed_passwords.add();
        co_return login_failed();
    }
    accounts_.delays.succeeded(attempt);
    co_return co_await start(*door, (*login)->shown);
}

// The link's token is spent as any account's is.
net::awaitable<Response> Customers::request_reset(Call call) const {
    const auto object = parse_stranger(call.request);
    if (!object) co_return object.error();
    auto email = string_member(*object, "email");
    if (!email) co_return email.error();
    const auto door = co_await door_in(&services_, *object);
    if (!door) co_return door.error();
    co_return begin_reset(accounts_, Personal(std::move(*email)), door->tenant);
}

net::awaitable<Response> Customers::show(Call call) const {
    const auto& me = call.principal;
    const auto* const services = &services_;
    const auto person = co_await offload(services_.pool, [services, account = *me.customer] {
        return services->views.accounts.person(
            services->store, services->keys, account, services->now_ms());
    });
    if (!person) co_return problem(person.error());
    if (!*person) co_return problem(410, "erased", "The account was erased.");
    co_return json_response(200,
                            json::object{{"name", (*person)->name.reveal()},
                                         {"email", (*person)->email.reveal()},
                                         {"visitor", events::public_id(me.tenant, "vis", me.actor)},
                                         {"session", session_id(me.tenant, *me.session)}});
}

net::awaitable<Response> Customers::list_sessions(Call call) const {
    const auto& me = call.principal;
    const auto items = co_await sessions_that_hold(&services_, me.tenant, *me.customer);
    if (!items) co_return problem(items.error());
    json::array listed;
    for (const auto& item : *items) {
        listed.push_back(json::object{{"id", session_id(me.tenant, item.id)},
                                      {"started", events::format_time(item.started_ms)},
                                      {"expires", events::format_time(item.expires_ms)},
                                      {"current", item.id == me.session}});
    }
    co_return json_response(200, json::object{{"items", std::move(listed)}});
}

net::awaitable<Response> Customers::end(Principal me, Uuid session) const {
    const auto reason = session == me.session ? SessionEnd::SESSION_END_LOGGED_OUT
                                              : SessionEnd::SESSION_END_REVOKED;
    const auto ended = co_await take_step<Session>(
        &services_, me.tenant, session, commands::EndSession{reason}, me.customer);
    if (!ended) co_return refusal_response(ended.error());
    co_return Response{.status = 204, .content_type = {}, .body = {}, .headers = {}};
}

net::awaitable<Response> Customers::end_current(Call call) const {
    const Uuid session = *call.principal.session;
    co_return co_await end(std::move(call.principal), session);
}

net::awaitable<Response> Customers::end_one(Call call) const {
    const auto id = own_id(call.principal, call.segments.front(), Session::kKind, kNoSession);
    if (!id) co_return id.error();
    const auto* const services = &services_;
    const auto found =
        co_await offload(services_.pool, [services, tenant = call.principal.tenant, id = *id] {
            return services->views.sessions.find(services->store, tenant, id);
        });
    if (!found) co_return problem(found.error());
    if (!*found || (*found)->account != *call.principal.customer) {
        co_return problem(404, kNoSession, "There is no such session, or it has ended.");
    }
    co_return co_await end(std::move(call.principal), *id);
}

}  // namespace

void add_customer_routes(Router& router, const AccountServices& accounts) {
    using Handle = net::awaitable<Response> (Customers::*)(Call) const;
    struct Route {
        std::string_view method;
        std::string_view pattern;
        const Access& access;
        Handle handle;
    };
    const auto routes = std::make_shared<const Customers>(accounts);
    const Access strangers{.everybody = true, .budget = Budget::kAccount};
    const Access customer{.customer = true};
    for (const auto& [method, pattern, access, handle] :
         {Route{"POST", "/api/v1/customers/registrations", strangers, &Customers::create},
          Route{"POST", "/api/v1/customers/confirmations", strangers, &Customers::confirm},
          Route{"POST", "/api/v1/customers/sessions", strangers, &Customers::log_in},
          Route{"POST", "/api/v1/customers/password-resets", strangers, &Customers::request_reset},
          Route{"GET", "/api/v1/customer", customer, &Customers::show},
          Route{"GET", "/api/v1/customer/sessions", customer, &Customers::list_sessions},
          Route{"DELETE", "/api/v1/customer/sessions/current", customer, &Customers::end_current},
          Route{"DELETE", "/api/v1/customer/sessions/{id}", customer, &Customers::end_one}}) {
        router.add(method, pattern, access, [routes, run = handle](Call call) {
            return ((*routes).*run)(std::move(call));
        });
    }
}

}  // namespace gateway
