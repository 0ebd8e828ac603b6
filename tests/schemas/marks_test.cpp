#include "schemas/marks.hpp"

#include <boost/test/unit_test.hpp>

#include "parlour/conversation/v1/events.pb.h"
#include "parlour/log/v1/record.pb.h"
#include "parlour/visitor/v1/events.pb.h"

BOOST_AUTO_TEST_SUITE(marks)

BOOST_AUTO_TEST_CASE(enum_values_lose_their_prefix) {
    const auto& kinds = *parlour::log::v1::ActorKind_descriptor();
    BOOST_TEST(schemas::short_name(kinds, parlour::log::v1::ACTOR_KIND_API_TOKEN) == "api_token");
    BOOST_TEST(schemas::short_name(kinds, 0) == "unspecified");
    BOOST_TEST(schemas::short_name(kinds, 4711) == "4711");
}

BOOST_AUTO_TEST_CASE(a_personal_field_is_told_from_a_public_and_from_an_unmarked_one) {
    const auto& sent = *parlour::conversation::v1::MessageSent::descriptor();
    BOOST_TEST(schemas::is_personal(*sent.FindFieldByName("text")));
    BOOST_TEST(!schemas::is_personal(*sent.FindFieldByName("message_id")));
    BOOST_TEST(!schemas::is_personal(*sent.FindFieldByName("author")));
    const auto& persona = *parlour::visitor::v1::PersonaSet::descriptor();
    BOOST_TEST(schemas::is_personal(*persona.FindFieldByName("age_years")));
}

BOOST_AUTO_TEST_SUITE_END()
