#include "events/memory_log.hpp"

#include "tests/events/log_contract.hpp"

namespace {

using events::Errc;
using events::Offset;
using log_support::kP0;
using log_support::kP1;
using log_support::plain;
using log_support::records;
using log_support::Texts;

class MemoryEngine final : public log_support::Engine {
  public:
    events::Log& log() override { return memory; }
    events::History& history() override { return memory; }
    void settle() override { memory.run_pending(); }
    void set_full(bool full) override { memory.set_full(full); }

    events::MemoryLog memory{log_support::kPartitions};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(memory_log)

#define PARLOUR_CASE(name)          \
    BOOST_AUTO_TEST_CASE(name) {    \
        MemoryEngine engine;        \
        log_contract::name(engine); \
    }
PARLOUR_LOG_CONTRACT(PARLOUR_CASE)
PARLOUR_FULL_LOG_CONTRACT(PARLOUR_CASE)
#undef PARLOUR_CASE

BOOST_AUTO_TEST_CASE(nothing_is_readable_or_complete_before_the_test_says_so) {
    MemoryEngine engine;
    log_support::Completions completions;
    engine.memory.append(kP0, records(plain("a")), completions.next());
    engine.memory.append(kP1, records(plain("b")), completions.next());
    BOOST_TEST(completions.count() == 0U);
    BOOST_TEST(engine.memory.end(kP0)->value == 0U);
    BOOST_TEST(log_support::all_frames(engine, kP0).empty());
    BOOST_TEST(engine.memory.run_pending() == 2U);
    BOOST_TEST(completions.count() == 2U);
    BOOST_TEST(log_support::all_frames(engine, kP0) == (Texts{"a"}),
               boost::test_tools::per_element());
    BOOST_TEST(engine.memory.run_pending() == 0U);
}

BOOST_AUTO_TEST_CASE(a_completion_may_append_again) {
    MemoryEngine engine;
    log_support::Completions completions;
    engine.memory.append(
        kP0, records(plain("first")), [&, done = completions.next()](const events::Status& status) {
            engine.memory.append(kP0, records(plain("second")), completions.next());
            done(status);
        });
    BOOST_TEST(engine.memory.run_pending() == 1U);
    BOOST_TEST(engine.memory.run_pending() == 1U);
    BOOST_TEST(log_support::all_frames(engine, kP0) == (Texts{"first", "second"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(after_a_failure_nothing_more_is_taken_for_any_partition) {
    MemoryEngine engine;
    BOOST_TEST_REQUIRE(log_support::append(engine, kP0, records(plain("kept"))).has_value());
    engine.memory.fail_from_now_on();
    for (const auto partition : {kP0, kP1, kP0}) {
        const auto status = log_support::append(engine, partition, records(plain("lost")));
        BOOST_TEST_REQUIRE(!status.has_value());
        BOOST_TEST((status.error().code == Errc::kStorage));
    }
    BOOST_TEST(log_support::all_frames(engine, kP0) == (Texts{"kept"}),
               boost::test_tools::per_element());
    BOOST_TEST(log_support::all_frames(engine, kP1).empty());
}

BOOST_AUTO_TEST_SUITE_END()
