#include "gateway/demo.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "commands/company.hpp"
#include "commands/expert.hpp"
#include "commands/widget.hpp"
#include "events/crypto.hpp"
#include "gateway/demo_accounts.hpp"
#include "gateway/domain_pattern.hpp"
#include "gateway/execute_now.hpp"
#include "gateway/json_body.hpp"
#include "gateway/widget_cache.hpp"

namespace gateway {
namespace {

using events::Key256;
using events::Uuid;

struct Person {
    std::string_view name;
    std::string_view email;
};
constexpr std::string_view kCompanyName = "Demo Company";
constexpr std::string_view kAdminEmail = "admin@demo.example";
constexpr std::array<Person, 3> kExperts{Person{"Ada Keller", "ada@demo.example"},
                                         Person{"Ben Okafor", "ben@demo.example"},
                                         Person{"Cleo Marin", "cleo@demo.example"}};

Key256 demo_key(const Key256& master) {
    return events::derive_key(master, "parlour/demo/v1");
}

template <class AnyId>
AnyId derived(const Key256& key, std::string_view what, std::string_view which = "") {
    return events::id_from<AnyId>(events::keyed_hash(key, {what, which}));
}

std::string secret(const Key256& key, std::string_view what, std::string_view which = "") {
    const auto digest = events::keyed_hash(key, {"secret", what, which});
    return events::to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string password(const Key256& key, std::string_view email) {
    constexpr std::size_t kPasswordDigits = 20;
    return secret(key, "password", email).substr(0, kPasswordDigits);
}

// Submits one command of the demo company and waits for its answer.
template <commands::Decider A>
events::Status run(commands::Writer& writer,
                   const Uuid& stream,
                   typename A::Command command,
                   commands::CommandMeta meta) {
    const auto given = execute_now<A>(writer, stream, std::move(command), meta);
    if (given) return {};
    const auto& refusal = given.error();
    if (refusal.error) return std::unexpected(*refusal.error);
    return events::fail(events::Errc::kConflict, "the demo company cannot be made here");
}

commands::CommandMeta meta_of(const Key256& key,
                              const DemoCompany& company,
                              std::string_view what,
                              std::int64_t now_ms) {
    commands::CommandMeta given;
    given.tenant = company.tenant;
    given.id = derived<events::CommandId>(key, "command", what);
    given.now_ms = now_ms;
    return given;
}

// The company, its token, and its experts.
events::Status ensure_company(const Key256& key,
                              const DemoCompany& company,
                              const Uuid& stream,
                              commands::Writer& writer,
                              std::int64_t now_ms) {
    using parlour::company::v1::Scope;
    const auto meta = [&](std::string_view what) { return meta_of(key, company, what, now_ms); };
    auto status = run<commands::Company>(
        writer,
        stream,
        commands::CreateCompany{.name = events::Personal(std::string(kCompanyName))},
        meta("create-company"));
    if (!status) return status;
    status = run<commands::Company>(
        writer,
        stream,
        commands::IssueApiToken{.token = derived<Uuid>(key, "token"),
                                .token_sha256 = events::sha256({company.api_token}),
                                .scopes = {Scope::SCOPE_CONVERSATIONS,
                                           Scope::SCOPE_HISTORY_READ,
                                           Scope::SCOPE_AUDIT_READ,
                                           Scope::SCOPE_ANALYTICS_READ,
                                           Scope::SCOPE_ERASE,
                                           Scope::SCOPE_ADMIN}},
        meta("issue-token"));
    for (const auto& expert : company.experts) {
        if (!status) return status;
        status = run<commands::Expert>(writer,
                                       expert.id,
                                       commands::AddExpert{.name = events::Personal(expert.name),
                                                           .email = events::Personal(expert.email)},
                                       meta(expert.email));
    }
    return status;
}

// A widget that pages on this machine may show, with all three experts.
events::Status ensure_demo_widget(const Key256& key,
                                  const DemoCompany& company,
                                  const events::TenantKeys& keys,
                                  commands::Writer& writer,
                                  commands::CommandMeta meta) {
    const auto step = [&](std::string_view what, commands::Widget::Command command) {
        meta.id = derived<events::CommandId>(key, "widget-command", what);
        return run<commands::Widget>(writer, company.widget, std::move(command), meta);
    };
    auto status = step("create",
                       commands::CreateWidget{.name = events::Personal("Demo"),
                                              .key = derived<Uuid>(key, "widget-key")});
    for (const std::string_view host : {"localhost", "127.0.0.1", "[::1]"}) {
        if (!status) return status;
        const auto domain = parse_domain(host);
        if (!domain) return std::unexpected(domain.error());
        status = step(host,
                      commands::AllowDomain{.id = domain_id(keys, *domain),
                                            .domain = events::Personal(to_text(*domain))});
    }
    for (const auto& expert : company.experts) {
        if (!status) return status;
        status = step(expert.email, commands::PublishExpert{.expert = expert.id});
    }
    return status;
}

}  // namespace

DemoCompany demo_company(const Key256& master) {
    const Key256 key = demo_key(master);
    DemoCompany company;
    company.tenant = derived<events::TenantId>(key, "tenant");
    company.admin_email = kAdminEmail;
    company.admin_password = password(key, kAdminEmail);
    for (const auto& [name, email] : kExperts) {
        company.experts.push_back({.id = derived<Uuid>(key, "expert", email),
                                   .name = std::string(name),
                                   .email = std::string(email),
                                   .password = password(key, email)});
    }
    const auto tenant = events::to_text(company.tenant);
    company.widget = derived<Uuid>(key, "widget");
    company.widget_key =
        events::public_id(company.tenant, kWidgetKeyTag, derived<Uuid>(key, "widget-key"));
    company.api_token = fmt::format("{}-tok-{}", tenant, secret(key, "api-token"));
    return company;
}

events::Status ensure_demo_company(const Key256& master,
                                   events::KeyRing& keys,
                                   commands::Writer& writer,
                                   std::int64_t now_ms,
                                   const MadeElsewhere& elsewhere) {
    const Key256 key = demo_key(master);
    const DemoCompany company = demo_company(master);
    const Uuid stream = derived<Uuid>(key, "company");
    const bool here = !elsewhere || !elsewhere(company.tenant);
    auto status = here ? ensure_company(key, company, stream, writer, now_ms) : events::Status();
    if (status) {
        status = ensure_demo_accounts(key, company, stream, keys, writer, now_ms, elsewhere);
    }
    if (!status || !here) return status;
    const auto tenant_keys = keys.tenant_keys(company.tenant);
    if (!tenant_keys) return std::unexpected(tenant_keys.error());
    return ensure_demo_widget(
        key, company, **tenant_keys, writer, meta_of(key, company, "widget", now_ms));
}

std::string demo_json(const DemoCompany& company, const std::string& url) {
    std::string experts;
    for (const auto& expert : company.experts) {
        experts += fmt::format(
            "{}\n    {{\"id\": \"{}\", \"name\": {}, \"email\": {}, \"password\": \"{}\"}}",
            experts.empty() ? "" : ",",
            events::public_id(company.tenant, {commands::Expert::kKind, expert.id}),
            json_string(expert.name),
            json_string(expert.email),
            expert.password);
    }
    return fmt::format(
        "{{\n  \"url\": {},\n  \"tenant\": \"{}\",\n"
        "  \"admin\": {{\"email\": {}, \"password\": \"{}\"}},\n"
        "  \"experts\": [{}\n  ],\n  \"widget_key\": \"{}\",\n  \"api_token\": \"{}\"\n}}\n",
        json_string(url),
        events::to_text(company.tenant),
        json_string(company.admin_email),
        company.admin_password,
        experts,
        company.widget_key,
        company.api_token);
}

}  // namespace gateway
