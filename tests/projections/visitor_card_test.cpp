#include "projections/visitor_card.hpp"

#include <boost/test/unit_test.hpp>

#include "projections/visitor_lists.hpp"
#include "tests/projections/world.hpp"

using namespace projections_test;
using events::Errc;
using parlour::visitor::v1::ConsentKind;

namespace {

VisitorEvent session_opened(std::uint8_t widget) {
    VisitorEvent event;
    event.mutable_visitor_session_opened()->set_widget_id(std::string(uuid_of(widget).view()));
    return event;
}

VisitorEvent consented(const std::string& policy_version) {
    VisitorEvent event;
    auto& consent = *event.mutable_consent_recorded();
    consent.set_kind(ConsentKind::CONSENT_KIND_EXPLICIT);
    consent.set_widget_id(std::string(uuid_of(7).view()));
    consent.set_policy_version(policy_version);
    consent.set_policy_sha256(std::string(32, 'h'));
    consent.set_locale("de");
    consent.set_widget_version(6);
    return event;
}

VisitorEvent said(const std::string& name, const std::string& email) {
    VisitorEvent event;
    event.mutable_visitor_identified()->set_name(name);
    event.mutable_visitor_identified()->set_email(email);
    return event;
}

VisitorEvent checked_in(const std::string& name, const std::string& phone) {
    VisitorEvent event;
    event.mutable_visitor_checked_in()->set_name(name);
    event.mutable_visitor_checked_in()->set_phone(phone);
    return event;
}

VisitorEvent persona(const std::string& display_name, std::uint32_t age_years) {
    VisitorEvent event;
    event.mutable_persona_set()->set_display_name(display_name);
    event.mutable_persona_set()->set_age_years(age_years);
    return event;
}

VisitorEvent persona_removed() {
    VisitorEvent event;
    event.mutable_persona_removed();
    return event;
}

VisitorEvent verified(const std::string& name, const std::string& email) {
    VisitorEvent event;
    auto& said = *event.mutable_visitor_verified();
    said.set_subject("customer canary");
    said.set_name(name);
    said.set_email(email);
    return event;
}

struct Visitors : World {
    projections::VisitorItem own(projections::Store& store, std::uint8_t visitor) const {
        auto item = visitors.own(store, *keys, tenant, uuid_of(visitor), now_ms);
        if (!item) throw std::runtime_error(item.error().detail);
        return std::move(*item);
    }
    projections::ConsentPage consents(projections::Store& store,
                                      const projections::ConsentRequest& request) const {
        auto page = projections::list_consents(store, visitors, tenant, request);
        if (!page) throw std::runtime_error(page.error().detail);
        return std::move(*page);
    }
    std::vector<events::Uuid> arrived(projections::Store& store) const {
        const auto page = projections::list_check_ins(store, visitors, tenant, {.limit = 10});
        if (!page) throw std::runtime_error(page.error().detail);
        std::vector<events::Uuid> ids;
        for (const auto& item : page->items) ids.push_back(item.visitor);
        return ids;
    }
    projections::VisitorCardItem card(projections::Store& store, std::uint8_t visitor) const {
        auto item = visitors.card(store, *keys, tenant, uuid_of(visitor), now_ms);
        if (!item) throw std::runtime_error(item.error().detail);
        return std::move(*item);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(visitor_card, Visitors)

BOOST_AUTO_TEST_CASE(a_visitor_sees_everything_that_was_said) {
    given.commit(tenant, visitor_of(1), session_opened(7), consented("2"), said("Jo", "j@x.y"));
    given.commit(tenant, visitor_of(1), checked_in("Joanna", "0511 1"));
    given.commit(tenant, visitor_of(1), persona("Blue", 40));
    const auto store = open_store();
    read_into(*store);
    const auto item = own(*store, 1);
    BOOST_TEST(item.version.value == 5U);
    BOOST_TEST((item.widget == uuid_of(7)));
    BOOST_TEST(item.opened_unix_ms == given.time_unix_ms);
    BOOST_TEST(item.name->reveal() == "Jo");
    BOOST_TEST(item.email->reveal() == "j@x.y");
    BOOST_TEST(item.checked_in_name->reveal() == "Joanna");
    BOOST_TEST(item.phone->reveal() == "0511 1");
    BOOST_TEST(item.display_name->reveal() == "Blue");
    BOOST_TEST(item.age_years == 40U);
    BOOST_TEST(!item.erased);
}

BOOST_AUTO_TEST_CASE(what_was_said_last_counts) {
    given.commit(tenant, visitor_of(1), said("Jo", "j@x.y"));
    given.commit(tenant, visitor_of(1), said("", "k@x.y"));
    const auto store = open_store();
    read_into(*store);
    const auto item = own(*store, 1);
    BOOST_TEST(!item.name.has_value());
    BOOST_TEST(item.email->reveal() == "k@x.y");
    BOOST_TEST(!item.widget.has_value());
}

// L01, DEC18
BOOST_AUTO_TEST_CASE(experts_see_the_persona_and_nothing_else_of_a_visitor_who_has_one) {
    given.commit(tenant,
                 visitor_of(1),
                 said("Joanna Real", "j@x.y"),
                 checked_in("Joanna", "0511 1"),
                 persona("Blue", 40));
    const auto store = open_store();
    read_into(*store);
    const auto seen = card(*store, 1);
    BOOST_TEST(seen.persona);
    BOOST_TEST(seen.name->reveal() == "Blue");
    BOOST_TEST(seen.age_years == 40U);
    BOOST_TEST(!seen.email.has_value());
    BOOST_TEST(!seen.phone.has_value());
}

// L01
BOOST_AUTO_TEST_CASE(without_a_persona_experts_see_what_the_visitor_said) {
    given.commit(tenant, visitor_of(1), said("Jo", "j@x.y"), persona("Blue", 40));
    given.commit(tenant, visitor_of(1), persona_removed());
    given.commit(tenant, visitor_of(2), checked_in("Kim", "0511 1"));
    const auto store = open_store();
    read_into(*store);
    const auto seen = card(*store, 1);
    BOOST_TEST(!seen.persona);
    BOOST_TEST(seen.name->reveal() == "Jo");
    BOOST_TEST(seen.age_years == 0U);
    BOOST_TEST(seen.email->reveal() == "j@x.y");
    const auto called = card(*store, 2);
    BOOST_TEST(called.name->reveal() == "Kim");
    BOOST_TEST(called.phone->reveal() == "0511 1");
}

// DEC19
BOOST_AUTO_TEST_CASE(every_consent_is_kept_with_its_document) {
    given.commit(tenant, visitor_of(1), session_opened(7), consented("1"));
    given.time_unix_ms += 5;
    given.commit(tenant, visitor_of(1), consented("2"));
    const auto store = open_store();
    read_into(*store);
    const auto item = own(*store, 1);
    BOOST_TEST_REQUIRE(item.consents.size() == 2U);
    const auto& consent = item.consents[1];
    BOOST_TEST((consent.kind == ConsentKind::CONSENT_KIND_EXPLICIT));
    BOOST_TEST((consent.widget == uuid_of(7)));
    BOOST_TEST(consent.policy_version == "2");
    BOOST_TEST(consent.policy_sha256 == std::string(32, 'h'));
    BOOST_TEST(consent.locale == "de");
    BOOST_TEST(consent.time_unix_ms == given.time_unix_ms);
    BOOST_TEST(item.consents[0].policy_version == "1");
}

// O01, DEC19
BOOST_AUTO_TEST_CASE(the_register_lists_every_consent_the_last_given_first) {
    given.commit(tenant, visitor_of(1), session_opened(7), consented("1"));
    given.commit(tenant, visitor_of(2), session_opened(7), consented("1"));
    given.time_unix_ms += 5;
    given.commit(tenant, visitor_of(1), consented("2"));
    given.commit(tenant_of(2), visitor_of(3), consented("other company"));
    const auto store = open_store();
    read_into(*store);
    const auto first = consents(*store, {.limit = 2});
    BOOST_TEST_REQUIRE(first.items.size() == 2U);
    BOOST_TEST(first.more);
    BOOST_TEST((first.items[0].visitor == uuid_of(1)));
    BOOST_TEST(first.items[0].consent.policy_version == "2");
    BOOST_TEST(first.items[0].consent.widget_version.value == 6U);
    BOOST_TEST(first.items[0].consent.time_unix_ms == given.time_unix_ms);
    BOOST_TEST((first.items[1].visitor == uuid_of(2)));
    const auto second = consents(*store, {.before = first.items[1].place, .limit = 2});
    BOOST_TEST_REQUIRE(second.items.size() == 1U);
    BOOST_TEST(!second.more);
    BOOST_TEST((second.items[0].visitor == uuid_of(1)));
    BOOST_TEST(second.items[0].consent.policy_version == "1");
    BOOST_TEST(consents(*store, {.before = second.items[0].place, .limit = 2}).items.empty());
    const auto own = consents(*store, {.visitor = uuid_of(2), .limit = 2});
    BOOST_TEST_REQUIRE(own.items.size() == 1U);
    BOOST_TEST((own.items[0].visitor == uuid_of(2)));
}

BOOST_AUTO_TEST_CASE(a_list_of_no_rows_or_too_many_is_refused) {
    const auto store = open_store();
    for (const std::size_t limit : {std::size_t{0}, projections::kVisitorListItemsMax + 1}) {
        const auto page = projections::list_consents(*store, visitors, tenant, {.limit = limit});
        BOOST_TEST_REQUIRE(!page);
        BOOST_TEST((page.error().code == Errc::kInvalidArgument));
    }
}

// A14
BOOST_AUTO_TEST_CASE(who_checked_in_stands_in_the_list_once_where_it_did_last) {
    given.commit(tenant, visitor_of(1), session_opened(7), checked_in("Joanna", "0511 1"));
    given.commit(tenant, visitor_of(2), session_opened(7), checked_in("Kim", "0511 2"));
    given.commit(tenant, visitor_of(3), session_opened(7), said("Nobody at the desk", ""));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST((arrived(*store) == std::vector{uuid_of(2), uuid_of(1)}));
    given.commit(tenant, visitor_of(1), checked_in("Joanna", "0511 3"));
    read_into(*store);
    BOOST_TEST((arrived(*store) == std::vector{uuid_of(1), uuid_of(2)}));
}

// CPL18
BOOST_AUTO_TEST_CASE(visitors_who_say_the_same_stay_apart) {
    given.commit(tenant, visitor_of(1), said("Jo", "j@x.y"), persona("Blue", 40));
    given.commit(tenant, visitor_of(2), said("Jo", "j@x.y"));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST(own(*store, 1).display_name.has_value());
    BOOST_TEST(!own(*store, 2).display_name.has_value());
}

BOOST_AUTO_TEST_CASE(a_visitor_who_did_nothing_is_not_known) {
    given.commit(tenant, visitor_of(1), said("Jo", ""));
    const auto store = open_store();
    read_into(*store);
    for (const auto& [company, visitor] :
         {std::pair{tenant, uuid_of(2)}, std::pair{tenant_of(2), uuid_of(1)}}) {
        const auto item = visitors.own(*store, *keys, company, visitor, now_ms);
        BOOST_TEST_REQUIRE(!item);
        BOOST_TEST((item.error().code == Errc::kNotFound));
    }
}

BOOST_AUTO_TEST_CASE(an_erased_visitor_has_no_name_any_more) {
    const auto gone = given.commit(tenant, visitor_of(1), said("Jo", ""), persona("Blue", 40));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST_REQUIRE(
        keys->destroy(tenant, gone.key_id, given.claim_in_force(gone.partition)).has_value());
    BOOST_TEST(own(*store, 1).erased);
    BOOST_TEST(!own(*store, 1).display_name.has_value());
    const auto seen = card(*store, 1);
    BOOST_TEST(seen.erased);
    BOOST_TEST(!seen.name.has_value());
    BOOST_TEST(seen.age_years == 0U);
}

BOOST_AUTO_TEST_CASE(what_a_visitor_said_stands_in_no_row) {
    given.commit(tenant, visitor_of(1), said("Canary One", "canary@x.y"), persona("Canary", 40));
    const auto store = open_store();
    read_into(*store);
    for (const auto& [key, value] : rows_of(*store, visitors, partitions)) {
        BOOST_TEST((key + value).find("anary") == std::string::npos);
    }
}

// X09, CPL18
BOOST_AUTO_TEST_CASE(what_is_vouched_for_goes_before_what_was_said) {
    given.commit(tenant, visitor_of(1), session_opened(7), said("Boss", "b@x.y"));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST(!card(*store, 1).verified.has_value());
    BOOST_TEST(!card(*store, 1).is_vouched_for());
    given.commit(tenant, visitor_of(1), verified("Ada canary", ""));
    read_into(*store);
    const auto known = card(*store, 1);
    BOOST_TEST(known.is_vouched_for());
    BOOST_TEST(known.verified->subject.reveal() == "customer canary");
    BOOST_TEST(known.name->reveal() == "Ada canary");
    BOOST_TEST(known.email->reveal() == "b@x.y");
    BOOST_TEST(own(*store, 1).verified->name.reveal() == "Ada canary");
    for (const auto& [key, value] : rows_of(*store, visitors, partitions)) {
        BOOST_TEST((key + value).find("canary") == std::string::npos);
    }
}

// X09, CPL18
BOOST_AUTO_TEST_CASE(a_name_that_was_only_said_is_not_shown_as_verified) {
    given.commit(tenant, visitor_of(1), session_opened(7), said("Boss", ""), verified("", ""));
    given.commit(tenant, visitor_of(2), session_opened(7), verified("", ""));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST(card(*store, 1).verified.has_value());
    BOOST_TEST(!card(*store, 1).is_vouched_for());
    BOOST_TEST(card(*store, 2).is_vouched_for());
}

// X09, L01, DEC18
BOOST_AUTO_TEST_CASE(behind_a_persona_nothing_is_vouched_for) {
    given.commit(tenant, visitor_of(1), session_opened(7), verified("Ada", "a@x.y"));
    given.commit(tenant, visitor_of(1), persona("Blue", 40));
    const auto store = open_store();
    read_into(*store);
    const auto known = card(*store, 1);
    BOOST_TEST(!known.verified.has_value());
    BOOST_TEST(!known.email.has_value());
    BOOST_TEST(known.name->reveal() == "Blue");
}

BOOST_AUTO_TEST_SUITE_END()
