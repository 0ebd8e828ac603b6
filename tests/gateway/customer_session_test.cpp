#include "gateway/customer_session.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "gateway/portal_session.hpp"

namespace {

using events::TenantId;
using events::TenantKeys;
using events::Uuid;

const TenantId kTenant{.bytes = {1, 2, 3}};
const Uuid kWidget{.bytes = {6, 7}};

TenantKeys keys_of(std::uint8_t number) {
    return {.wrapping = {},
            .command_ids = {},
            .body_digests = {},
            .blind_index = events::Key256({number})};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(customer_session)

// A12
BOOST_AUTO_TEST_CASE(a_token_says_its_session_and_the_widget) {
    const auto made = gateway::make_customer_token(kTenant, kWidget);
    BOOST_TEST(made.text.starts_with("0102030000000000-cst-"));
    const auto read = gateway::parse_customer_token(made.text);
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST((read->tenant == kTenant));
    BOOST_TEST((read->session == made.session));
    BOOST_TEST((read->widget == kWidget));
    BOOST_TEST(gateway::make_customer_token(kTenant, kWidget).text != made.text);
}

// A12, CPL20
BOOST_AUTO_TEST_CASE(a_portals_token_is_no_customers_and_the_other_way_round) {
    const auto portal = gateway::make_session_token(kTenant);
    const auto customer = gateway::make_customer_token(kTenant, kWidget);
    BOOST_TEST(!gateway::parse_customer_token(portal.text).has_value());
    BOOST_TEST(!gateway::parse_session_token(customer.text).has_value());
    for (std::size_t size = 0; size < customer.text.size(); ++size) {
        BOOST_TEST(!gateway::parse_customer_token(customer.text.substr(0, size)).has_value());
    }
    BOOST_TEST(!gateway::parse_customer_token(customer.text + "00").has_value());
}

// A12, DEC18
BOOST_AUTO_TEST_CASE(the_visitor_of_an_account_is_another_in_each_company) {
    const Uuid account{.bytes = {8}};
    const auto visitor = gateway::visitor_of_account(keys_of(1), account);
    BOOST_TEST((gateway::visitor_of_account(keys_of(1), account) == visitor));
    BOOST_TEST((gateway::visitor_of_account(keys_of(2), account) != visitor));
    BOOST_TEST((gateway::visitor_of_account(keys_of(1), kWidget) != visitor));
    BOOST_TEST((account != visitor));
}

BOOST_AUTO_TEST_SUITE_END()
