#include "gateway/visitor.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "commands/widget.hpp"
#include "gateway/async.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/json_body.hpp"
#include "gateway/limits.hpp"
#include "gateway/named.hpp"
#include "gateway/resource.hpp"
#include "gateway/view_wait.hpp"
#include "gateway/visitor_token.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Visit;
using commands::Visitor;
using events::Personal;
using parlour::visitor::v1::ConsentKind;

constexpr std::string_view kDigestWanted =
    "Say to which text: \"policy_sha256\" is its digest, as the widget's terms have it.";

Visit terms_of(const KnownWidget& widget) {
    using namespace parlour::widget::v1;
    const auto& settings = widget.item.settings;
    Visit visit{.widget = widget.item.id,
                .name_wanted = settings.ask_name() == ASKED_REQUIRED,
                .email_wanted = settings.ask_email() == ASKED_REQUIRED,
                .consent_must_be_said = settings.consent_mode() == CONSENT_MODE_EXPLICIT,
                .vouched_wanted = widget.item.identity_required,
                .policy_version = settings.policy_version(),
                .policy_sha256 = std::nullopt,
                .locale = settings.locale(),
                .widget_version = widget.item.version};
    if (visit.policy_version == commands::kPolicyVersionUnstated) visit.policy_version.clear();
    if (settings.policy_sha256().size() == sizeof(events::Digest)) {
        std::ranges::copy(settings.policy_sha256(), visit.policy_sha256.emplace().begin());
    }
    return visit;
}

// Both read the disk.
events::Result<commands::Kept> read_kept(const Services& services, const events::TenantId& tenant) {
    const auto company =
        services.views.companies.profile(services.store, services.keys, tenant, services.now_ms());
    if (!company) return std::unexpected(company.error());
    if (!*company || !(*company)->kept) return commands::Kept{};
    const auto& kept = *(*company)->kept;
    return commands::Kept{.name = kept.name(), .email = kept.email(), .phone = kept.phone()};
}

events::Result<Visit> read_visit(const Services& services,
                                 const events::TenantId& tenant,
                                 const events::Uuid& widget) {
    const auto now = services.now_ms();
    const auto found = services.known_widgets.by_id(tenant, widget, now);
    if (!found) return std::unexpected(found.error());
    const auto kept = read_kept(services, tenant);
    if (!kept) return std::unexpected(kept.error());
    Visit visit = terms_of(**found);
    visit.kept = *kept;
    return visit;
}

Outcome<Personal> personal_member(const json::object& object, std::string_view field) {
    auto text = string_member(object, field);
    if (!text) return std::unexpected(text.error());
    return Personal(std::move(*text));
}

Outcome<Personal> optional_personal_member(const json::object& object, std::string_view field) {
    auto text = optional_string_member(object, field);
    if (!text) return std::unexpected(text.error());
    return Personal(std::move(*text).value_or(""));
}

// What a body asks for, on the terms of the widget.
Outcome<Visitor::Command> identity_in(const json::object& object, const Visit& visit) {
    auto name = optional_personal_member(object, "name");
    if (!name) return std::unexpected(name.error());
    auto email = optional_personal_member(object, "email");
    if (!email) return std::unexpected(email.error());
    return commands::IdentifyVisitor{
        .name = std::move(*name), .email = std::move(*email), .visit = visit};
}

Outcome<Visitor::Command> check_in_in(const json::object& object, const Visit& visit) {
    auto name = personal_member(object, "name");
    if (!name) return std::unexpected(name.error());
    auto phone = personal_member(object, "phone");
    if (!phone) return std::unexpected(phone.error());
    return commands::CheckInVisitor{
        .name = std::move(*name), .phone = std::move(*phone), .visit = visit};
}

Outcome<Visitor::Command> persona_in(const json::object& object, const Visit& visit) {
    auto name = personal_member(object, "name");
    if (!name) return std::unexpected(name.error());
    std::int64_t age = 0;
    if (object.contains("age")) {
        const auto given =
            number_member(object, "age", {.least = 0, .most = commands::kAgeYearsMax});
        if (!given) return std::unexpected(given.error());
        age = *given;
    }
    return commands::SetPersona{.display_name = std::move(*name),
                                .age_years = static_cast<std::uint32_t>(age),
                                .visit = visit};
}

// The visitor says to which document: the one that was shown has to be the one in force.
Outcome<Visitor::Command> consent_in(const json::object& object, const Visit& visit) {
    const auto version = string_member(object, "policy_version");
    if (!version) return std::unexpected(version.error());
    const auto sha256 = optional_string_member(object, "policy_sha256");
    if (!sha256) return std::unexpected(sha256.error());
    std::string in_force;
    if (const auto& digest = visit.policy_sha256) {
        if (!*sha256) return refuse(400, "policy_sha256-missing", kDigestWanted);
        in_force = events::to_hex({reinterpret_cast<const char*>(digest->data()), digest->size()});
    }
    const bool unstated = visit.policy_version.empty();  // as the visitor's stream says then
    if (unstated || (*version == visit.policy_version && sha256->value_or("") == in_force)) {
        return commands::GiveConsent{.visit = visit};
    }
    return refuse(409,
                  "policy-changed",
                  "This is not the version of the policy in force; show the visitor that one.");
}

void put(json::object& object, std::string_view field, const std::optional<Personal>& text) {
    if (text) object[json::string_view(field.data(), field.size())] = text->reveal();
}

json::object persona_json(const std::optional<Personal>& name, std::uint32_t age_years) {
    json::object persona;
    put(persona, "name", name);
    if (age_years > 0) persona["age"] = age_years;
    return persona;
}

json::object verified_json(const projections::VerifiedItem& item) {
    json::object object{{"subject", item.subject.reveal()}};
    if (!item.name.empty()) object["name"] = item.name.reveal();
    if (!item.email.empty()) object["email"] = item.email.reveal();
    return object;
}

json::object own_json(const projections::VisitorItem& item) {
    json::object object{{"known", true}, {"version", item.version.value}};
    put(object, "name", item.name);
    put(object, "email", item.email);
    if (item.phone) {
        json::object checked_in;
        put(checked_in, "name", item.checked_in_name);
        put(checked_in, "phone", item.phone);
        object["check_in"] = std::move(checked_in);
    }
    if (item.display_name) object["persona"] = persona_json(item.display_name, item.age_years);
    if (item.verified) object["verified"] = verified_json(*item.verified);
    json::array consents;
    for (const auto& consent : item.consents) consents.push_back(consent_json(consent));
    object["consents"] = std::move(consents);
    return object;
}

// 429 for whoever would leave the first trace while too many others do. Reads the disk.
std::optional<Response> refuse_newcomer(const Services& services, const Principal& visitor) {
    if (services.strangers == nullptr || visitor.customer || visitor.vouched) return std::nullopt;
    const auto known = services.views.visitors.knows(services.store, visitor.tenant, visitor.actor);
    if (!known) return problem(known.error());
    if (*known) return std::nullopt;
    return services.strangers->refuse_newcomer(visitor.tenant, services.now_ms());
}

class Visitors {
  public:
    explicit Visitors(const Services& services) : services_(services) {}

    using Parse = Outcome<Visitor::Command> (*)(const json::object& object, const Visit& visit);
    // What the visitor says, in the form that `parse` reads.
    net::awaitable<Response> say(Call call, Parse parse) const;
    net::awaitable<Response> remove_persona(Call call) const;
    net::awaitable<Response> show_own(Call call) const;
    net::awaitable<Response> show_card(Call call) const;

  private:
    // The visitor's own writes all go through here.
    net::awaitable<Response> write(Call call, Visitor::Command command) const;

    const Services& services_;
};

net::awaitable<Response> Visitors::write(Call call, Visitor::Command command) const {
    const auto& [request, segments, principal] = call;
    const auto meta = meta_of(services_, principal, request, {request.body});
    if (!meta) co_return meta.error();
    const auto written =
        co_await execute<Visitor>(services_.writer, principal.actor, std::move(command), *meta);
    if (!written) co_return refusal_response(written.error());
    // The visitor is told no position of the company's log, so this waits instead.
    if (written->position.value > 0) {
        co_await view_reached(&services_, principal.tenant, written->position, kMinPositionWait);
    }
    auto response = json_response(200, json::object{{"version", written->version.value}});
    if (written->replayed) mark_replayed(response);
    co_return response;
}

net::awaitable<Response> Visitors::say(Call call, Parse parse) const {
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    const auto visit = co_await visit_of(&services_, call.principal);
    if (!visit) co_return visit.error();
    auto command = parse(*object, *visit);
    if (!command) co_return command.error();
    co_return co_await write(std::move(call), std::move(*command));
}

net::awaitable<Response> Visitors::remove_persona(Call call) const {
    co_return co_await write(std::move(call), commands::RemovePersona{});
}

net::awaitable<Response> Visitors::show_own(Call call) const {
    const auto& principal = call.principal;
    const auto* const services = &services_;
    const auto now = services_.now_ms();
    const auto item = co_await offload(services_.pool, [services, now, who = principal] {
        return services->views.visitors.own(
            services->store, services->keys, who.tenant, who.actor, now);
    });
    if (!item && item.error().code != events::Errc::kNotFound) co_return problem(item.error());
    if (item && item->erased) co_return problem(410, "erased", "The visitor was erased.");
    auto object = item ? own_json(*item) : json::object{{"known", false}};
    object["id"] = events::public_id(principal.tenant, {Visitor::kKind, principal.actor});
    object["widget"] = events::public_id(principal.tenant, "wgt", *principal.widget);
    const auto keys = services_.keys.tenant_keys(principal.tenant);
    if (!keys) co_return problem(keys.error());
    const auto text = bearer_token(call.request);
    const auto parsed = text ? parse_token(*text, kVisitorTokenTag) : std::nullopt;
    const auto token = parsed ? read_visitor_token(**keys, *parsed, now) : std::nullopt;
    if (token && !is_fresh(*token, now)) {
        auto renewed = *token;
        renewed.issued_unix_ms = now;
        object["token"] = write_visitor_token(**keys, principal.tenant, renewed);
    }
    co_return json_response(200, object);
}

net::awaitable<Response> Visitors::show_card(Call call) const {
    constexpr std::string_view kNotFound = "visitor-not-found";
    const auto& [request, segments, principal] = call;
    const auto visitor = own_id(principal, segments.front(), Visitor::kKind, kNotFound);
    if (!visitor) co_return visitor.error();
    if (auto behind = co_await wait_for_position(&services_, principal.tenant, request.query)) {
        co_return std::move(*behind);
    }
    const auto* const services = &services_;
    const auto card =
        co_await offload(services_.pool, [services, tenant = principal.tenant, id = *visitor] {
            return services->views.visitors.card(
                services->store, services->keys, tenant, id, services->now_ms());
        });
    if (!card) co_return problem_of(card.error(), kNotFound);
    if (card->erased) co_return problem(410, "erased", "The visitor was erased.");
    auto object = card_json(*card);
    object["id"] = segments.front();
    co_return json_response(200, object);
}

}  // namespace

json::object consent_json(const projections::ConsentItem& consent) {
    constexpr std::array kKinds{Named<ConsentKind>{"implicit", ConsentKind::CONSENT_KIND_IMPLICIT},
                                Named<ConsentKind>{"explicit", ConsentKind::CONSENT_KIND_EXPLICIT}};
    json::object object{{"kind", name_in(kKinds, consent.kind)},
                        {"policy_version", consent.policy_version},
                        {"locale", consent.locale},
                        {"time", events::format_time(consent.time_unix_ms)}};
    if (!consent.policy_sha256.empty()) {
        object["policy_sha256"] = events::to_hex(consent.policy_sha256);
    }
    if (const auto version = consent.widget_version.value) object["widget_version"] = version;
    return object;
}

json::object card_json(const projections::VisitorCardItem& card) {
    auto object = persona_json(card.name, card.age_years);
    object["persona"] = card.persona;
    put(object, "email", card.email);
    put(object, "phone", card.phone);
    if (card.verified) object["verified"] = verified_json(*card.verified);
    return object;
}

net::awaitable<Outcome<Visit>> visit_of(const Services* services, Principal visitor) {
    constexpr std::string_view kNotFound = "widget-not-found";
    if (!visitor.widget) co_return refuse(404, kNotFound, "The token names no widget.");
    std::optional<Response> refused;
    auto visit = co_await offload(services->pool, [services, &visitor, &refused] {
        refused = refuse_newcomer(*services, visitor);
        return read_visit(*services, visitor.tenant, *visitor.widget);
    });
    if (refused) co_return std::unexpected(std::move(*refused));
    if (!visit) co_return std::unexpected(problem_of(visit.error(), kNotFound));
    if (visitor.vouched) {
        visit->vouched = *visitor.vouched;
        if (!visit->kept.name) visit->vouched->name = Personal();
        if (!visit->kept.email) visit->vouched->email = Personal();
    }
    co_return std::move(*visit);
}

net::awaitable<Outcome<commands::Kept>> kept_of(const Services* services, events::TenantId tenant) {
    auto kept = co_await offload(services->pool,
                                 [services, tenant] { return read_kept(*services, tenant); });
    if (!kept) co_return std::unexpected(problem(kept.error()));
    co_return *kept;
}

net::awaitable<Outcome<commands::Accepted>> ensure_visitor(const Services* services,
                                                           Principal visitor,
                                                           events::CommandId message) {
    const auto visit = co_await visit_of(services, visitor);
    if (!visit) co_return std::unexpected(visit.error());
    const auto keys = services->keys.tenant_keys(visitor.tenant);
    if (!keys) co_return std::unexpected(problem(keys.error()));
    auto meta = meta_for(visitor,
                         derived_command(**keys, message, "visit"),
                         body_digest(**keys, {"visit"}),
                         services->now_ms());
    meta.correlation = message;
    const auto begun = co_await execute<Visitor>(
        services->writer, visitor.actor, commands::BeginVisit{.visit = *visit}, meta);
    if (!begun) co_return std::unexpected(refusal_response(begun.error()));
    co_return *begun;
}

void add_visitor_routes(Router& router, const Services& services) {
    const auto routes = std::make_shared<const Visitors>(services);
    const Access visitor{.visitor = true};
    struct Said {
        std::string_view method;
        std::string_view pattern;
        Visitors::Parse parse;
    };
    for (const auto& [method, pattern, parse] :
         {Said{"PUT", "/api/v1/visitor/identity", identity_in},
          Said{"PUT", "/api/v1/visitor/check-in", check_in_in},
          Said{"PUT", "/api/v1/visitor/persona", persona_in},
          Said{"POST", "/api/v1/visitor/consents", consent_in}}) {
        router.add(method, pattern, visitor, [routes, read = parse](Call call) {
            return routes->say(std::move(call), read);
        });
    }
    router.add("DELETE", "/api/v1/visitor/persona", visitor, [routes](Call call) {
        return routes->remove_persona(std::move(call));
    });
    router.add("GET", "/api/v1/visitor", visitor, [routes](Call call) {
        return routes->show_own(std::move(call));
    });
    const Access people{.roles = {Role::ROLE_ADMIN, Role::ROLE_EXPERT},
                        .scope = Scope::SCOPE_CONVERSATIONS};
    router.add("GET", "/api/v1/visitors/{id}", people, [routes](Call call) {
        return routes->show_card(std::move(call));
    });
}

}  // namespace gateway
