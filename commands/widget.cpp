#include "commands/widget.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "commands/text.hpp"

namespace commands {
namespace {

using namespace parlour::widget::v1;
using Event = Widget::Event;
using Rejection = Widget::Rejection;
using State = Widget::State;
using Events = std::vector<Event>;

constexpr std::array<std::string_view, 2> kLocales{"de", "en"};
constexpr std::uint32_t kRgbMax = 0xffffff;
constexpr std::size_t kDigestBytes = 32;

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

bool is_wording(std::string_view utf8, std::size_t bytes_max) {
    return utf8.size() <= bytes_max && !has_nul(utf8);
}

bool is_web_address(std::string_view text) {
    return text.size() <= kPolicyUrlBytesMax && is_printable(text) &&
           (text.starts_with("https://") || text.starts_with("http://"));
}

// What it may hold is what can stand in a header field beside others: a host, a star, a port.
bool is_domain(std::string_view text) {
    constexpr std::string_view kBetween = ".-_*:/[]";
    return !text.empty() && text.size() <= kDomainBytesMax &&
           std::ranges::all_of(text, [&](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      kBetween.find(c) != std::string_view::npos;
           });
}

Decision<Widget> decide_one(const State& state, const CreateWidget& create) {
    if (state.created) return std::unexpected(Rejection::kAlreadyCreated);
    if (!is_name(create.name.reveal())) return std::unexpected(Rejection::kNameInvalid);
    Events events(2);
    auto& created = *events[0].mutable_widget_created();
    created.set_name(create.name.reveal());
    created.set_key(std::string(create.key.view()));
    auto& settings = *events[1].mutable_widget_settings_changed();
    settings.set_placement(PLACEMENT_BOTTOM_RIGHT);
    settings.set_locale("en");
    settings.set_ask_name(ASKED_OPTIONAL);
    settings.set_ask_email(ASKED_OPTIONAL);
    settings.set_consent_mode(CONSENT_MODE_IMPLICIT);
    settings.set_policy_version(std::string(kPolicyVersionUnstated));
    return events;
}

Decision<Widget> decide_one(const State& state, const RotateWidgetKey& rotate) {
    if (rotate.key == state.key) return Events{};
    Event event;
    event.mutable_widget_key_rotated()->set_key(std::string(rotate.key.view()));
    return Events{std::move(event)};
}

std::optional<Rejection> fault_of(const WidgetSettingsChanged& settings) {
    if (settings.placement() == PLACEMENT_UNSPECIFIED || settings.ask_name() == ASKED_UNSPECIFIED ||
        settings.ask_email() == ASKED_UNSPECIFIED ||
        settings.consent_mode() == CONSENT_MODE_UNSPECIFIED) {
        return Rejection::kSettingUnspecified;
    }
    if (std::ranges::find(kLocales, settings.locale()) == kLocales.end()) {
        return Rejection::kLocaleUnknown;
    }
    const auto& version = settings.policy_version();
    const auto digest_bytes = settings.policy_sha256().size();
    if (version.empty() || version.size() > kPolicyVersionBytesMax || !is_printable(version) ||
        (digest_bytes != 0 && digest_bytes != kDigestBytes) ||
        (!settings.policy_url().empty() && !is_web_address(settings.policy_url()))) {
        return Rejection::kPolicyInvalid;
    }
    // Nobody can say yes to what cannot be read.
    if (settings.consent_mode() == CONSENT_MODE_EXPLICIT &&
        (settings.policy_url().empty() || version == kPolicyVersionUnstated)) {
        return Rejection::kPolicyMissing;
    }
    return std::nullopt;
}

Decision<Widget> decide_one(const State& state, const ChangeWidgetSettings& change) {
    if (const auto fault = fault_of(change.settings)) return std::unexpected(*fault);
    if (change.settings.SerializeAsString() == state.settings.SerializeAsString()) return Events{};
    Event event;
    *event.mutable_widget_settings_changed() = change.settings;
    return Events{std::move(event)};
}

Decision<Widget> decide_one(const State& state, const ChangeBranding& change) {
    const auto& branding = change.branding;
    if (branding.colour_rgb() > kRgbMax || branding.accent_colour_rgb() > kRgbMax) {
        return std::unexpected(Rejection::kColourInvalid);
    }
    if (!is_wording(branding.slogan(), kSloganBytesMax) ||
        !is_wording(branding.button_label(), kButtonLabelBytesMax) ||
        !is_wording(branding.greeting(), kWordingBytesMax) ||
        !is_wording(branding.offline_text(), kWordingBytesMax)) {
        return std::unexpected(Rejection::kTextInvalid);
    }
    if (state.branded && branding.SerializeAsString() == state.branding.SerializeAsString()) {
        return Events{};
    }
    Event event;
    *event.mutable_branding_changed() = branding;
    return Events{std::move(event)};
}

Decision<Widget> decide_one(const State& state, const ConfigureSearch& configure) {
    const std::set distinct(configure.criteria.begin(), configure.criteria.end());
    if (distinct.size() != configure.criteria.size() ||
        distinct.contains(SEARCH_CRITERION_UNSPECIFIED)) {
        return std::unexpected(Rejection::kCriteriaInvalid);
    }
    if (configure.criteria == state.criteria) return Events{};
    Event event;
    auto& configured = *event.mutable_search_configured();
    for (const auto criterion : configure.criteria) configured.add_criteria(criterion);
    return Events{std::move(event)};
}

Decision<Widget> decide_one(const State& state, const PublishExpert& publish) {
    if (state.experts.contains(publish.expert)) return Events{};
    Event event;
    event.mutable_expert_published()->set_expert_id(std::string(publish.expert.view()));
    return Events{std::move(event)};
}

Decision<Widget> decide_one(const State& state, const WithdrawExpert& withdraw) {
    if (!state.experts.contains(withdraw.expert)) return Events{};
    Event event;
    event.mutable_expert_withdrawn()->set_expert_id(std::string(withdraw.expert.view()));
    return Events{std::move(event)};
}

Decision<Widget> decide_one(const State& state, const AllowDomain& allow) {
    if (!is_domain(allow.domain.reveal())) return std::unexpected(Rejection::kDomainInvalid);
    if (state.domains.contains(allow.id)) return Events{};
    if (state.domains.size() >= kDomainsMax) return std::unexpected(Rejection::kDomainsTooMany);
    Event event;
    event.mutable_domain_allowed()->set_domain_id(std::string(allow.id.view()));
    event.mutable_domain_allowed()->set_domain(allow.domain.reveal());
    return Events{std::move(event)};
}

Decision<Widget> decide_one(const State& state, const DisallowDomain& disallow) {
    if (!state.domains.contains(disallow.id)) return Events{};
    Event event;
    event.mutable_domain_disallowed()->set_domain_id(std::string(disallow.id.view()));
    return Events{std::move(event)};
}

Decision<Widget> decide_one(const State& state, const StoreLogo& store) {
    if (state.logo && holds(*state.logo, store.file)) return Events{};
    Event event;
    fill(*event.mutable_logo_stored(), store.file);
    return Events{std::move(event)};
}

Decision<Widget> decide_one(const State& state, const RemoveLogo&) {
    if (!state.logo) return Events{};
    Event event;
    event.mutable_logo_removed();
    return Events{std::move(event)};
}

auto secrets_in_force(const State& state) {
    return std::ranges::count_if(state.secrets, [](const auto& secret) { return secret.second; });
}

Decision<Widget> decide_one(const State& state, const IssueIdentitySecret& issue) {
    if (state.secrets.contains(issue.secret)) return Events{};
    if (secrets_in_force(state) >= static_cast<std::ptrdiff_t>(kIdentitySecretsMax)) {
        return std::unexpected(Rejection::kSecretsTooMany);
    }
    Event event;
    event.mutable_identity_secret_issued()->set_secret_id(std::string(issue.secret.view()));
    return Events{std::move(event)};
}

// The last one, too, even where an identity is demanded: a secret that is known must go at once.
Decision<Widget> decide_one(const State& state, const RevokeIdentitySecret& revoke) {
    const auto secret = state.secrets.find(revoke.secret);
    if (secret == state.secrets.end()) return std::unexpected(Rejection::kSecretUnknown);
    if (!secret->second) return Events{};
    Event event;
    event.mutable_identity_secret_revoked()->set_secret_id(std::string(revoke.secret.view()));
    return Events{std::move(event)};
}

Decision<Widget> decide_one(const State& state, const DemandIdentity& demand) {
    if (demand.required == state.identity_required) return Events{};
    if (demand.required && secrets_in_force(state) == 0) {
        return std::unexpected(Rejection::kSecretMissing);
    }
    Event event;
    event.mutable_identity_demand_changed()->set_required(demand.required);
    return Events{std::move(event)};
}

void set_secret(State& state, std::string_view bytes, bool in_force) {
    if (const auto id = events::Uuid::from_bytes(bytes)) state.secrets[*id] = in_force;
}

void insert(std::set<events::Uuid>& ids, std::string_view bytes) {
    if (const auto id = events::Uuid::from_bytes(bytes)) ids.insert(*id);
}

void erase(std::set<events::Uuid>& ids, std::string_view bytes) {
    if (const auto id = events::Uuid::from_bytes(bytes)) ids.erase(*id);
}

void set_key(State& state, std::string_view bytes) {
    if (const auto key = events::Uuid::from_bytes(bytes)) state.key = *key;
}

}  // namespace

Decision<Widget> Widget::decide(const State& state, const Command& command, const Context&) {
    if (!state.created && !std::holds_alternative<CreateWidget>(command)) {
        return std::unexpected(Rejection::kNotCreated);
    }
    return std::visit([&](const auto& one) { return decide_one(state, one); }, command);
}

void Widget::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kWidgetCreated:
            state.created = true;
            set_key(state, event.widget_created().key());
            break;
        case Event::kWidgetKeyRotated:
            set_key(state, event.widget_key_rotated().key());
            break;
        case Event::kWidgetSettingsChanged:
            state.settings = event.widget_settings_changed();
            break;
        case Event::kBrandingChanged:
            state.branding = event.branding_changed();
            state.branded = true;
            break;
        case Event::kLogoStored:
            state.logo = event.logo_stored();
            break;
        case Event::kLogoRemoved:
            state.logo.reset();
            break;
        case Event::kExpertPublished:
            insert(state.experts, event.expert_published().expert_id());
            break;
        case Event::kExpertWithdrawn:
            erase(state.experts, event.expert_withdrawn().expert_id());
            break;
        case Event::kSearchConfigured:
            state.criteria.clear();
            for (const int criterion : event.search_configured().criteria()) {
                state.criteria.push_back(static_cast<SearchCriterion>(criterion));
            }
            break;
        case Event::kDomainAllowed:
            insert(state.domains, event.domain_allowed().domain_id());
            break;
        case Event::kDomainDisallowed:
            erase(state.domains, event.domain_disallowed().domain_id());
            break;
        case Event::kIdentitySecretIssued:
            set_secret(state, event.identity_secret_issued().secret_id(), true);
            break;
        case Event::kIdentitySecretRevoked:
            set_secret(state, event.identity_secret_revoked().secret_id(), false);
            break;
        case Event::kIdentityDemandChanged:
            state.identity_required = event.identity_demand_changed().required();
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Widget::describe(Rejection rejection) {
    using enum RefusalKind;
    switch (rejection) {
        case Rejection::kAlreadyCreated:
            return {kConflict, "widget-already-created", "The widget was created already."};
        case Rejection::kNotCreated:
            return {kNotFound, "widget-not-found", "There is no such widget."};
        case Rejection::kNameInvalid:
            return {kRefused, "name-invalid", kNameRule};
        case Rejection::kSettingUnspecified:
            return {kRefused, "setting-missing", "Every setting must have a value."};
        case Rejection::kLocaleUnknown:
            return {kRefused, "locale-unknown", "The locale is \"de\" or \"en\"."};
        case Rejection::kPolicyInvalid:
            return {kRefused,
                    "policy-invalid",
                    "A policy has a version of 1 to 64 printable ASCII characters, a digest of 32 "
                    "bytes or none, and an http or https address of at most 1000 bytes or none."};
        case Rejection::kPolicyMissing:
            return {kRefused,
                    "policy-missing",
                    "Explicit consent needs the address and the version of the policy."};
        case Rejection::kColourInvalid:
            return {kRefused, "colour-invalid", "A colour is #000000 to #ffffff."};
        case Rejection::kTextInvalid:
            return {kRefused,
                    "text-invalid",
                    "At most 100 bytes for the button, 300 for the slogan, 2000 for greeting and "
                    "offline text; without U+0000."};
        case Rejection::kCriteriaInvalid:
            return {kRefused, "criteria-invalid", "Each criterion may be named once."};
        case Rejection::kDomainInvalid:
            return {kRefused, "domain-invalid", "A domain is a host, with a port if need be."};
        case Rejection::kDomainsTooMany:
            return {kRefused, "domains-too-many", "A widget has at most 50 domains."};
        case Rejection::kSecretsTooMany:
            return {kConflict,
                    "identity-secrets-too-many",
                    "A widget has at most 4 secrets in force: revoke one first."};
        case Rejection::kSecretUnknown:
            return {kNotFound, "identity-secret-not-found", "The widget has no such secret."};
        case Rejection::kSecretMissing:
            return {kConflict,
                    "identity-secret-missing",
                    "Make a secret first: without one nobody could be vouched for."};
    }
    return {kRefused, "refused", "The command was refused."};
}

}  // namespace commands
