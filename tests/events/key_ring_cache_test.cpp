#include "events/key_ring_cache.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/events/samples.hpp"

using namespace events;

namespace {

constexpr std::int64_t kLeaseMs = 60'000;
constexpr std::int64_t kNow = 1'000'000;
const TenantId kTenant = samples::tenant();

DataKey key_of(std::uint8_t byte) {
    DataKey key;
    key.id = samples::id<KeyId>(byte);
    key.key.data()[0] = byte;
    return key;
}

void put(KeyCache& cache, const DataKey& key, std::int64_t now_ms = kNow) {
    const auto looked = cache.get(kTenant, key.id, now_ms);
    cache.put(kTenant, key, now_ms, looked.generation);
}

bool has(KeyCache& cache, std::uint8_t byte, std::int64_t now_ms = kNow) {
    const auto found = cache.get(kTenant, key_of(byte).id, now_ms).key;
    return found && found->reveal() == key_of(byte).key.reveal();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_ring_cache)

BOOST_AUTO_TEST_CASE(a_key_is_given_until_its_lease_is_over) {
    KeyCache cache(kLeaseMs);
    put(cache, key_of(1));
    BOOST_TEST(has(cache, 1, kNow + kLeaseMs - 1));
    BOOST_TEST(!has(cache, 1, kNow + kLeaseMs));
    BOOST_TEST(cache.size() == 0U);
}

BOOST_AUTO_TEST_CASE(looking_does_not_renew_the_lease) {
    KeyCache cache(kLeaseMs);
    put(cache, key_of(1));
    for (std::int64_t ms = 0; ms < kLeaseMs; ms += 1'000) BOOST_TEST(has(cache, 1, kNow + ms));
    BOOST_TEST(!has(cache, 1, kNow + kLeaseMs));
}

BOOST_AUTO_TEST_CASE(a_clock_that_went_back_ends_the_lease) {
    KeyCache cache(kLeaseMs);
    put(cache, key_of(1));
    BOOST_TEST(!has(cache, 1, kNow - 1));
}

BOOST_AUTO_TEST_CASE(a_key_is_given_to_its_own_tenant_only) {
    KeyCache cache(kLeaseMs);
    put(cache, key_of(1));
    BOOST_TEST(!cache.get(samples::tenant(0x22), key_of(1).id, kNow).key.has_value());
    BOOST_TEST(has(cache, 1));
}

BOOST_AUTO_TEST_CASE(a_dropped_key_does_not_come_back_from_a_read_that_began_before) {
    KeyCache cache(kLeaseMs);
    const auto looked = cache.get(kTenant, key_of(1).id, kNow);
    cache.drop(key_of(1).id);
    cache.put(kTenant, key_of(1), kNow, looked.generation);
    BOOST_TEST(!has(cache, 1));
    put(cache, key_of(1));
    BOOST_TEST(has(cache, 1));
    cache.drop(key_of(1).id);
    BOOST_TEST(!has(cache, 1));
}

BOOST_AUTO_TEST_CASE(the_oldest_key_makes_room_for_a_new_one) {
    KeyCache cache(kLeaseMs, 32);  // two in each shard; these ids share one
    for (std::uint8_t byte = 0x10; byte <= 0x30; byte += 0x10) put(cache, key_of(byte));
    BOOST_TEST(!has(cache, 0x10));
    BOOST_TEST(has(cache, 0x20));
    BOOST_TEST(has(cache, 0x30));
    BOOST_TEST(cache.size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_idle_cache_is_empty_after_two_turns) {
    KeyCache cache(kLeaseMs);
    put(cache, key_of(1));
    cache.turn();
    put(cache, key_of(2));
    BOOST_TEST(cache.size() == 2U);
    cache.turn();
    BOOST_TEST(!has(cache, 1));
    BOOST_TEST(has(cache, 2));
    cache.turn();
    BOOST_TEST(cache.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_cleared_cache_holds_nothing) {
    KeyCache cache(kLeaseMs);
    for (std::uint8_t byte = 0; byte < 100; ++byte) put(cache, key_of(byte));
    BOOST_TEST(cache.size() == 100U);
    cache.clear();
    BOOST_TEST(cache.size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
