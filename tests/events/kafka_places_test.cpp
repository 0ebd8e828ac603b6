#include "events/kafka_places.hpp"

#include <boost/test/unit_test.hpp>

using events::claim_from;
using events::claim_text;
using events::ClaimId;
using events::ClaimRef;
using events::FeedPlace;
using events::Offset;
using events::Term;

// DESIGN 9
BOOST_AUTO_TEST_SUITE(kafka_places)

BOOST_AUTO_TEST_CASE(the_claim_of_a_place_reads_back) {
    const ClaimRef claim{.term = Term{42}, .id = ClaimId{.bytes = {1, 2, 255}}};
    const auto text = claim_text({.next = Offset{7}, .claim = claim});
    BOOST_TEST(text == "42 0102ff00000000000000000000000000");
    BOOST_TEST((claim_from(text) == claim));
}

BOOST_AUTO_TEST_CASE(a_place_before_the_first_claim_has_none) {
    BOOST_TEST(!claim_from(claim_text(FeedPlace{.next = Offset{}, .claim = {}})));
}

BOOST_AUTO_TEST_CASE(what_is_no_claim_is_none) {
    for (const auto* const text :
         {"", " ", "42", "42 ", "42 01", "x 01", "42 zz", "42  0102ff00000000000000000000000000"}) {
        BOOST_TEST(!claim_from(text), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
