#include "gateway/company_tokens.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <memory>
#include <string>
#include <utility>

#include "commands/company.hpp"
#include "events/crypto.hpp"
#include "gateway/async.hpp"
#include "gateway/company.hpp"
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
using events::Uuid;

constexpr std::string_view kTokenTag = "tok";
constexpr std::string_view kTokens = "/api/v1/company/tokens";

class CompanyTokens {
  public:
    explicit CompanyTokens(const Services& services) : services_(services) {}

    net::awaitable<Response> list(Call call) const;
    net::awaitable<Response> issue(Call call) const;
    net::awaitable<Response> revoke(Call call) const;

  private:
    const Services& services_;
};

net::awaitable<Response> CompanyTokens::list(Call call) const {
    const auto tenant = call.principal.tenant;
    const auto page = list_page_in(call.request.query);
    if (!page) co_return page.error();
    if (auto behind = co_await wait_for_position(&services_, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto* const services = &services_;
    const auto tokens = co_await offload(services_.pool, [services, tenant] {
        return services->views.companies.tokens(
            services->store, services->keys, tenant, services->now_ms());
    });
    if (!tokens) co_return problem(tokens.error());
    json::array items;
    for (const auto& token : *tokens) {
        json::object item{{"id", events::public_id(tenant, kTokenTag, token.id)},
                          {"scopes", names_json(kScopeNames, token.scopes)},
                          {"issued", events::format_time(token.issued_ms)}};
        if (token.name && !token.name->empty()) item["name"] = token.name->reveal();
        items.push_back(std::move(item));
    }
    const auto answer = page_of(std::move(items), *page, {.path = kTokens});
    co_return answer ? json_response(200, *answer) : answer.error();
}

// The token's text is made of the command's id, so that a repeat of the request gets the same one;
// it is stored nowhere.
net::awaitable<Response> CompanyTokens::issue(Call call) const {
    const auto tenant = call.principal.tenant;
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    auto name = string_member(*object, "name");
    if (!name) co_return name.error();
    std::vector<Scope> scopes{Scope::SCOPE_CONVERSATIONS};
    if (object->contains("scopes")) {
        const auto names = strings_member(*object, "scopes");
        if (!names) co_return names.error();
        auto given = values_named(kScopeNames, *names, "scopes-invalid");
        if (!given) co_return given.error();
        scopes = std::move(*given);
    }
    const auto meta = meta_of(services_, call.principal, call.request, {call.request.body});
    if (!meta) co_return meta.error();
    const auto keys = services_.keys.tenant_keys(tenant);
    if (!keys) co_return problem(keys.error());
    const auto company = co_await company_of(&services_, tenant);
    if (!company) co_return company.error();
    const auto secret =
        events::keyed_hash((*keys)->command_ids, {"api-token-secret", meta->id.view()});
    const auto text =
        fmt::format("{}-{}-{}",
                    events::to_text(tenant),
                    kTokenTag,
                    events::to_hex({reinterpret_cast<const char*>(secret.data()), secret.size()}));
    const auto id = derived_stream(**keys, derived_command(**keys, meta->id, "api-token"));
    const auto issued =
        co_await execute<Company>(services_.writer,
                                  company->id,
                                  commands::IssueApiToken{.token = id,
                                                          .token_sha256 = events::sha256({text}),
                                                          .scopes = std::move(scopes),
                                                          .name = Personal(std::move(*name))},
                                  *meta);
    co_return answer_of(
        201, issued, {{"id", events::public_id(tenant, kTokenTag, id)}, {"token", text}});
}

net::awaitable<Response> CompanyTokens::revoke(Call call) const {
    const auto id = events::parse_public_id(call.segments.front());
    if (!id || id->tenant != call.principal.tenant || id->tag != kTokenTag) {
        co_return problem(404, "token-not-found", "There is no such token.");
    }
    const auto meta = meta_of(services_, call.principal, call.request, {"revoke"});
    if (!meta) co_return meta.error();
    const auto company = co_await company_of(&services_, call.principal.tenant);
    if (!company) co_return company.error();
    co_return answer_of(
        200,
        co_await execute<Company>(
            services_.writer, company->id, commands::RevokeApiToken{id->uuid}, *meta),
        {});
}

}  // namespace

void add_company_token_routes(Router& router, const Services& services) {
    const auto routes = std::make_shared<const CompanyTokens>(services);
    const Access admin{.roles = {Role::ROLE_ADMIN}};
    router.add(
        "GET", kTokens, admin, [routes](Call call) { return routes->list(std::move(call)); });
    router.add(
        "POST", kTokens, admin, [routes](Call call) { return routes->issue(std::move(call)); });
    router.add("DELETE", "/api/v1/company/tokens/{id}", admin, [routes](Call call) {
        return routes->revoke(std::move(call));
    });
}

}  // namespace gateway
