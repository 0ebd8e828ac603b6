#include "events/pseudonym_keys.hpp"

#include <boost/test/unit_test.hpp>

#include "events/ids.hpp"
#include "tests/events/folder_scan.hpp"
#include "tests/events/samples.hpp"
#include "tests/support/temp_dir.hpp"

using namespace events;

namespace {

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;
const std::int64_t kMonday = *parse_time("2026-11-23");
const TenantId kTenant = samples::tenant(0x11);
const TenantId kOther = samples::tenant(0x22);

// A ring on disk and the keys of pseudonyms in it, which can be opened again.
struct World {
    World() { open(); }
    void open() {
        keys.reset();
        ring.reset();
        std::array<std::uint8_t, 32> master{};
        master.fill(7);
        auto opened = KeyRing::open(dir.path() / "keys", Key256{master}, Uuid{}, true);
        BOOST_TEST_REQUIRE(opened.has_value(), (opened ? "" : opened.error().detail));
        ring = std::move(*opened);
        keys = std::make_unique<PseudonymKeys>(*ring);
    }
    // The key as text, or the name of the refusal.
    std::string key(std::int64_t time_ms, std::int64_t now_ms, const TenantId& tenant = kTenant) {
        const auto found = keys->key_of(tenant, time_ms, now_ms);
        return found ? std::string(found->reveal()) : std::string(name_of(found.error().code));
    }
    test_support::TempDir dir;
    std::unique_ptr<KeyRing> ring;
    std::unique_ptr<PseudonymKeys> keys;
};

}  // namespace

// DESIGN 9
BOOST_FIXTURE_TEST_SUITE(pseudonym_keys, World)

BOOST_AUTO_TEST_CASE(weeks_begin_on_mondays_at_midnight) {
    BOOST_TEST(pseudonym_week(kMonday) == pseudonym_week(kMonday - 1) + 1);
    BOOST_TEST(pseudonym_week(kMonday) == pseudonym_week(kMonday + 7 * kDay - 1));
    BOOST_TEST(pseudonym_week(0) == 0);
}

BOOST_AUTO_TEST_CASE(a_week_has_one_key_also_after_a_restart) {
    const auto first = key(kMonday, kMonday);
    BOOST_TEST(first.size() == Key256::size());
    BOOST_TEST(key(kMonday + 7 * kDay - 1, kMonday + 7 * kDay) == first);
    open();
    BOOST_TEST(key(kMonday + kHour, kMonday + kHour) == first);
}

BOOST_AUTO_TEST_CASE(another_week_and_another_company_have_another_key) {
    const auto first = key(kMonday, kMonday);
    BOOST_TEST(key(kMonday - 1, kMonday) != first);
    BOOST_TEST(key(kMonday, kMonday, kOther) != first);
}

BOOST_AUTO_TEST_CASE(a_week_can_be_read_for_a_day_behind_its_end_and_then_never_again) {
    const auto end = kMonday + 7 * kDay;
    const auto first = key(kMonday, kMonday);
    BOOST_TEST(key(kMonday, end + kPseudonymGraceMs - 1) == first);
    BOOST_TEST(!is_past_pseudonyms(kMonday, end + kPseudonymGraceMs - 1));
    BOOST_TEST(key(kMonday, end + kPseudonymGraceMs) == "erased");
    BOOST_TEST(is_past_pseudonyms(kMonday, end + kPseudonymGraceMs));
}

BOOST_AUTO_TEST_CASE(no_key_is_made_for_a_week_that_is_past) {
    BOOST_TEST(key(kMonday - 30 * kDay, kMonday) == "erased");
    BOOST_TEST(ring->secrets_of(kTenant, "pseudonyms")->empty());
}

BOOST_AUTO_TEST_CASE(what_is_past_is_destroyed_and_stays_so_with_the_clock_turned_back) {
    const auto past = key(kMonday, kMonday);
    const auto running = key(kMonday + 8 * kDay, kMonday + 8 * kDay);
    const auto foreign = key(kMonday, kMonday, kOther);

    BOOST_TEST(keys->destroy_past(kTenant, kMonday + 8 * kDay - 1).value() == 0U);
    BOOST_TEST(keys->destroy_past(kTenant, kMonday + 8 * kDay).value() == 1U);

    BOOST_TEST(ring->secrets_of(kTenant, "pseudonyms")->size() == 1U);
    BOOST_TEST(ring->secrets_of(kOther, "pseudonyms")->size() == 1U);
    BOOST_TEST(key(kMonday, kMonday) == "erased");
    BOOST_TEST(key(kMonday + 8 * kDay, kMonday + 8 * kDay) == running);
    BOOST_TEST(keys->destroy_past(kTenant, kMonday + 8 * kDay).value() == 0U);
    BOOST_TEST(folder_scan::files_with(dir.path() / "keys", past).empty());
    BOOST_TEST(key(kMonday, kMonday, kOther) == foreign);
}

BOOST_AUTO_TEST_SUITE_END()
