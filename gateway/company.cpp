#include "gateway/company.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "commands/company.hpp"
#include "commands/expert.hpp"
#include "gateway/account_steps.hpp"
#include "gateway/json_body.hpp"
#include "gateway/resource.hpp"
#include "gateway/role_names.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Company;
using events::Personal;
using events::Result;
using events::Uuid;

constexpr std::string_view kNoMember = "member-not-found";
constexpr auto kAccountKind = commands::Account::kKind;

std::string account_id(const Uuid& account) {
    return events::public_id(events::kPlatformTenant, {kAccountKind, account});
}

Result<json::array> members_json(const Services& services, const events::TenantId& tenant) {
    const auto members = services.views.companies.members(services.store, tenant);
    if (!members) return std::unexpected(members.error());
    json::array items;
    for (const auto& member : *members) {
        const auto person = services.views.accounts.person(
            services.store, services.keys, member.account, services.now_ms());
        if (!person) return std::unexpected(person.error());
        json::object item{{"account", account_id(member.account)},
                          {"roles", names_json(kRoleNames, member.roles)},
                          {"locked", member.locked},
                          {"since", events::format_time(member.since_ms)}};
        if (*person) {
            item["name"] = (*person)->name.reveal();
            item["email"] = (*person)->email.reveal();
        }
        items.push_back(std::move(item));
    }
    return items;
}

std::string_view state_of(const projections::RosterItem& item) {
    using namespace parlour::views::v1;
    if (item.deactivated) return "deactivated";
    if (item.account) return "joined";
    return item.invitation ? "invited" : "added";
}

Result<json::array> roster_json(const Services& services, const events::TenantId& tenant) {
    const auto experts =
        services.views.roster.list(services.store, services.keys, tenant, services.now_ms());
    if (!experts) return std::unexpected(experts.error());
    json::array items;
    for (const auto& expert : *experts) {
        json::object item{
            {"id", events::public_id(tenant, {commands::Expert::kKind, expert.expert})},
            {"state", state_of(expert)},
            {"added", events::format_time(expert.added_ms)}};
        if (expert.name) item["name"] = expert.name->reveal();
        if (expert.email) item["email"] = expert.email->reveal();
        if (expert.account) item["account"] = account_id(*expert.account);
        items.push_back(std::move(item));
    }
    return items;
}

class Companies {
  public:
    explicit Companies(const AccountServices& accounts)
        : accounts_(accounts), services_(accounts.services) {}

    net::awaitable<Response> found(Call call) const;
    net::awaitable<Response> show(Call call) const;
    using List = Result<json::array> (*)(const Services&, const events::TenantId&);
    net::awaitable<Response> list(Call call, List read) const;
    net::awaitable<Response> set_roles(Call call) const;
    net::awaitable<Response> remove_member(Call call) const;
    net::awaitable<Response> set_locked(Call call) const;
    net::awaitable<Response> set_expert_active(Call call) const;

  private:
    // The member that the path names.
    net::awaitable<Outcome<projections::MemberItem>> member(const Call* call) const;
    // Gives a member these roles and takes all others; none: it is no member any more.
    net::awaitable<std::optional<Response>> change_roles(events::TenantId tenant,
                                                         Uuid admin,
                                                         projections::MemberItem member,
                                                         std::vector<Role> wanted) const;
    // Whoever has the role of an expert is one, and nobody else.
    net::awaitable<std::optional<Response>> match_expert(events::TenantId tenant,
                                                         Uuid admin,
                                                         Uuid account,
                                                         bool is_expert) const;

    const AccountServices& accounts_;
    const Services& services_;
};

// Each step is taken once even if a later one fails: the founder then finds the company at the next
// log-in, or founds another.
net::awaitable<Response> Companies::found(Call call) const {
    const auto me = call.principal.actor;
    if (accounts_.registration != Registration::kOpen) {
        co_return problem(403, "registration-closed", "Only the operator founds companies here.");
    }
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    auto name = string_member(*object, "name");
    if (!name) co_return name.error();
    const auto tenant = events::random_id<events::TenantId>();
    const auto stream = events::random_id<Uuid>();
    const auto created = co_await take_step<Company>(
        &services_, tenant, stream, commands::CreateCompany{Personal(std::move(*name))}, me);
    if (!created) co_return refusal_response(created.error());
    const auto granted = co_await take_step<Company>(
        &services_,
        tenant,
        stream,
        commands::GrantRoles{.account = me, .roles = {Role::ROLE_ADMIN}},
        me);
    if (!granted) co_return refusal_response(granted.error());
    for (commands::Account::Command command :
         {commands::Account::Command(commands::LinkCompany{tenant}),
          commands::Account::Command(commands::CompleteRegistration{})}) {
        const auto done = co_await take_step<commands::Account>(
            &services_, events::kPlatformTenant, me, std::move(command), me);
        if (!done) co_return refusal_response(done.error());
    }
    co_return json_response(201, json::object{{"id", events::to_text(tenant)}});
}

net::awaitable<Response> Companies::show(Call call) const {
    const auto tenant = call.principal.tenant;
    const auto found = co_await company_of(&services_, tenant);
    if (!found) co_return found.error();
    json::object object{{"id", events::to_text(tenant)},
                        {"created", events::format_time(found->created_ms)}};
    if (found->name) object["name"] = found->name->reveal();
    co_return json_response(200, object);
}

net::awaitable<Response> Companies::list(Call call, List read) const {
    const auto tenant = call.principal.tenant;
    if (auto behind = co_await wait_for_position(&services_, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto* const services = &services_;
    auto items = co_await offload(services_.pool,
                                  [services, tenant, read] { return read(*services, tenant); });
    if (!items) co_return problem(items.error());
    co_return json_response(200, json::object{{"items", std::move(*items)}});
}

net::awaitable<Outcome<projections::MemberItem>> Companies::member(const Call* call) const {
    const auto id = events::parse_stream_id(call->segments.front(), kAccountKind);
    if (!id) co_return refuse(404, kNoMember, "The account is no member of the company.");
    const auto* const services = &services_;
    auto found = co_await offload(
        services_.pool, [services, tenant = call->principal.tenant, account = id->uuid] {
            return services->views.companies.member(services->store, tenant, account);
        });
    if (!found) co_return std::unexpected(problem(found.error()));
    if (!*found) co_return refuse(404, kNoMember, "The account is no member of the company.");
    co_return *std::move(*found);
}

net::awaitable<std::optional<Response>> Companies::match_expert(events::TenantId tenant,
                                                                Uuid admin,
                                                                Uuid account,
                                                                bool is_expert) const {
    const auto* const services = &services_;
    const auto now = co_await offload(services_.pool, [services, tenant, account] {
        return services->views.roster.of_account(services->store, tenant, account);
    });
    if (!now) co_return problem(now.error());
    std::optional<commands::Expert::Command> command;
    Uuid expert = *now ? (*now)->expert : events::random_id<Uuid>();
    if (*now && (*now)->deactivated == is_expert) {
        if (is_expert) command = commands::ReactivateExpert{};
        if (!is_expert) command = commands::DeactivateExpert{};
    } else if (!*now && is_expert) {
        const auto person = co_await offload(services_.pool, [services, account] {
            return services->views.accounts.person(
                services->store, services->keys, account, services->now_ms());
        });
        if (!person) co_return problem(person.error());
        if (!*person) co_return problem(410, "erased", "The account was erased.");
        command = commands::EnrolExpert{
            .name = (*person)->name, .email = (*person)->email, .account = account};
    }
    if (!command) co_return std::nullopt;
    const auto done = co_await take_step<commands::Expert>(
        &services_, tenant, expert, std::move(*command), admin);
    if (!done) co_return refusal_response(done.error());
    co_return std::nullopt;
}

net::awaitable<std::optional<Response>> Companies::change_roles(events::TenantId tenant,
                                                                Uuid admin,
                                                                projections::MemberItem member,
                                                                std::vector<Role> wanted) const {
    const auto company = co_await company_of(&services_, tenant);
    if (!company) co_return company.error();
    std::vector<Company::Command> commands;
    for (const auto role : member.roles) {
        if (std::ranges::find(wanted, role) != wanted.end()) continue;
        commands.emplace_back(commands::RevokeRole{.account = member.account, .role = role});
    }
    if (!wanted.empty()) {
        commands.emplace_back(commands::GrantRoles{.account = member.account, .roles = wanted});
    }
    // Granted before taken away, so that a member who changes roles stays one throughout.
    if (!wanted.empty() && commands.size() > 1) std::ranges::rotate(commands, commands.end() - 1);
    for (auto& command : commands) {
        const auto done =
            co_await take_step<Company>(&services_, tenant, company->id, std::move(command), admin);
        if (!done) co_return refusal_response(done.error());
    }
    const bool expert = std::ranges::find(wanted, Role::ROLE_EXPERT) != wanted.end();
    co_return co_await match_expert(tenant, admin, member.account, expert);
}

net::awaitable<Response> Companies::set_roles(Call call) const {
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    const auto names = strings_member(*object, "roles");
    if (!names) co_return names.error();
    auto roles = values_named(kRoleNames, *names, "role-invalid");
    if (!roles) co_return roles.error();
    if (roles->empty()) co_return problem(422, "role-invalid", "A member has at least one role.");
    const auto who = co_await member(&call);
    if (!who) co_return who.error();
    auto failed =
        co_await change_roles(call.principal.tenant, call.principal.actor, *who, std::move(*roles));
    co_return failed ? std::move(*failed) : json_response(200, json::object{});
}

net::awaitable<Response> Companies::remove_member(Call call) const {
    const auto who = co_await member(&call);
    if (!who) co_return who.error();
    const auto& me = call.principal;
    if (auto failed = co_await change_roles(me.tenant, me.actor, *who, {})) {
        co_return std::move(*failed);
    }
    const auto unlinked = co_await take_step<commands::Account>(&services_,
                                                                events::kPlatformTenant,
                                                                who->account,
                                                                commands::UnlinkCompany{me.tenant},
                                                                me.actor);
    if (!unlinked) co_return refusal_response(unlinked.error());
    co_return json_response(200, json::object{});
}

net::awaitable<Response> Companies::set_locked(Call call) const {
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    const auto locked = bool_member(*object, "locked");
    if (!locked) co_return locked.error();
    const auto who = co_await member(&call);
    if (!who) co_return who.error();
    const auto company = co_await company_of(&services_, call.principal.tenant);
    if (!company) co_return company.error();
    const auto meta = meta_of(services_, call.principal, call.request, {*locked ? "on" : "off"});
    if (!meta) co_return meta.error();
    Company::Command command = commands::UnlockMember{.account = who->account};
    if (*locked) command = commands::LockMember{.account = who->account};
    co_return answer_of(
        200,
        co_await execute<Company>(services_.writer, company->id, std::move(command), *meta),
        {});
}

net::awaitable<Response> Companies::set_expert_active(Call call) const {
    constexpr std::string_view kNotFound = "expert-not-found";
    const auto id =
        own_id(call.principal, call.segments.front(), commands::Expert::kKind, kNotFound);
    if (!id) co_return id.error();
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    const auto active = bool_member(*object, "active");
    if (!active) co_return active.error();
    const auto meta = meta_of(services_, call.principal, call.request, {*active ? "on" : "off"});
    if (!meta) co_return meta.error();
    commands::Expert::Command command = commands::DeactivateExpert{};
    if (*active) command = commands::ReactivateExpert{};
    co_return answer_of(
        200,
        co_await execute<commands::Expert>(services_.writer, *id, std::move(command), *meta),
        {});
}

}  // namespace

net::awaitable<Outcome<projections::CompanyProfile>> company_of(const Services* services,
                                                                events::TenantId tenant) {
    auto found = co_await offload(services->pool, [services, tenant] {
        return services->views.companies.profile(
            services->store, services->keys, tenant, services->now_ms());
    });
    if (!found) co_return std::unexpected(problem(found.error()));
    if (!*found) co_return refuse(404, "company-not-found", "There is no such company.");
    co_return *std::move(*found);
}

void add_company_routes(Router& router, const AccountServices& accounts) {
    const auto routes = std::make_shared<const Companies>(accounts);
    const Access admin{.roles = {Role::ROLE_ADMIN}};
    const Access signed_in{.signed_in = true};
    router.add("POST", "/api/v1/companies", signed_in, [routes](Call call) {
        return routes->found(std::move(call));
    });
    router.add("GET", "/api/v1/company", signed_in, [routes](Call call) {
        return routes->show(std::move(call));
    });
    router.add("GET", "/api/v1/company/members", admin, [routes](Call call) {
        return routes->list(std::move(call), members_json);
    });
    router.add("PUT", "/api/v1/company/members/{id}/roles", admin, [routes](Call call) {
        return routes->set_roles(std::move(call));
    });
    router.add("DELETE", "/api/v1/company/members/{id}", admin, [routes](Call call) {
        return routes->remove_member(std::move(call));
    });
    router.add("PUT", "/api/v1/company/members/{id}/locked", admin, [routes](Call call) {
        return routes->set_locked(std::move(call));
    });
    router.add("GET", "/api/v1/company/experts", admin, [routes](Call call) {
        return routes->list(std::move(call), roster_json);
    });
    router.add("PUT", "/api/v1/company/experts/{id}/active", admin, [routes](Call call) {
        return routes->set_expert_active(std::move(call));
    });
}

}  // namespace gateway
