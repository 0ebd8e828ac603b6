#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "events/key_ring.hpp"
#include "tests/events/folder_scan.hpp"
#include "tests/events/samples.hpp"
#include "tests/support/temp_dir.hpp"

using namespace events;

namespace {

namespace fs = std::filesystem;

const TenantId kTenant = samples::tenant(0x11);
const TenantId kOther = samples::tenant(0x22);
const Uuid kFolder = samples::id<Uuid>(0xf0);
const Uuid kId = samples::id<Uuid>(0x31);

auto try_open(const fs::path& dir, const KeyRingOptions& options = {}) {
    std::array<std::uint8_t, 32> master{};
    master.fill(7);
    return KeyRing::open(dir, Key256{master}, kFolder, !options.secondary, options);
}

std::unique_ptr<KeyRing> open_ring(const fs::path& dir, const KeyRingOptions& options = {}) {
    auto ring = try_open(dir, options);
    BOOST_TEST_REQUIRE(ring.has_value(), (ring ? "" : ring.error().detail));
    return std::move(*ring);
}

std::string text_of(KeyRing& ring,
                    const Uuid& id = kId,
                    const TenantId& tenant = kTenant,
                    std::string_view purpose = "password") {
    const auto secret = ring.get_secret(tenant, purpose, id);
    return secret ? std::string(secret->reveal()) : std::string(name_of(secret.error().code));
}

void put(KeyRing& ring, std::string_view secret, const Uuid& id = kId) {
    BOOST_TEST_REQUIRE(ring.put_secret(kTenant, "password", id, secret).has_value());
}

// The sealed bytes of the secret, dug out of the folder's files; empty when they are nowhere.
std::string sealed_in_files(const fs::path& dir, std::size_t secret_bytes) {
    const std::string key = "S" + samples::text(kTenant) + samples::text(kId) + "password";
    for (const auto& entry : fs::directory_iterator(dir)) {
        const std::string content = folder_scan::content_of(entry.path());
        const auto at = content.find(key);
        // Behind the key: one or two bytes of length, then the version.
        const auto begin = at == std::string::npos ? at : content.find('\1', at + key.size());
        if (begin != std::string::npos) return content.substr(begin + 1, secret_bytes + 28);
    }
    return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_ring_secrets)

// A07
BOOST_AUTO_TEST_CASE(a_secret_is_read_back_also_after_a_kill) {
    const test_support::TempDir temp;
    const auto ring = open_ring(temp.path() / "keys");
    put(*ring, "hash of a password");
    BOOST_TEST(text_of(*ring) == "hash of a password");

    folder_scan::copy_as_killed(temp.path() / "keys", temp.path() / "left");
    BOOST_TEST(text_of(*open_ring(temp.path() / "left")) == "hash of a password");
}

BOOST_AUTO_TEST_CASE(a_secret_belongs_to_its_tenant_purpose_and_id) {
    const test_support::TempDir temp;
    const auto ring = open_ring(temp.path() / "keys");
    put(*ring, "mine");
    BOOST_TEST_REQUIRE(ring->tenant_keys(kOther).has_value());
    BOOST_TEST(text_of(*ring, samples::id<Uuid>(0x32)) == "not-found");
    BOOST_TEST(text_of(*ring, kId, kOther) == "not-found");
    BOOST_TEST(text_of(*ring, kId, kTenant, "calendar") == "not-found");
}

BOOST_AUTO_TEST_CASE(no_secret_stands_in_clear_in_any_file) {
    const test_support::TempDir temp;
    const fs::path dir = temp.path() / "keys";
    const auto ring = open_ring(dir);
    put(*ring, "canary-secret-text");
    BOOST_TEST(folder_scan::files_with(dir, "canary-secret-text").empty());
    BOOST_TEST(!sealed_in_files(dir, 18).empty());  // the scan does see what is there
}

BOOST_AUTO_TEST_CASE(a_destroyed_secret_is_erased_at_once_for_good_and_from_every_file) {
    const test_support::TempDir temp;
    const fs::path dir = temp.path() / "keys";
    auto ring = open_ring(dir);
    const std::string text(200, 's');
    put(*ring, text);
    const std::string sealed = sealed_in_files(dir, text.size());
    BOOST_TEST_REQUIRE(!sealed.empty());

    BOOST_TEST_REQUIRE(ring->destroy_secret(kTenant, "password", kId).has_value());

    BOOST_TEST(text_of(*ring) == "erased");
    BOOST_TEST(folder_scan::files_with(dir, sealed.substr(0, 40)).empty());
    BOOST_TEST(folder_scan::files_with(dir, sealed.substr(100, 40)).empty());
    const auto again = ring->put_secret(kTenant, "password", kId, "new");
    BOOST_TEST_REQUIRE(!again);
    BOOST_TEST((again.error().code == Errc::kErased));
    ring.reset();
    ring = open_ring(dir);
    BOOST_TEST(text_of(*ring) == "erased");
    BOOST_TEST(ring->destroy_secret(kTenant, "password", kId).has_value());
}

BOOST_AUTO_TEST_CASE(a_replaced_secret_is_gone_from_every_file) {
    const test_support::TempDir temp;
    const fs::path dir = temp.path() / "keys";
    const auto ring = open_ring(dir);
    put(*ring, std::string(200, 'a'));
    const std::string sealed = sealed_in_files(dir, 200);
    put(*ring, std::string(200, 'b'));
    BOOST_TEST(text_of(*ring) == std::string(200, 'b'));
    BOOST_TEST(folder_scan::files_with(dir, sealed.substr(0, 40)).empty());
}

BOOST_AUTO_TEST_CASE(destroying_what_never_was_does_nothing) {
    const test_support::TempDir temp;
    const auto ring = open_ring(temp.path() / "keys");
    BOOST_TEST(ring->destroy_secret(kTenant, "password", kId).has_value());
    put(*ring, "later");
    BOOST_TEST(text_of(*ring) == "later");
}

BOOST_AUTO_TEST_CASE(the_secrets_of_a_purpose_are_listed_without_the_destroyed_ones) {
    const test_support::TempDir temp;
    const auto ring = open_ring(temp.path() / "keys");
    const std::vector<Uuid> ids{
        samples::id<Uuid>(1), samples::id<Uuid>(2), samples::id<Uuid>(3), samples::id<Uuid>(4)};
    for (std::size_t i = 0; i < 3; ++i) put(*ring, "x", ids[i]);
    BOOST_TEST_REQUIRE(ring->put_secret(kTenant, "calendar", ids[3], "x").has_value());
    BOOST_TEST_REQUIRE(ring->put_secret(kOther, "password", ids[3], "x").has_value());
    BOOST_TEST_REQUIRE(ring->destroy_secret(kTenant, "password", ids[1]).has_value());
    const auto listed = ring->secrets_of(kTenant, "password");
    BOOST_TEST_REQUIRE(listed.has_value());
    BOOST_TEST((*listed == std::vector<Uuid>{ids[0], ids[2]}));
}

BOOST_AUTO_TEST_CASE(a_secret_beyond_the_limit_is_refused) {
    const test_support::TempDir temp;
    const auto ring = open_ring(temp.path() / "keys");
    put(*ring, std::string(kSecretBytesMax, 'x'));
    const auto refused =
        ring->put_secret(kTenant, "password", kId, std::string(kSecretBytesMax + 1, 'x'));
    BOOST_TEST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == Errc::kTooLarge));
}

BOOST_AUTO_TEST_CASE(a_reader_beside_the_owner_reads_secrets_and_changes_none) {
    const test_support::TempDir temp;
    const auto owner = open_ring(temp.path() / "keys");
    put(*owner, "hash");
    const auto reader = open_ring(temp.path() / "keys",
                                  {.secondary = true, .secondary_dir = temp.path() / "scratch"});
    BOOST_TEST(text_of(*reader) == "hash");
    BOOST_TEST(!reader->put_secret(kTenant, "password", kId, "x").has_value());
    BOOST_TEST(!reader->destroy_secret(kTenant, "password", kId).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
