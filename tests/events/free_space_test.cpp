#include "events/free_space.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "tests/support/temp_dir.hpp"

namespace {

using events::DiskReserve;
using events::Errc;
using events::SpaceGuard;

constexpr std::uint64_t kMiB = 1024 * 1024;

// A device of the test's, and how often it was asked.
struct Device {
    std::optional<std::uint64_t> free = 100 * kMiB;
    int looks = 0;

    DiskReserve reserve(std::uint64_t bytes) {
        return {.bytes = bytes, .free_bytes = [this](const auto&) {
                    ++looks;
                    return free;
                }};
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(free_space)

BOOST_AUTO_TEST_CASE(what_reaches_into_the_reserve_is_refused) {
    Device device;
    SpaceGuard guard("/data", device.reserve(90 * kMiB));
    BOOST_TEST(guard.admit(kMiB).has_value());
    device.free = 80 * kMiB;
    const auto refused = guard.admit(3 * kMiB);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::kStorageFull));
    BOOST_TEST(refused.error().detail.contains("/data"));
    BOOST_TEST(refused.error().detail.contains("90 MiB"));
}

BOOST_AUTO_TEST_CASE(it_admits_again_as_soon_as_there_is_room) {
    Device device;
    device.free = 10 * kMiB;
    SpaceGuard guard("/data", device.reserve(90 * kMiB));
    BOOST_TEST(!guard.admit(1).has_value());
    device.free = 100 * kMiB;
    BOOST_TEST(guard.admit(1).has_value());
}

BOOST_AUTO_TEST_CASE(the_device_is_not_asked_for_every_write) {
    Device device;
    SpaceGuard guard("/data", device.reserve(kMiB));
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; ++i) BOOST_TEST_REQUIRE(guard.admit(100).has_value());
    const auto took = std::chrono::steady_clock::now() - start;
    BOOST_TEST(device.looks <= 1 + took / events::kFreeSpaceLookEvery);
}

BOOST_AUTO_TEST_CASE(the_device_is_asked_again_before_what_was_admitted_can_have_used_the_room) {
    Device device;
    device.free = 11 * kMiB;
    SpaceGuard guard("/data", device.reserve(kMiB));
    std::uint64_t admitted = 0;
    while (guard.admit(kMiB / 4).has_value() && admitted < 100 * kMiB) {
        admitted += kMiB / 4;
        *device.free -= std::min(*device.free, kMiB / 4);
    }
    BOOST_TEST(*device.free >= kMiB);
    BOOST_TEST(admitted >= 5 * kMiB);
}

BOOST_AUTO_TEST_CASE(a_device_that_cannot_be_asked_admits) {
    Device device;
    device.free = std::nullopt;
    SpaceGuard guard("/data", device.reserve(kMiB));
    BOOST_TEST(guard.admit(1000 * kMiB).has_value());
    BOOST_TEST(!events::free_bytes_of("/no/such/folder").has_value());
}

BOOST_AUTO_TEST_CASE(no_reserve_asks_nobody) {
    Device device;
    SpaceGuard guard("/data", device.reserve(0));
    BOOST_TEST(guard.admit(1000 * kMiB).has_value());
    BOOST_TEST(device.looks == 0);
}

BOOST_AUTO_TEST_CASE(the_free_space_of_a_folder_is_known) {
    const test_support::TempDir dir;
    const auto free = events::free_bytes_of(dir.path());
    BOOST_TEST_REQUIRE(free.has_value());
    BOOST_TEST(*free > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
