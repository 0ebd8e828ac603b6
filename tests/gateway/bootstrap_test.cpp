#include "gateway/bootstrap.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using gateway::Bootstrap;
using gateway::is_nonce;
using gateway::make_nonce;

constexpr std::int64_t kNow = 1'790'000'040'000;

const Bootstrap kShop{
    .tenant = {.bytes = {1}}, .widget = {.bytes = {2}}, .origin = "https://shop.example"};

events::TenantKeys keys_of(std::uint8_t number) {
    return {.wrapping = {},
            .command_ids = events::Key256({number}),
            .body_digests = {},
            .blind_index = {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bootstrap)

// B11
BOOST_AUTO_TEST_CASE(a_nonce_is_good_for_its_page_for_ten_minutes) {
    const auto nonce = make_nonce(keys_of(1), kShop, kNow);
    BOOST_TEST(is_nonce(keys_of(1), kShop, nonce, kNow));
    BOOST_TEST(is_nonce(keys_of(1), kShop, nonce, kNow + gateway::kBootstrapValidMs - 1));
    BOOST_TEST(!is_nonce(keys_of(1), kShop, nonce, kNow + gateway::kBootstrapValidMs));
}

// B11
BOOST_AUTO_TEST_CASE(a_nonce_is_bound_to_origin_widget_and_company) {
    const auto nonce = make_nonce(keys_of(1), kShop, kNow);
    auto other = kShop;
    other.origin = "https://evil.example";
    BOOST_TEST(!is_nonce(keys_of(1), other, nonce, kNow));
    other = kShop;
    other.widget = {.bytes = {3}};
    BOOST_TEST(!is_nonce(keys_of(1), other, nonce, kNow));
    other = kShop;
    other.tenant = {.bytes = {3}};
    BOOST_TEST(!is_nonce(keys_of(1), other, nonce, kNow));
    BOOST_TEST(!is_nonce(keys_of(2), kShop, nonce, kNow));
}

BOOST_AUTO_TEST_CASE(a_nonce_that_was_changed_is_none) {
    const auto nonce = make_nonce(keys_of(1), kShop, kNow);
    for (std::size_t i = 0; i < nonce.size(); ++i) {
        auto changed = nonce;
        changed[i] = changed[i] == '0' ? '1' : '0';
        BOOST_TEST(!is_nonce(keys_of(1), kShop, changed, kNow));
    }
    BOOST_TEST(!is_nonce(keys_of(1), kShop, nonce + "0", kNow));
    BOOST_TEST(!is_nonce(keys_of(1), kShop, "", kNow));
}

BOOST_AUTO_TEST_SUITE_END()
