#include "events/key_ring_pool.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <latch>
#include <thread>

#include "tests/events/samples.hpp"

using namespace events;

namespace {

const TenantId kTenant = samples::tenant();

// Stands for the ring: counts what was asked for, gives ids that name the claim's term.
struct FakeRing {
    std::mutex mutex;
    std::vector<std::size_t> counts;
    bool broken = false;

    Result<std::vector<DataKey>> make(const ClaimRef& claim, std::size_t count) {
        const std::lock_guard lock(mutex);
        if (broken) return fail(Errc::kStorage, "the disk is gone");
        counts.push_back(count);
        std::vector<DataKey> keys(count);
        for (auto& key : keys) {
            key.id = random_id<KeyId>();
            key.id.bytes[0] = static_cast<std::uint8_t>(claim.term.value);
        }
        return keys;
    }
    KeyPool::Make maker() {
        return [this](const TenantId&, const ClaimRef& claim, std::size_t count) {
            return make(claim, count);
        };
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(key_ring_pool)

BOOST_AUTO_TEST_CASE(a_tenant_with_few_streams_costs_one_small_batch) {
    FakeRing ring;
    {
        KeyPool pool(ring.maker(), [] {});
        for (int i = 0; i < 11; ++i) BOOST_TEST(pool.take(kTenant, samples::claim()).has_value());
    }
    BOOST_TEST(ring.counts == std::vector<std::size_t>{kFirstKeyBatch});
}

BOOST_AUTO_TEST_CASE(batches_double_up_to_the_pools_size) {
    FakeRing ring;
    {
        KeyPool pool(ring.maker(), [] {});
        for (int i = 0; i < 2000; ++i) BOOST_TEST(pool.take(kTenant, samples::claim()).has_value());
    }
    // A taker that outruns the refill starts again with a small batch only if none is under way.
    const std::vector<std::size_t> first(ring.counts.begin(), ring.counts.begin() + 5);
    BOOST_TEST(first == (std::vector<std::size_t>{16, 32, 64, 128, 256}));
    BOOST_TEST(*std::ranges::max_element(ring.counts) == kKeyPoolSize);
}

BOOST_AUTO_TEST_CASE(a_newer_claim_never_gets_keys_made_under_an_older_one) {
    FakeRing ring;
    KeyPool pool(ring.maker(), [] {});
    BOOST_TEST(pool.take(kTenant, samples::claim(1)).value().id.bytes[0] == 1U);
    for (int i = 0; i < 40; ++i) {
        BOOST_TEST(pool.take(kTenant, samples::claim(2)).value().id.bytes[0] == 2U);
    }
    const auto late = pool.take(kTenant, samples::claim(1));
    BOOST_TEST_REQUIRE(!late.has_value());
    BOOST_TEST(name_of(late.error().code) == "unavailable");
}

BOOST_AUTO_TEST_CASE(takers_of_an_empty_pool_share_one_batch) {
    FakeRing ring;
    std::atomic<int> given = 0;
    {
        KeyPool pool(ring.maker(), [] {});
        std::latch start(8);
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                start.arrive_and_wait();
                if (pool.take(kTenant, samples::claim())) ++given;
            });
        }
    }
    BOOST_TEST(given == 8);
    BOOST_TEST(ring.counts == std::vector<std::size_t>{kFirstKeyBatch});
}

BOOST_AUTO_TEST_CASE(a_failing_ring_is_reported_and_tried_again) {
    FakeRing ring;
    KeyPool pool(ring.maker(), [] {});
    ring.broken = true;
    const auto refused = pool.take(kTenant, samples::claim());
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(name_of(refused.error().code) == "storage");
    ring.broken = false;
    BOOST_TEST(pool.take(kTenant, samples::claim()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
