#include "gateway/quota.hpp"

#include <boost/test/unit_test.hpp>

#include "gateway/budgets.hpp"
#include "gateway/log_in_delays.hpp"

namespace {

using gateway::LogInDelays;
using gateway::PeerAddress;
using gateway::Quota;
using gateway::RecentKeys;
using gateway::SourceKeys;
using std::chrono::milliseconds;

constexpr std::int64_t kNow = 1'790'000'000'000;

PeerAddress peer(std::string_view text) {
    return PeerAddress::parse(text).value();
}

// How many attempts in a row are let through.
unsigned let_through(LogInDelays& delays, std::uint64_t key, std::int64_t now_ms) {
    unsigned count = 0;
    while (!delays.begin(key, now_ms)) ++count;
    return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(quota)

BOOST_AUTO_TEST_CASE(a_bucket_gives_its_burst_at_once_and_then_one_at_a_time) {
    Quota quota({.burst = 3, .every = milliseconds(100)});
    for (int i = 0; i < 3; ++i) BOOST_TEST(!quota.take(1, kNow).has_value());
    BOOST_TEST((quota.take(1, kNow) == milliseconds(100)));
    BOOST_TEST((quota.take(1, kNow + 60) == milliseconds(40)));
    BOOST_TEST(!quota.take(1, kNow + 100).has_value());
    BOOST_TEST(quota.take(1, kNow + 100).has_value());
}

BOOST_AUTO_TEST_CASE(one_key_takes_nothing_from_another) {
    Quota quota({.burst = 1, .every = milliseconds(100)});
    BOOST_TEST(!quota.take(1, kNow).has_value());
    BOOST_TEST(quota.take(1, kNow).has_value());
    BOOST_TEST(!quota.take(2, kNow).has_value());
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_makes_nobody_wait_longer_than_for_a_whole_bucket) {
    Quota quota({.burst = 2, .every = milliseconds(100)});
    BOOST_TEST(!quota.take(1, kNow).has_value());
    BOOST_TEST((quota.take(1, kNow - 1'000'000) == milliseconds(100)));
    BOOST_TEST(!quota.take(1, kNow - 1'000'000 + 100).has_value());
}

BOOST_AUTO_TEST_CASE(only_so_many_keys_are_remembered_and_the_oldest_goes_first) {
    RecentKeys<int> recent(2);
    recent.of(1) = 10;
    recent.of(2) = 20;
    BOOST_TEST(recent.of(1) == 10);
    recent.of(3) = 30;
    BOOST_TEST(recent.size() == 2U);
    BOOST_TEST(recent.of(1) == 10);
    BOOST_TEST(recent.of(2) == 0);
}

BOOST_AUTO_TEST_CASE(a_source_is_an_ipv4_address_or_the_network_of_an_ipv6_address) {
    const SourceKeys keys;
    BOOST_TEST(keys.of(peer("192.0.2.1")) != keys.of(peer("192.0.2.2")));
    BOOST_TEST(keys.of(peer("2001:db8:0:1::1")) == keys.of(peer("2001:db8:0:1:ffff::2")));
    BOOST_TEST(keys.of(peer("2001:db8:0:1::1")) != keys.of(peer("2001:db8:0:2::1")));
    BOOST_TEST(keys.of(peer("192.0.2.1")) != SourceKeys().of(peer("192.0.2.1")));
}

// A08
BOOST_AUTO_TEST_CASE(whoever_guesses_waits_longer_each_time_up_to_half_a_minute) {
    LogInDelays delays;
    const auto key = delays.key_of(events::Personal("ada@demo.example"), peer("192.0.2.1"));
    auto now = kNow;
    BOOST_TEST(let_through(delays, key, now) == gateway::kFreeAttempts);
    for (const std::int64_t seconds : {1, 2, 4, 8, 16, 30, 30}) {
        const auto wait = delays.begin(key, now);
        BOOST_TEST_REQUIRE(wait.has_value());
        BOOST_TEST(wait->count() == seconds * 1000);
        now += seconds * 1000;
        BOOST_TEST(let_through(delays, key, now) == 1U);
    }
}

// A08
BOOST_AUTO_TEST_CASE(a_stranger_who_guesses_keeps_nobody_else_out) {
    LogInDelays delays;
    const events::Personal email("ada@demo.example");
    let_through(delays, delays.key_of(email, peer("192.0.2.1")), kNow);
    const auto owner = delays.key_of(email, peer("192.0.2.2"));
    BOOST_TEST(!delays.begin(owner, kNow).has_value());
}

BOOST_AUTO_TEST_CASE(an_address_in_capitals_is_the_same_address) {
    const LogInDelays delays;
    const auto source = peer("192.0.2.1");
    BOOST_TEST(delays.key_of(events::Personal("Ada@Demo.example"), source) ==
               delays.key_of(events::Personal("ada@demo.example"), source));
}

BOOST_AUTO_TEST_CASE(a_success_or_a_quiet_quarter_of_an_hour_forgets_the_attempts) {
    LogInDelays delays;
    const auto key = delays.key_of(events::Personal("ada@demo.example"), peer("192.0.2.1"));
    let_through(delays, key, kNow);
    delays.succeeded(key);
    BOOST_TEST(let_through(delays, key, kNow) == gateway::kFreeAttempts);
    const auto later = kNow + gateway::kAttemptsForgottenAfter.count();
    BOOST_TEST(let_through(delays, key, later) == gateway::kFreeAttempts);
}

BOOST_AUTO_TEST_CASE(one_who_is_refused_is_told_when_to_come_again) {
    const auto response = gateway::too_many("too-many-requests", milliseconds(1001));
    BOOST_TEST(response.status == 429U);
    const auto& [name, value] = response.headers.front();
    BOOST_TEST((name == "Retry-After" && value == "2"));
}

// CPL20
BOOST_AUTO_TEST_CASE(visitors_of_one_source_have_a_budget_each_and_one_together) {
    gateway::Budgets budgets;
    gateway::Request request{
        .method = "POST", .path = {}, .query = {}, .headers = {}, .body = {}, .peer = {}};
    unsigned together = 0;
    for (std::uint8_t number = 1; number < 20; ++number) {
        gateway::Principal visitor;
        visitor.actor.bytes[0] = number;
        unsigned alone = 0;
        while (!budgets.refuse_visitor(visitor, request, kNow)) ++alone;
        BOOST_TEST(alone <= gateway::kVisitorWriteRate.burst);
        together += alone;
    }
    BOOST_TEST(together == gateway::kVisitorsWriteRate.burst);
    gateway::Principal reader;
    request.method = "GET";
    BOOST_TEST(!budgets.refuse_visitor(reader, request, kNow).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
