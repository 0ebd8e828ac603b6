#include "gateway/company_details.hpp"

#include <string_view>
#include <utility>

#include "commands/company.hpp"
#include "gateway/async.hpp"
#include "gateway/company.hpp"
#include "gateway/json_body.hpp"
#include "gateway/mail/local_time.hpp"
#include "gateway/resource.hpp"

namespace gateway {
namespace {

using commands::Company;

// A merge patch (RFC 7396) of members that are never removed.
Outcome<commands::ChangeCompanyDetails> details_in(std::string_view body) {
    const auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    auto name = optional_string_member(*object, "name");
    if (!name) return std::unexpected(name.error());
    auto zone = optional_string_member(*object, "time_zone");
    if (!zone) return std::unexpected(zone.error());
    auto locale = optional_string_member(*object, "locale");
    if (!locale) return std::unexpected(locale.error());
    if (*zone && !mail::is_zone(**zone)) {
        return refuse(422, "time-zone-invalid", commands::kTimeZoneRule);
    }
    commands::ChangeCompanyDetails change{
        .name = std::nullopt, .time_zone = std::move(*zone), .locale = std::move(*locale)};
    if (*name) change.name.emplace(std::move(**name));
    return change;
}

net::awaitable<Response> change_details(const Services* services, Call call) {
    auto change = details_in(call.request.body);
    if (!change) co_return change.error();
    const auto meta = meta_of(*services, call.principal, call.request, {call.request.body});
    if (!meta) co_return meta.error();
    const auto company = co_await company_of(services, call.principal.tenant);
    if (!company) co_return company.error();
    co_return answer_of(
        200,
        co_await execute<Company>(services->writer, company->id, *std::move(change), *meta),
        {});
}

}  // namespace

void add_company_details_routes(Router& router, const Services& services) {
    router.add(
        "PATCH",
        "/api/v1/company",
        Access{.roles = {Role::ROLE_ADMIN}},
        [services = &services](Call call) { return change_details(services, std::move(call)); });
}

}  // namespace gateway
