#include "gateway/processing_terms.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "commands/company.hpp"
#include "gateway/async.hpp"
#include "gateway/company.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/json_body.hpp"
#include "gateway/resource.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Company;
using events::Personal;
using events::Result;

Outcome<commands::AcceptProcessingTerms> terms_in(const json::object& object) {
    auto document = string_member(object, "document");
    if (!document) return std::unexpected(document.error());
    auto version = string_member(object, "version");
    if (!version) return std::unexpected(version.error());
    auto locale = string_member(object, "locale");
    if (!locale) return std::unexpected(locale.error());
    const auto digest = string_member(object, "sha256");
    if (!digest) return std::unexpected(digest.error());
    commands::AcceptProcessingTerms accept{.document = Personal(std::move(*document)),
                                           .version = Personal(std::move(*version)),
                                           .locale = std::move(*locale)};
    const auto bytes = events::from_hex(*digest);
    if (!bytes || bytes->size() != accept.sha256.size()) {
        return refuse(400, "sha256-invalid", "\"sha256\" must be 64 lower-case hex digits.");
    }
    std::ranges::copy(*bytes, accept.sha256.begin());
    return accept;
}

// Who accepted is named as long as there is such an account.
Result<json::object> accepted_json(const Services& services, const projections::TermsItem& item) {
    json::object object{{"document", item.document.reveal()},
                        {"version", item.version.reveal()},
                        {"locale", item.locale},
                        {"sha256", events::to_hex(item.sha256)},
                        {"accepted", events::format_time(item.accepted_ms)}};
    if (!item.account) return object;
    object["account"] = events::public_id(events::kPlatformTenant,
                                          {parlour::log::v1::STREAM_KIND_ACCOUNT, *item.account});
    const auto person = services.views.accounts.person(
        services.store, services.keys, *item.account, services.now_ms());
    if (!person) return std::unexpected(person.error());
    if (*person) object["name"] = (*person)->name.reveal();
    return object;
}

Result<json::array> register_json(const Services& services, const events::TenantId& tenant) {
    const auto terms =
        services.views.companies.terms(services.store, services.keys, tenant, services.now_ms());
    if (!terms) return std::unexpected(terms.error());
    json::array items;
    for (const auto& accepted : *terms) {
        auto item = accepted_json(services, accepted);
        if (!item) return std::unexpected(item.error());
        items.push_back(*std::move(item));
    }
    return items;
}

class ProcessingTerms {
  public:
    explicit ProcessingTerms(const Services& services) : services_(services) {}

    net::awaitable<Response> list(Call call) const;
    net::awaitable<Response> accept(Call call) const;

  private:
    const Services& services_;
};

net::awaitable<Response> ProcessingTerms::list(Call call) const {
    const auto tenant = call.principal.tenant;
    if (auto behind = co_await wait_for_position(&services_, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto* const services = &services_;
    auto items = co_await offload(services_.pool,
                                  [services, tenant] { return register_json(*services, tenant); });
    if (!items) co_return problem(items.error());
    co_return json_response(200, json::object{{"items", std::move(*items)}});
}

net::awaitable<Response> ProcessingTerms::accept(Call call) const {
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    auto terms = terms_in(*object);
    if (!terms) co_return terms.error();
    const auto meta = meta_of(services_, call.principal, call.request, {call.request.body});
    if (!meta) co_return meta.error();
    const auto company = co_await company_of(&services_, call.principal.tenant);
    if (!company) co_return company.error();
    co_return answer_of(
        201,
        co_await execute<Company>(services_.writer, company->id, std::move(*terms), *meta),
        {});
}

}  // namespace

void add_processing_terms_routes(Router& router, const Services& services) {
    constexpr std::string_view kPath = "/api/v1/company/processing-terms";
    const auto routes = std::make_shared<const ProcessingTerms>(services);
    const Access readers{.roles = {Role::ROLE_ADMIN, Role::ROLE_OFFICER, Role::ROLE_AUDITOR}};
    const Access admin{.roles = {Role::ROLE_ADMIN}};
    router.add(
        "GET", kPath, readers, [routes](Call call) { return routes->list(std::move(call)); });
    router.add(
        "POST", kPath, admin, [routes](Call call) { return routes->accept(std::move(call)); });
}

}  // namespace gateway
