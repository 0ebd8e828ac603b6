#include "gateway/company.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "commands/company.hpp"
#include "commands/expert.hpp"
#include "events/crypto.hpp"
#include "gateway/account_steps.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/json_body.hpp"
#include "gateway/list_page.hpp"
#include "gateway/resource.hpp"
#include "gateway/role_names.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Company;
using events::Personal;
using events::Result;
using events::Uuid;

constexpr auto kAccountKind = commands::Account::kKind;
constexpr std::string_view kMembers = "/api/v1/company/members";
constexpr std::string_view kRoster = "/api/v1/company/experts";

std::string account_id(const Uuid& account) {
    return events::public_id(events::kPlatformTenant, {kAccountKind, account});
}

// With the version and tag of the company's stream, for If-Match.
Response versioned(events::Version version, json::object object) {
    object["version"] = version.value;
    Response response = json_response(200, object);
    response.headers.emplace_back("ETag", etag_of(version));
    return response;
}

Response no_member() {
    return problem(404, "member-not-found", "The account is no member of the company.");
}

// A member, or one whose removal was begun: its account still leads to the company.
Result<bool> is_linked(const Services& services,
                       const events::TenantId& tenant,
                       const Uuid& account) {
    const auto member = services.views.companies.member(services.store, tenant, account);
    if (!member) return std::unexpected(member.error());
    if (*member) return true;
    const auto item = services.views.accounts.find(services.store, account);
    if (!item) return std::unexpected(item.error());
    return *item && std::ranges::find((*item)->companies, tenant) != (*item)->companies.end();
}

// The id of the company that a command founds.
events::TenantId derived_tenant(const events::TenantKeys& platform, const events::CommandId& id) {
    return events::id_from<events::TenantId>(
        events::keyed_hash(platform.command_ids, {"tenant", id.view()}));
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
    switch (item.state) {
        case ROSTER_STATE_JOINED:
            return "joined";
        case ROSTER_STATE_INVITED:
            return "invited";
        case ROSTER_STATE_LAPSED:
            return "lapsed";
        default:
            return "added";
    }
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
    net::awaitable<Response> list_members(Call call) const;
    net::awaitable<Response> list_experts(Call call) const;
    net::awaitable<Response> set_roles(Call call) const;
    net::awaitable<Response> remove_member(Call call) const;
    net::awaitable<Response> set_locked(Call call) const;
    net::awaitable<Response> set_expert_active(Call call) const;

  private:
    // The member that the path names.
    net::awaitable<Outcome<projections::MemberItem>> member(const Call* call) const;
    // Gives a member these roles and takes all others; none: it is no member any more. What a crash
    // left undone, the same again completes.
    net::awaitable<std::optional<Response>> change_roles(events::TenantId tenant,
                                                         Uuid admin,
                                                         Uuid account,
                                                         std::vector<Role> wanted) const;
    // Whoever has the role of an expert is one, and nobody else.
    net::awaitable<std::optional<Response>> match_expert(events::TenantId tenant,
                                                         Uuid admin,
                                                         Uuid account,
                                                         bool is_expert) const;

    const AccountServices& accounts_;
    const Services& services_;
};

// The company and its admin are one commit; that the admin's account leads there is the policy's
// business (commands/policies/joining.hpp). With an Idempotency-Key a repeat finds the same
// company.
net::awaitable<Response> Companies::found(Call call) const {
    const auto me = call.principal.actor;
    if (accounts_.registration != Registration::kOpen) {
        co_return problem(403, "registration-closed", "Only the operator founds companies here.");
    }
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    auto name = string_member(*object, "name");
    if (!name) co_return name.error();
    const auto platform = services_.keys.tenant_keys(events::kPlatformTenant);
    if (!platform) co_return problem(platform.error());
    const auto id = command_id(**platform, call.principal, call.request);
    if (!id) co_return id.error();
    const auto tenant = derived_tenant(**platform, *id);
    const auto keys = services_.keys.tenant_keys(tenant);
    if (!keys) co_return problem(keys.error());
    auto meta = step_meta(**keys, tenant, me, services_.now_ms());
    meta.id = *id;
    meta.digest = body_digest(**keys, {call.request.body});
    const auto created = co_await execute<Company>(
        services_.writer,
        derived_stream(**platform, *id),
        commands::CreateCompany{.name = Personal(std::move(*name)), .admin = me},
        meta);
    if (!created) co_return refusal_response(created.error());
    if (!co_await settled(&services_, tenant, created->position, kMinPositionWait)) {
        co_return view_behind();
    }
    Response response = json_response(201, json::object{{"id", events::to_text(tenant)}});
    if (created->replayed) mark_replayed(response);
    co_return response;
}

net::awaitable<Response> Companies::show(Call call) const {
    const auto tenant = call.principal.tenant;
    if (auto behind = co_await wait_for_position(&services_, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto found = co_await company_of(&services_, tenant);
    if (!found) co_return found.error();
    json::object object{{"id", events::to_text(tenant)},
                        {"created", events::format_time(found->created_ms)}};
    if (found->name) object["name"] = found->name->reveal();
    if (!found->time_zone.empty()) object["time_zone"] = found->time_zone;
    if (!found->locale.empty()) object["locale"] = found->locale;
    co_return versioned(found->version, std::move(object));
}

// The tag is the company's, of which its members are a part: read before them, it is never newer
// than what is shown.
net::awaitable<Response> Companies::list_members(Call call) const {
    const auto tenant = call.principal.tenant;
    const auto page = list_page_in(call.request.query);
    if (!page) co_return page.error();
    if (auto behind = co_await wait_for_position(&services_, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto company = co_await company_of(&services_, tenant);
    if (!company) co_return company.error();
    const auto* const services = &services_;
    auto items = co_await offload(services_.pool,
                                  [services, tenant] { return members_json(*services, tenant); });
    if (!items) co_return problem(items.error());
    auto answer = page_of(std::move(*items), *page, {.path = kMembers, .id = "account"});
    if (!answer) co_return answer.error();
    co_return versioned(company->version, std::move(*answer));
}

net::awaitable<Response> Companies::list_experts(Call call) const {
    const auto tenant = call.principal.tenant;
    const auto page = list_page_in(call.request.query);
    if (!page) co_return page.error();
    if (auto behind = co_await wait_for_position(&services_, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto* const services = &services_;
    auto items = co_await offload(services_.pool,
                                  [services, tenant] { return roster_json(*services, tenant); });
    if (!items) co_return problem(items.error());
    const auto answer = page_of(std::move(*items), *page, {.path = kRoster});
    co_return answer ? json_response(200, *answer) : answer.error();
}

net::awaitable<Outcome<projections::MemberItem>> Companies::member(const Call* call) const {
    const auto id = events::parse_stream_id(call->segments.front(), kAccountKind);
    if (!id) co_return std::unexpected(no_member());
    const auto* const services = &services_;
    auto found = co_await offload(
        services_.pool, [services, tenant = call->principal.tenant, account = id->uuid] {
            return services->views.companies.member(services->store, tenant, account);
        });
    if (!found) co_return std::unexpected(problem(found.error()));
    if (!*found) co_return std::unexpected(no_member());
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
                                                                Uuid account,
                                                                std::vector<Role> wanted) const {
    const auto company = co_await company_of(&services_, tenant);
    if (!company) co_return company.error();
    const auto done =
        co_await take_step<Company>(&services_,
                                    tenant,
                                    company->id,
                                    commands::SetRoles{.account = account, .roles = wanted},
                                    admin);
    if (!done) co_return refusal_response(done.error());
    const bool expert = std::ranges::find(wanted, Role::ROLE_EXPERT) != wanted.end();
    co_return co_await match_expert(tenant, admin, account, expert);
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
    const auto& me = call.principal;
    auto failed = co_await change_roles(me.tenant, me.actor, who->account, std::move(*roles));
    co_return failed ? std::move(*failed) : json_response(200, json::object{});
}

// Its last step is the one by which a repeat knows that there is something to do.
net::awaitable<Response> Companies::remove_member(Call call) const {
    const auto& me = call.principal;
    const auto id = events::parse_stream_id(call.segments.front(), kAccountKind);
    const auto* const services = &services_;
    const auto linked = co_await offload(
        services_.pool, [services, tenant = me.tenant, account = id ? id->uuid : Uuid{}] {
            return is_linked(*services, tenant, account);
        });
    if (!linked) co_return problem(linked.error());
    if (!id || !*linked) co_return no_member();
    if (auto failed = co_await change_roles(me.tenant, me.actor, id->uuid, {})) {
        co_return std::move(*failed);
    }
    const auto unlinked = co_await take_step<commands::Account>(&services_,
                                                                events::kPlatformTenant,
                                                                id->uuid,
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
    router.add("GET", kMembers, admin, [routes](Call call) {
        return routes->list_members(std::move(call));
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
    router.add("GET", kRoster, admin, [routes](Call call) {
        return routes->list_experts(std::move(call));
    });
    router.add("PUT", "/api/v1/company/experts/{id}/active", admin, [routes](Call call) {
        return routes->set_expert_active(std::move(call));
    });
}

}  // namespace gateway
