#include "gateway/widget_json.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "gateway/json_body.hpp"
#include "gateway/named.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using namespace parlour::widget::v1;

constexpr std::array kPlacements{Named<Placement>{"bottom-right", PLACEMENT_BOTTOM_RIGHT},
                                 Named<Placement>{"bottom-left", PLACEMENT_BOTTOM_LEFT}};
constexpr std::array kAsked{Named<Asked>{"not", ASKED_NOT},
                            Named<Asked>{"optional", ASKED_OPTIONAL},
                            Named<Asked>{"required", ASKED_REQUIRED}};
constexpr std::array kConsents{Named<ConsentMode>{"implicit", CONSENT_MODE_IMPLICIT},
                               Named<ConsentMode>{"explicit", CONSENT_MODE_EXPLICIT}};
constexpr std::array kCriteria{Named<SearchCriterion>{"language", SEARCH_CRITERION_LANGUAGE},
                               Named<SearchCriterion>{"expertise", SEARCH_CRITERION_EXPERTISE},
                               Named<SearchCriterion>{"location", SEARCH_CRITERION_LOCATION}};

// A member that must be one of the table's words; 400 "FIELD-invalid".
template <class Table>
auto word_member(const json::object& object, std::string_view field, const Table& table)
    -> Outcome<decltype(table.front().value)> {
    const auto word = string_member(object, field);
    if (!word) return std::unexpected(word.error());
    if (const auto value = value_named(table, *word)) return *value;
    std::string words;
    for (const auto& entry : table) {
        words.append(words.empty() ? "" : ", ").append(1, '"').append(entry.name).append(1, '"');
    }
    return refuse(400,
                  fmt::format("{}-invalid", field),
                  fmt::format("\"{}\" must be one of {}.", field, words));
}

Outcome<std::uint32_t> colour_member(const json::object& object, std::string_view field) {
    constexpr std::size_t kLength = 7;  // #rrggbb
    constexpr int kHex = 16;
    const auto text = string_member(object, field);
    if (!text) return std::unexpected(text.error());
    std::uint32_t rgb = 0;
    const char* const end = text->data() + text->size();
    if (text->size() == kLength && text->front() == '#') {
        const auto [stopped, error] = std::from_chars(text->data() + 1, end, rgb, kHex);
        if (error == std::errc{} && stopped == end) return rgb;
    }
    return refuse(400,
                  fmt::format("{}-invalid", field),
                  fmt::format("\"{}\" must be a colour as in \"#1d4ed8\".", field));
}

// The digest of the policy's text in hex; empty when none is stated.
Outcome<std::string> digest_member(const json::object& object, std::string_view field) {
    const auto text = optional_string_member(object, field);
    if (!text) return std::unexpected(text.error());
    auto bytes = events::from_hex(text->value_or(""));
    if (bytes && (bytes->empty() || bytes->size() == sizeof(events::Digest))) {
        return std::move(*bytes);
    }
    return refuse(400,
                  fmt::format("{}-invalid", field),
                  fmt::format("\"{}\" must be 64 lower-case hex digits.", field));
}

Outcome<std::string> text_member(const json::object& object, std::string_view field) {
    auto text = optional_string_member(object, field);
    if (!text) return std::unexpected(text.error());
    return std::move(*text).value_or("");
}

json::object consent_json(const WidgetSettingsChanged& settings) {
    json::object consent;
    consent["mode"] = name_in(kConsents, settings.consent_mode());
    consent["policy_version"] = settings.policy_version();
    if (!settings.policy_url().empty()) consent["policy_url"] = settings.policy_url();
    if (!settings.policy_sha256().empty()) {
        consent["policy_sha256"] = events::to_hex(settings.policy_sha256());
    }
    return consent;
}

json::object settings_json(const WidgetSettingsChanged& settings) {
    return {{"placement", name_in(kPlacements, settings.placement())},
            {"locale", settings.locale()},
            {"ask_name", name_in(kAsked, settings.ask_name())},
            {"ask_email", name_in(kAsked, settings.ask_email())},
            {"consent", consent_json(settings)}};
}

json::object branding_json(const BrandingChanged& branding) {
    return {{"colour", colour_text(branding.colour_rgb())},
            {"text_colour", readable_on(branding.colour_rgb())},
            {"accent_colour", colour_text(branding.accent_colour_rgb())},
            {"accent_text_colour", readable_on(branding.accent_colour_rgb())},
            {"slogan", branding.slogan()},
            {"button_label", branding.button_label()},
            {"greeting", branding.greeting()},
            {"offline_text", branding.offline_text()}};
}

json::array criteria_json(const std::vector<SearchCriterion>& criteria) {
    json::array words;
    for (const auto criterion : criteria) words.emplace_back(name_in(kCriteria, criterion));
    return words;
}

// Relative luminance of one channel (WCAG 2.2).
double linear(std::uint32_t channel) {
    constexpr double kChannelMax = 255.0;
    constexpr double kKnee = 0.04045;
    const double value = channel / kChannelMax;
    return value <= kKnee ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

// Where a browser finds the logo.
void add_logo(json::object& object, const KnownWidget& widget) {
    if (!widget.item.logo) return;
    object["logo"] = "/api/v1/widget/" + public_key_of(widget) + "/logo";
}

}  // namespace

Outcome<WidgetSettingsChanged> parse_settings(std::string_view body) {
    const auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    const auto placement = word_member(*object, "placement", kPlacements);
    if (!placement) return std::unexpected(placement.error());
    auto locale = string_member(*object, "locale");
    if (!locale) return std::unexpected(locale.error());
    const auto ask_name = word_member(*object, "ask_name", kAsked);
    if (!ask_name) return std::unexpected(ask_name.error());
    const auto ask_email = word_member(*object, "ask_email", kAsked);
    if (!ask_email) return std::unexpected(ask_email.error());
    const auto consent = object_member(*object, "consent");
    if (!consent) return std::unexpected(consent.error());
    const auto mode = word_member(*consent, "mode", kConsents);
    if (!mode) return std::unexpected(mode.error());
    auto version = string_member(*consent, "policy_version");
    if (!version) return std::unexpected(version.error());
    auto url = text_member(*consent, "policy_url");
    if (!url) return std::unexpected(url.error());
    auto sha256 = digest_member(*consent, "policy_sha256");
    if (!sha256) return std::unexpected(sha256.error());
    WidgetSettingsChanged settings;
    settings.set_placement(*placement);
    settings.set_locale(std::move(*locale));
    settings.set_ask_name(*ask_name);
    settings.set_ask_email(*ask_email);
    settings.set_consent_mode(*mode);
    settings.set_policy_version(std::move(*version));
    settings.set_policy_url(std::move(*url));
    settings.set_policy_sha256(std::move(*sha256));
    return settings;
}

Outcome<BrandingChanged> parse_branding(std::string_view body) {
    const auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    const auto colour = colour_member(*object, "colour");
    if (!colour) return std::unexpected(colour.error());
    const auto accent = colour_member(*object, "accent_colour");
    if (!accent) return std::unexpected(accent.error());
    BrandingChanged branding;
    branding.set_colour_rgb(*colour);
    branding.set_accent_colour_rgb(*accent);
    for (const auto& [field, text] : {std::pair{"slogan", branding.mutable_slogan()},
                                      {"button_label", branding.mutable_button_label()},
                                      {"greeting", branding.mutable_greeting()},
                                      {"offline_text", branding.mutable_offline_text()}}) {
        auto given = text_member(*object, field);
        if (!given) return std::unexpected(given.error());
        *text = std::move(*given);
    }
    return branding;
}

Outcome<std::vector<SearchCriterion>> parse_criteria(std::string_view body) {
    const auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    const auto words = strings_member(*object, "criteria");
    if (!words) return std::unexpected(words.error());
    std::vector<SearchCriterion> criteria;
    for (const auto& word : *words) {
        const auto criterion = value_named(kCriteria, word);
        if (!criterion) {
            return refuse(400,
                          "criteria-invalid",
                          "\"criteria\" are \"language\", \"expertise\" and \"location\".");
        }
        criteria.push_back(*criterion);
    }
    return criteria;
}

json::object admin_json(const KnownWidget& widget) {
    const auto& item = widget.item;
    json::array experts;
    for (const auto& expert : item.experts) {
        experts.emplace_back(events::public_id(widget.tenant, "exp", expert));
    }
    json::array domains;
    for (const auto& domain : widget.domains) domains.emplace_back(to_text(domain));
    json::object object{{"id", events::public_id(widget.tenant, "wgt", item.id)},
                        {"name", item.name.reveal()},
                        {"key", public_key_of(widget)},
                        {"version", item.version.value},
                        {"settings", settings_json(item.settings)},
                        {"branding", branding_json(item.branding)},
                        {"search", criteria_json(item.criteria)},
                        {"experts", std::move(experts)},
                        {"domains", std::move(domains)}};
    add_logo(object, widget);
    return object;
}

json::object config_json(const KnownWidget& widget) {
    auto config = settings_json(widget.item.settings);
    config["widget"] = events::public_id(widget.tenant, "wgt", widget.item.id);
    config["branding"] = branding_json(widget.item.branding);
    config["search"] = criteria_json(widget.item.criteria);
    add_logo(config, widget);
    return config;
}

json::object button_json(const KnownWidget& widget) {
    const auto& branding = widget.item.branding;
    return {{"label", branding.button_label()},
            {"colour", colour_text(branding.colour_rgb())},
            {"text_colour", readable_on(branding.colour_rgb())},
            {"placement", name_in(kPlacements, widget.item.settings.placement())},
            {"locale", widget.item.settings.locale()}};
}

std::string public_key_of(const KnownWidget& widget) {
    return events::public_id(widget.tenant, kWidgetKeyTag, widget.item.key);
}

std::string colour_text(std::uint32_t rgb) {
    return fmt::format("#{:06x}", rgb);
}

std::string_view readable_on(std::uint32_t rgb) {
    constexpr std::uint32_t kChannel = 0xff;
    const double luminance = 0.2126 * linear((rgb >> 16U) & kChannel) +
                             0.7152 * linear((rgb >> 8U) & kChannel) +
                             0.0722 * linear(rgb & kChannel);
    const double on_white = 1.05 / (luminance + 0.05);
    const double on_black = (luminance + 0.05) / 0.05;
    return on_white >= on_black ? "#ffffff" : "#000000";
}

}  // namespace gateway
