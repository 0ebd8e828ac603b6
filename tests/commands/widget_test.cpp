#include "commands/widget.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

#include "tests/support/given.hpp"

namespace {

using namespace commands;
using events::Personal;
using events::Uuid;
using namespace parlour::widget::v1;
using Rejection = Widget::Rejection;

using GivenWidget = test_support::Given<Widget>;

const Uuid kKey{.bytes = {3}};
const Uuid kOther{.bytes = {4}};

Widget::Event created() {
    Widget::Event event;
    event.mutable_widget_created()->set_name("Shop");
    event.mutable_widget_created()->set_key(std::string(kKey.view()));
    return event;
}

WidgetSettingsChanged settings() {
    WidgetSettingsChanged settings;
    settings.set_placement(PLACEMENT_BOTTOM_RIGHT);
    settings.set_locale("en");
    settings.set_ask_name(ASKED_OPTIONAL);
    settings.set_ask_email(ASKED_OPTIONAL);
    settings.set_consent_mode(CONSENT_MODE_IMPLICIT);
    settings.set_policy_version("unstated");
    return settings;
}

Widget::Event set_to(const WidgetSettingsChanged& settings) {
    Widget::Event event;
    *event.mutable_widget_settings_changed() = settings;
    return event;
}

BrandingChanged branding(const std::string& slogan) {
    BrandingChanged branding;
    branding.set_colour_rgb(0x0a0b0c);
    branding.set_accent_colour_rgb(0xffffff);
    branding.set_slogan(slogan);
    return branding;
}

Widget::Event branded(const BrandingChanged& branding) {
    Widget::Event event;
    *event.mutable_branding_changed() = branding;
    return event;
}

Widget::Event published(const Uuid& expert) {
    Widget::Event event;
    event.mutable_expert_published()->set_expert_id(std::string(expert.view()));
    return event;
}

Widget::Event withdrawn(const Uuid& expert) {
    Widget::Event event;
    event.mutable_expert_withdrawn()->set_expert_id(std::string(expert.view()));
    return event;
}

Widget::Event allowed(const Uuid& id, const std::string& domain) {
    Widget::Event event;
    event.mutable_domain_allowed()->set_domain_id(std::string(id.view()));
    event.mutable_domain_allowed()->set_domain(domain);
    return event;
}

Widget::Event disallowed(const Uuid& id) {
    Widget::Event event;
    event.mutable_domain_disallowed()->set_domain_id(std::string(id.view()));
    return event;
}

Widget::Event secret_issued(const Uuid& secret) {
    Widget::Event event;
    event.mutable_identity_secret_issued()->set_secret_id(std::string(secret.view()));
    return event;
}

Widget::Event secret_revoked(const Uuid& secret) {
    Widget::Event event;
    event.mutable_identity_secret_revoked()->set_secret_id(std::string(secret.view()));
    return event;
}

AllowDomain allow(std::string domain) {
    return {.id = kOther, .domain = Personal(std::move(domain))};
}

// A widget that was made a moment ago.
std::vector<Widget::Event> fresh() {
    return {created(), set_to(settings())};
}

std::vector<Widget::Event> fresh_and(Widget::Event event) {
    auto history = fresh();
    history.push_back(std::move(event));
    return history;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(widget)

BOOST_AUTO_TEST_CASE(a_widget_is_created_with_settings_to_begin_with) {
    GivenWidget{}
        .when(CreateWidget{.name = Personal("Shop"), .key = kKey})
        .then({created(), set_to(settings())});
    GivenWidget{}
        .when(CreateWidget{.name = Personal(" "), .key = kKey})
        .then_rejected(Rejection::kNameInvalid);
    GivenWidget{fresh()}
        .when(CreateWidget{.name = Personal("Shop"), .key = kKey})
        .then_rejected(Rejection::kAlreadyCreated);
}

BOOST_AUTO_TEST_CASE(a_widget_that_is_none_takes_no_command) {
    const GivenWidget given;
    given.when(RotateWidgetKey{kOther}).then_rejected(Rejection::kNotCreated);
    given.when(ChangeWidgetSettings{settings()}).then_rejected(Rejection::kNotCreated);
    given.when(ChangeBranding{branding("")}).then_rejected(Rejection::kNotCreated);
    given.when(ConfigureSearch{}).then_rejected(Rejection::kNotCreated);
    given.when(PublishExpert{kOther}).then_rejected(Rejection::kNotCreated);
    given.when(WithdrawExpert{kOther}).then_rejected(Rejection::kNotCreated);
    given.when(allow("example.org")).then_rejected(Rejection::kNotCreated);
    given.when(DisallowDomain{kOther}).then_rejected(Rejection::kNotCreated);
}

// B07
BOOST_AUTO_TEST_CASE(the_key_can_be_replaced) {
    Widget::Event rotated;
    rotated.mutable_widget_key_rotated()->set_key(std::string(kOther.view()));
    GivenWidget{fresh()}.when(RotateWidgetKey{kOther}).then({rotated});
    GivenWidget{fresh_and(rotated)}.when(RotateWidgetKey{kOther}).then_nothing();
}

// B01
BOOST_AUTO_TEST_CASE(settings_change_whole_and_only_when_they_differ) {
    auto german = settings();
    german.set_locale("de");
    GivenWidget{fresh()}.when(ChangeWidgetSettings{german}).then({set_to(german)});
    GivenWidget{fresh()}.when(ChangeWidgetSettings{settings()}).then_nothing();
}

BOOST_AUTO_TEST_CASE(settings_that_say_nothing_or_something_unknown_are_rejected) {
    const auto rejected = [](auto change, Rejection expected) {
        auto changed = settings();
        change(changed);
        GivenWidget{fresh()}.when(ChangeWidgetSettings{changed}).then_rejected(expected);
    };
    using S = WidgetSettingsChanged;
    rejected([](S& s) { s.clear_placement(); }, Rejection::kSettingUnspecified);
    rejected([](S& s) { s.clear_ask_name(); }, Rejection::kSettingUnspecified);
    rejected([](S& s) { s.clear_ask_email(); }, Rejection::kSettingUnspecified);
    rejected([](S& s) { s.clear_consent_mode(); }, Rejection::kSettingUnspecified);
    rejected([](S& s) { s.set_locale("xx"); }, Rejection::kLocaleUnknown);
    rejected([](S& s) { s.set_policy_version(""); }, Rejection::kPolicyInvalid);
    rejected([](S& s) { s.set_policy_version("a b"); }, Rejection::kPolicyInvalid);
    rejected([](S& s) { s.set_policy_version(std::string(65, '1')); }, Rejection::kPolicyInvalid);
    rejected([](S& s) { s.set_policy_sha256("short"); }, Rejection::kPolicyInvalid);
    rejected([](S& s) { s.set_policy_url("javascript:alert(1)"); }, Rejection::kPolicyInvalid);
    rejected([](S& s) { s.set_policy_url("https://a.example/\n"); }, Rejection::kPolicyInvalid);
}

// X13
BOOST_AUTO_TEST_CASE(consent_can_be_demanded_only_to_a_policy_that_can_be_read) {
    auto strict = settings();
    strict.set_consent_mode(CONSENT_MODE_EXPLICIT);
    GivenWidget{fresh()}
        .when(ChangeWidgetSettings{strict})
        .then_rejected(Rejection::kPolicyMissing);
    strict.set_policy_url("https://example.org/privacy");
    GivenWidget{fresh()}
        .when(ChangeWidgetSettings{strict})
        .then_rejected(Rejection::kPolicyMissing);
    strict.set_policy_version("2026-11");
    GivenWidget{fresh()}.when(ChangeWidgetSettings{strict}).then({set_to(strict)});
}

// B02
BOOST_AUTO_TEST_CASE(branding_changes_whole_and_keeps_its_texts_verbatim) {
    const auto wild = branding("</script><b>\u202eé");
    GivenWidget{fresh()}.when(ChangeBranding{wild}).then({branded(wild)});
    GivenWidget{fresh_and(branded(wild))}.when(ChangeBranding{wild}).then_nothing();
    GivenWidget{fresh()}.when(ChangeBranding{}).then({branded({})});
}

BOOST_AUTO_TEST_CASE(branding_beyond_its_bounds_is_rejected) {
    auto wrong = branding("");
    wrong.set_colour_rgb(0x1000000);
    GivenWidget{fresh()}.when(ChangeBranding{wrong}).then_rejected(Rejection::kColourInvalid);
    const auto rejected = [](auto change) {
        auto changed = branding("");
        change(changed);
        GivenWidget{fresh()}.when(ChangeBranding{changed}).then_rejected(Rejection::kTextInvalid);
    };
    using B = BrandingChanged;
    rejected([](B& b) { b.set_slogan(std::string(kSloganBytesMax + 1, 'x')); });
    rejected([](B& b) { b.set_button_label(std::string(kButtonLabelBytesMax + 1, 'x')); });
    rejected([](B& b) { b.set_greeting(std::string(kWordingBytesMax + 1, 'x')); });
    rejected([](B& b) { b.set_offline_text(std::string(kWordingBytesMax + 1, 'x')); });
    rejected([](B& b) { b.set_slogan(std::string("a\0b", 3)); });
}

// B05
BOOST_AUTO_TEST_CASE(search_is_by_chosen_criteria_or_not_at_all) {
    Widget::Event configured;
    configured.mutable_search_configured()->add_criteria(SEARCH_CRITERION_LOCATION);
    const ConfigureSearch by_location{{SEARCH_CRITERION_LOCATION}};
    GivenWidget{fresh()}.when(by_location).then({configured});
    GivenWidget{fresh_and(configured)}.when(by_location).then_nothing();
    Widget::Event none;
    none.mutable_search_configured();
    GivenWidget{fresh_and(configured)}.when(ConfigureSearch{}).then({none});
    GivenWidget{fresh()}.when(ConfigureSearch{}).then_nothing();
    for (const auto& wrong : {std::vector{SEARCH_CRITERION_UNSPECIFIED},
                              std::vector{SEARCH_CRITERION_LANGUAGE, SEARCH_CRITERION_LANGUAGE}}) {
        GivenWidget{fresh()}
            .when(ConfigureSearch{wrong})
            .then_rejected(Rejection::kCriteriaInvalid);
    }
}

// B03
BOOST_AUTO_TEST_CASE(experts_appear_and_disappear) {
    GivenWidget{fresh()}.when(PublishExpert{kOther}).then({published(kOther)});
    GivenWidget{fresh_and(published(kOther))}.when(PublishExpert{kOther}).then_nothing();
    GivenWidget{fresh_and(published(kOther))}
        .when(WithdrawExpert{kOther})
        .then({withdrawn(kOther)});
    GivenWidget{fresh()}.when(WithdrawExpert{kOther}).then_nothing();
}

// B08
BOOST_AUTO_TEST_CASE(a_site_is_allowed_until_it_is_taken_back) {
    GivenWidget{fresh()}.when(allow("*.example.org")).then({allowed(kOther, "*.example.org")});
    const auto history = fresh_and(allowed(kOther, "example.org"));
    GivenWidget{history}.when(allow("example.org")).then_nothing();
    GivenWidget{history}.when(DisallowDomain{kOther}).then({disallowed(kOther)});
    GivenWidget{fresh()}.when(DisallowDomain{kOther}).then_nothing();
}

// What could end a header field, or begin another source in it, is no domain.
BOOST_AUTO_TEST_CASE(a_domain_that_could_break_out_of_a_header_is_rejected) {
    for (const auto& domain : {std::string(),
                               std::string("a b"),
                               std::string("a;b"),
                               std::string("a,b"),
                               std::string("a\r\nb"),
                               std::string("'self'"),
                               std::string("Example.org"),
                               std::string("é.example"),
                               std::string(kDomainBytesMax + 1, 'a')}) {
        GivenWidget{fresh()}.when(allow(domain)).then_rejected(Rejection::kDomainInvalid);
    }
}

BOOST_AUTO_TEST_CASE(there_are_only_so_many_domains) {
    auto history = fresh();
    for (std::uint8_t i = 0; i < kDomainsMax; ++i) {
        history.push_back(allowed({.bytes = {1, i}}, "a.example"));
    }
    GivenWidget{history}.when(allow("b.example")).then_rejected(Rejection::kDomainsTooMany);
    history.push_back(disallowed({.bytes = {1, 0}}));
    GivenWidget{history}.when(allow("b.example")).then({allowed(kOther, "b.example")});
}

// X09
BOOST_AUTO_TEST_CASE(secrets_overlap_while_servers_change_over_within_a_limit) {
    auto history = fresh();
    for (std::uint8_t i = 0; i < kIdentitySecretsMax; ++i) {
        const Uuid secret{.bytes = {i}};
        GivenWidget{history}.when(IssueIdentitySecret{secret}).then({secret_issued(secret)});
        history.push_back(secret_issued(secret));
        GivenWidget{history}.when(IssueIdentitySecret{secret}).then_nothing();
    }
    const Uuid more{.bytes = {99}};
    GivenWidget{history}.when(IssueIdentitySecret{more}).then_rejected(Rejection::kSecretsTooMany);
    const Uuid first{.bytes = {0}};
    GivenWidget{history}.when(RevokeIdentitySecret{first}).then({secret_revoked(first)});
    history.push_back(secret_revoked(first));
    GivenWidget{history}.when(RevokeIdentitySecret{first}).then_nothing();
    GivenWidget{history}.when(RevokeIdentitySecret{more}).then_rejected(Rejection::kSecretUnknown);
    GivenWidget{history}.when(IssueIdentitySecret{first}).then_nothing();
    GivenWidget{history}.when(IssueIdentitySecret{more}).then({secret_issued(more)});
}

// X09
BOOST_AUTO_TEST_CASE(an_identity_is_demanded_only_where_one_can_be_signed) {
    const Uuid secret{.bytes = {1}};
    Widget::Event on;
    on.mutable_identity_demand_changed()->set_required(true);
    Widget::Event off;
    off.mutable_identity_demand_changed()->set_required(false);
    GivenWidget{fresh()}.when(DemandIdentity{true}).then_rejected(Rejection::kSecretMissing);
    GivenWidget{fresh()}.when(DemandIdentity{false}).then_nothing();
    auto history = fresh_and(secret_issued(secret));
    GivenWidget{history}.when(DemandIdentity{true}).then({on});
    history.push_back(on);
    GivenWidget{history}.when(DemandIdentity{true}).then_nothing();
    GivenWidget{history}.when(RevokeIdentitySecret{secret}).then({secret_revoked(secret)});
    GivenWidget{history}.when(DemandIdentity{false}).then({off});
}

BOOST_AUTO_TEST_SUITE_END()
