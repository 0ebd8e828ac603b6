#include "gateway/stranger_quotas.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

namespace {

using events::TenantId;
using gateway::QuotaSettings;
using gateway::StrangerQuotas;

constexpr std::int64_t kNow = 1'790'000'000'000;
const TenantId kOne{.bytes = {1}};
const TenantId kOther{.bytes = {2}};

StrangerQuotas quotas() {
    QuotaSettings settings;
    settings.visitor_writes_per_hour = 12;
    settings.new_visitors_per_hour = 6;
    settings.registrations_per_hour = 1;
    return StrangerQuotas(settings);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stranger_quotas)

// A08, CPL20
BOOST_AUTO_TEST_CASE(a_sixth_of_an_hours_number_may_come_at_once_and_the_rest_in_their_time) {
    auto strangers = quotas();
    BOOST_TEST(!strangers.refuse_write(kOne, kNow).has_value());
    BOOST_TEST(!strangers.refuse_write(kOne, kNow).has_value());
    const auto refused = strangers.refuse_write(kOne, kNow);
    BOOST_TEST_REQUIRE(refused.has_value());
    BOOST_TEST(refused->status == 429U);
    BOOST_TEST(refused->body.contains("\"quota-reached\""));
    const std::vector<std::pair<std::string, std::string>> expected{{"Retry-After", "300"}};
    BOOST_TEST((refused->headers == expected));
    BOOST_TEST(strangers.refuse_write(kOne, kNow + 299'999).has_value());
    BOOST_TEST(!strangers.refuse_write(kOne, kNow + 300'000).has_value());
    BOOST_TEST(strangers.refuse_write(kOne, kNow + 300'000).has_value());
}

// A08, CPL20
BOOST_AUTO_TEST_CASE(companies_and_what_is_asked_of_them_are_counted_apart) {
    auto strangers = quotas();
    BOOST_TEST(!strangers.refuse_newcomer(kOne, kNow).has_value());
    BOOST_TEST(strangers.refuse_newcomer(kOne, kNow).has_value());
    BOOST_TEST(!strangers.refuse_newcomer(kOther, kNow).has_value());
    BOOST_TEST(!strangers.refuse_write(kOne, kNow).has_value());
    BOOST_TEST(!strangers.refuse_registration(kOne, kNow).has_value());
    BOOST_TEST(strangers.refuse_registration(kOne, kNow).has_value());
    BOOST_TEST(!strangers.refuse_registration(events::kPlatformTenant, kNow).has_value());
}

BOOST_AUTO_TEST_CASE(the_least_number_still_lets_one_in_an_hour_through) {
    const auto rate = gateway::hourly(1);
    BOOST_TEST(rate.burst == 1U);
    BOOST_TEST(rate.every.count() == 3'600'000);
    BOOST_TEST(gateway::hourly(3'600'000).every.count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
