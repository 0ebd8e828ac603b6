#include "projections/widget_view.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/projections/world.hpp"

using namespace projections_test;
using namespace parlour::widget::v1;
using events::Errc;

namespace {

std::string id_bytes(std::uint8_t number) {
    return std::string(uuid_of(number).view());
}

WidgetEvent created(std::uint8_t key, const std::string& name = "Shop") {
    WidgetEvent event;
    event.mutable_widget_created()->set_name(name);
    event.mutable_widget_created()->set_key(id_bytes(key));
    return event;
}

WidgetEvent rotated(std::uint8_t key) {
    WidgetEvent event;
    event.mutable_widget_key_rotated()->set_key(id_bytes(key));
    return event;
}

WidgetEvent set_to(const std::string& locale, const std::string& policy_url) {
    WidgetEvent event;
    event.mutable_widget_settings_changed()->set_locale(locale);
    event.mutable_widget_settings_changed()->set_policy_url(policy_url);
    return event;
}

WidgetEvent branded(const std::string& slogan) {
    WidgetEvent event;
    event.mutable_branding_changed()->set_colour_rgb(0x123456);
    event.mutable_branding_changed()->set_slogan(slogan);
    return event;
}

WidgetEvent searched_by(SearchCriterion criterion) {
    WidgetEvent event;
    event.mutable_search_configured()->add_criteria(criterion);
    return event;
}

WidgetEvent published(std::uint8_t expert) {
    WidgetEvent event;
    event.mutable_expert_published()->set_expert_id(id_bytes(expert));
    return event;
}

WidgetEvent withdrawn(std::uint8_t expert) {
    WidgetEvent event;
    event.mutable_expert_withdrawn()->set_expert_id(id_bytes(expert));
    return event;
}

WidgetEvent allowed(std::uint8_t id, const std::string& domain) {
    WidgetEvent event;
    event.mutable_domain_allowed()->set_domain_id(id_bytes(id));
    event.mutable_domain_allowed()->set_domain(domain);
    return event;
}

WidgetEvent disallowed(std::uint8_t id) {
    WidgetEvent event;
    event.mutable_domain_disallowed()->set_domain_id(id_bytes(id));
    return event;
}

struct Widgets : World {
    projections::WidgetItem widget(projections::Store& store, std::uint8_t number) const {
        auto item = widgets.read(store, *keys, tenant, uuid_of(number), now_ms);
        if (!item) throw std::runtime_error(item.error().detail);
        return std::move(*item);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(widget_view, Widgets)

// B01, B02, B05
BOOST_AUTO_TEST_CASE(a_widget_is_as_it_was_set_last) {
    given.commit(tenant, widget_of(1), created(10), set_to("en", ""));
    given.commit(tenant, widget_of(1), set_to("de", "https://x.y/privacy"));
    given.commit(tenant, widget_of(1), branded("old"));
    given.commit(tenant, widget_of(1), branded("new \u202e</script>"));
    given.commit(tenant, widget_of(1), searched_by(SEARCH_CRITERION_LANGUAGE));
    given.commit(tenant, widget_of(1), searched_by(SEARCH_CRITERION_LOCATION));
    const auto store = open_store();
    read_into(*store);
    const auto item = widget(*store, 1);
    BOOST_TEST((item.id == uuid_of(1)));
    BOOST_TEST((item.key == uuid_of(10)));
    BOOST_TEST(item.version.value == 7U);
    BOOST_TEST((widgets.newest(*store, tenant, uuid_of(1)).value() == item.version));
    BOOST_TEST(item.name.reveal() == "Shop");
    BOOST_TEST(item.settings.locale() == "de");
    BOOST_TEST(item.settings.policy_url() == "https://x.y/privacy");
    BOOST_TEST(item.branding.colour_rgb() == 0x123456U);
    BOOST_TEST(item.branding.slogan() == "new \u202e</script>");
    BOOST_TEST((item.criteria == std::vector{SEARCH_CRITERION_LOCATION}));
}

// B07
BOOST_AUTO_TEST_CASE(only_the_key_in_force_finds_the_widget) {
    given.commit(tenant, widget_of(1), created(10));
    given.commit(tenant, widget_of(2), created(20));
    given.commit(tenant, widget_of(1), rotated(11));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST((widgets.find_key(*store, tenant, uuid_of(11)).value() == uuid_of(1)));
    BOOST_TEST((widgets.find_key(*store, tenant, uuid_of(20)).value() == uuid_of(2)));
    for (const auto& [company, key] :
         {std::pair{tenant, uuid_of(10)}, std::pair{tenant_of(2), uuid_of(11)}}) {
        const auto found = widgets.find_key(*store, company, key);
        BOOST_TEST_REQUIRE(!found);
        BOOST_TEST((found.error().code == Errc::kNotFound));
    }
}

// B03
BOOST_AUTO_TEST_CASE(a_widget_shows_the_published_experts_only) {
    given.commit(tenant, widget_of(1), created(10), published(5));
    given.commit(tenant, widget_of(1), published(4));
    given.commit(tenant, widget_of(1), published(6));
    given.commit(tenant, widget_of(1), withdrawn(5));
    given.commit(tenant, widget_of(2), created(20), published(7));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST((widget(*store, 1).experts == std::vector{uuid_of(4), uuid_of(6)}));
    BOOST_TEST((widget(*store, 2).experts == std::vector{uuid_of(7)}));
}

// B08
BOOST_AUTO_TEST_CASE(a_widget_has_its_own_domains) {
    given.commit(tenant, widget_of(1), created(10), allowed(3, "a.example"));
    given.commit(tenant, widget_of(1), allowed(4, "*.b.example"));
    given.commit(tenant, widget_of(1), allowed(5, "c.example"));
    given.commit(tenant, widget_of(1), disallowed(5));
    given.commit(tenant, widget_of(2), created(20), allowed(3, "d.example"));
    const auto store = open_store();
    read_into(*store);
    const auto domains = widget(*store, 1).domains;
    BOOST_TEST_REQUIRE(domains.size() == 2U);
    BOOST_TEST((domains[0].id == uuid_of(3)));
    BOOST_TEST(domains[0].domain == "a.example");
    BOOST_TEST(domains[1].domain == "*.b.example");
    BOOST_TEST(widget(*store, 2).domains.front().domain == "d.example");
}

BOOST_AUTO_TEST_CASE(widgets_are_listed_by_company_page_by_page) {
    for (std::uint8_t i = 1; i <= 3; ++i) given.commit(tenant, widget_of(i), created(i));
    given.commit(tenant_of(2), widget_of(9), created(9));
    const auto store = open_store();
    read_into(*store);
    const auto first = widgets.list(*store, tenant, std::nullopt, 2).value();
    BOOST_TEST((first == std::vector{uuid_of(1), uuid_of(2)}));
    BOOST_TEST((widgets.list(*store, tenant, uuid_of(2), 2).value() == std::vector{uuid_of(3)}));
    BOOST_TEST(widgets.list(*store, tenant_of(3), std::nullopt, 2).value().empty());
}

BOOST_AUTO_TEST_CASE(a_widget_that_is_none_is_not_found) {
    given.void_commit(tenant, widget_of(1), created(10));
    const auto store = open_store();
    read_into(*store);
    const auto item = widgets.read(*store, *keys, tenant, uuid_of(1), now_ms);
    BOOST_TEST_REQUIRE(!item);
    BOOST_TEST((item.error().code == Errc::kNotFound));
    BOOST_TEST((widgets.newest(*store, tenant, uuid_of(1)).error().code == Errc::kNotFound));
}

BOOST_AUTO_TEST_CASE(an_erased_widget_has_no_texts) {
    const auto gone =
        given.commit(tenant, widget_of(1), created(10), branded("slogan"), allowed(3, "a.example"));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST_REQUIRE(
        keys->destroy(tenant, gone.key_id, given.claim_in_force(gone.partition)).has_value());
    const auto item = widget(*store, 1);
    BOOST_TEST(item.erased);
    BOOST_TEST(item.name.empty());
    BOOST_TEST(item.branding.slogan().empty());
    BOOST_TEST(item.domains.front().domain.empty());
}

BOOST_AUTO_TEST_CASE(the_companys_words_stand_in_no_row) {
    given.commit(tenant,
                 widget_of(1),
                 created(10, "canary"),
                 set_to("de", "https://canary.example"),
                 branded("canary"),
                 allowed(3, "canary.example"));
    const auto store = open_store();
    read_into(*store);
    for (const auto& [key, value] : rows_of(*store, widgets, partitions)) {
        BOOST_TEST((key + value).find("canary") == std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
