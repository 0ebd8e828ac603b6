#include "gateway/timer_runner.hpp"

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <mutex>

#include "events/memory_log.hpp"
#include "parlour/mail/v1/events.pb.h"
#include "parlour/reservation/v1/events.pb.h"
#include "projections/runner.hpp"
#include "tests/support/given_log.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

using namespace std::chrono_literals;
using parlour::mail::v1::MailEvent;
using projections::Timer;
using projections::TimerKind;

constexpr std::int64_t kThen = 1'000'000;

// A log in which mails wait for their next attempt, the timers made of it, and a clock by hand.
struct World {
    World() {
        events::Key256 master;
        keys = std::move(*events::KeyRing::open(dir.path() / "keys", master, {}, true));
        store = std::move(*projections::Store::open(dir.path() / "views"));
        given = std::make_unique<test_support::GivenLog>(log, *keys);
        given->time_unix_ms = kThen;
    }

    void commit(std::uint8_t number, const MailEvent& event) {
        given->commit(
            events::TenantId{.bytes = {1}},
            {.kind = parlour::log::v1::STREAM_KIND_MAIL, .uuid = events::Uuid{.bytes = {number}}},
            event);
        projections::Runner runner(log, 1, *store, {&timers});
        BOOST_TEST_REQUIRE(runner.catch_up().has_value());
    }
    gateway::TimerRunner::Rule rule(TimerKind kind) {
        return {.kind = kind, .carry_out = [this](const Timer& timer) {
                    const std::lock_guard lock(mutex);
                    handed.push_back(timer);
                    came.notify_all();
                }};
    }
    gateway::TimerRunner runner(std::chrono::milliseconds delay = {},
                                std::chrono::milliseconds within = {}) {
        auto mails = rule(TimerKind::kMail);
        mails.delay = delay;
        mails.within = within;
        return {*store, timers, {std::move(mails)}, [this] { return now; }};
    }

    test_support::TempDir dir;
    events::MemoryLog log{1};
    std::unique_ptr<events::KeyRing> keys;
    std::unique_ptr<projections::Store> store;
    std::unique_ptr<test_support::GivenLog> given;
    projections::TimerView timers;
    std::int64_t now = kThen;
    std::mutex mutex;
    std::condition_variable came;
    std::vector<Timer> handed;
};

MailEvent queued() {
    MailEvent event;
    event.mutable_mail_queued();
    return event;
}

MailEvent failed(std::int64_t next_attempt) {
    MailEvent event;
    event.mutable_mail_failed()->set_next_attempt_unix_ms(next_attempt);
    return event;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(timer_runner, World)

BOOST_AUTO_TEST_CASE(a_due_timer_is_handed_on_once) {
    commit(1, queued());
    auto timers_of_mail = runner();
    BOOST_TEST(timers_of_mail.look().value() == 1U);
    BOOST_TEST(timers_of_mail.look().value() == 0U);
    BOOST_TEST_REQUIRE(handed.size() == 1U);
    BOOST_TEST(handed[0].version.value == 1U);
}

BOOST_AUTO_TEST_CASE(one_that_nothing_came_of_is_handed_on_again_after_a_pause) {
    commit(1, queued());
    auto timers_of_mail = runner();
    BOOST_TEST(timers_of_mail.look().value() == 1U);
    now += std::chrono::milliseconds(gateway::TimerRunner::kHandOnAgainAfter).count();
    BOOST_TEST(timers_of_mail.look().value() == 1U);
}

BOOST_AUTO_TEST_CASE(a_rules_delay_is_waited_for) {
    commit(1, queued());
    auto timers_of_mail = runner(5s);
    now += 4'999;
    BOOST_TEST(timers_of_mail.look().value() == 0U);
    now += 1;
    BOOST_TEST(timers_of_mail.look().value() == 1U);
}

// CPL21
BOOST_AUTO_TEST_CASE(what_is_older_than_the_rule_says_is_left_alone) {
    commit(1, queued());
    auto timers_of_mail = runner({}, 10s);
    now += 10'001;
    BOOST_TEST(timers_of_mail.look().value() == 0U);
    now -= 1;
    BOOST_TEST(timers_of_mail.look().value() == 1U);
}

// CPL21: so that a mail goes out when everything is in it that is due with it.
BOOST_AUTO_TEST_CASE(a_rule_waits_until_nothing_is_left_of_those_before_it) {
    constexpr std::size_t kMoreThanALook = 300;
    const events::TenantId tenant{.bytes = {1}};
    parlour::reservation::v1::ReservationEvent reserved;
    reserved.mutable_reserved()->set_confirm_before_unix_ms(kThen);
    for (std::size_t i = 0; i < kMoreThanALook; ++i) {
        given->commit(tenant,
                      {.kind = parlour::log::v1::STREAM_KIND_RESERVATION,
                       .uuid = events::Uuid{.bytes = {static_cast<std::uint8_t>(i % 256),
                                                      static_cast<std::uint8_t>(i / 256)}}},
                      reserved);
    }
    commit(1, queued());
    gateway::TimerRunner both{
        *store, timers, {rule(TimerKind::kReservation), rule(TimerKind::kMail)}, [this] {
            return now;
        }};
    BOOST_TEST(both.look().value() < kMoreThanALook);
    BOOST_TEST(both.look().value() > 0U);
    BOOST_TEST_REQUIRE(handed.size() == kMoreThanALook + 1);
    BOOST_TEST((handed.back().kind == TimerKind::kMail));
}

// CPL25
BOOST_AUTO_TEST_CASE(a_timer_that_was_set_anew_is_another) {
    commit(1, queued());
    auto timers_of_mail = runner();
    BOOST_TEST(timers_of_mail.look().value() == 1U);
    commit(1, failed(kThen + 10));
    now += 10;
    BOOST_TEST(timers_of_mail.look().value() == 1U);
    BOOST_TEST(handed.back().version.value == 2U);
}

BOOST_AUTO_TEST_CASE(its_thread_looks_by_itself_until_it_is_stopped) {
    commit(1, queued());
    commit(2, queued());
    auto timers_of_mail = runner();
    timers_of_mail.start(10ms);
    std::unique_lock lock(mutex);
    BOOST_TEST(came.wait_for(lock, 60s, [this] { return handed.size() == 2; }));
    lock.unlock();
    timers_of_mail.stop();
}

BOOST_AUTO_TEST_SUITE_END()
