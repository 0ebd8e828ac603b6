#include "events/key_ring.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "tests/events/folder_scan.hpp"
#include "tests/events/samples.hpp"
#include "tests/support/temp_dir.hpp"

using namespace events;

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kNow = 1'700'000'000'000;
const TenantId kTenant = samples::tenant(0x11);
const TenantId kOther = samples::tenant(0x22);
const ClaimRef kClaim = samples::claim(1);
const Uuid kFolder = samples::id<Uuid>(0xf0);

Key256 master_of(std::uint8_t byte) {
    std::array<std::uint8_t, 32> bytes{};
    bytes.fill(byte);
    return Key256{bytes};
}

auto try_open(const fs::path& dir, bool may_create = true) {
    return KeyRing::open(dir, master_of(1), kFolder, may_create);
}

std::unique_ptr<KeyRing> open_ring(const fs::path& dir) {
    auto ring = try_open(dir);
    BOOST_TEST_REQUIRE(ring.has_value(), (ring ? "" : ring.error().detail));
    return std::move(*ring);
}

std::unique_ptr<KeyRing> open_beside(const fs::path& dir, const fs::path& scratch) {
    auto ring = KeyRing::open(
        dir, master_of(1), kFolder, false, {.secondary = true, .secondary_dir = scratch});
    BOOST_TEST_REQUIRE(ring.has_value(), (ring ? "" : ring.error().detail));
    return std::move(*ring);
}

DataKey take(KeyRing& ring, const TenantId& tenant = kTenant) {
    auto key = ring.take(tenant, kClaim);
    BOOST_TEST_REQUIRE(key.has_value(), (key ? "" : key.error().detail));
    return *key;
}

std::vector<DataKey> take_many(KeyRing& ring, std::size_t count) {
    std::vector<DataKey> keys;
    while (keys.size() < count) keys.push_back(take(ring));
    return keys;
}

bool has_key(KeyRing& ring, const DataKey& key, const TenantId& tenant = kTenant) {
    const auto found = ring.find(tenant, key.id, kNow);
    return found && found->reveal() == key.key.reveal();
}

// The code of what must have failed; kInvalidArgument is never what these tests expect by accident.
template <class T>
std::string_view code_of(const Result<T>& result) {
    return result ? "ok" : name_of(result.error().code);
}

// The wrapped bytes of a key, dug out of the folder's files; empty when they are nowhere.
std::string wrapped_in_files(const fs::path& dir, const KeyId& id) {
    const std::string before =
        samples::text(id) + std::string("\x12\x08", 2) + samples::text(kTenant) + "\x1a\x3c";
    for (const auto& entry : fs::directory_iterator(dir)) {
        const std::string content = folder_scan::content_of(entry.path());
        const auto at = content.find(before);
        if (at != std::string::npos) return content.substr(at + before.size(), 60);
    }
    return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_ring)

BOOST_AUTO_TEST_CASE(a_taken_key_survives_a_kill) {
    const test_support::TempDir temp;
    const auto ring = open_ring(temp.path() / "keys");
    const auto keys = take_many(*ring, 40);

    folder_scan::copy_as_killed(temp.path() / "keys", temp.path() / "left");
    const auto reopened = open_ring(temp.path() / "left");

    for (const auto& key : keys) BOOST_TEST(has_key(*reopened, key));
}

BOOST_AUTO_TEST_CASE(no_key_is_given_twice_whoever_asks) {
    const test_support::TempDir temp;
    const auto ring = open_ring(temp.path() / "keys");
    std::array<std::vector<DataKey>, 4> taken;
    {
        std::vector<std::jthread> threads;
        for (auto& mine : taken) {
            threads.emplace_back([&ring, &mine] {
                for (int i = 0; i < 200; ++i) {
                    auto key = ring->take(kTenant, kClaim);
                    if (key) mine.push_back(*key);
                }
            });
        }
    }
    std::set<KeyId> ids;
    std::set<std::string> secrets;
    for (const auto& mine : taken) {
        for (const auto& key : mine) {
            ids.insert(key.id);
            secrets.insert(std::string(key.key.reveal()));
        }
    }
    BOOST_TEST(ids.size() == 800U);
    BOOST_TEST(secrets.size() == 800U);
}

BOOST_AUTO_TEST_CASE(no_key_stands_in_clear_in_any_file) {
    const test_support::TempDir temp;
    const fs::path dir = temp.path() / "keys";
    const auto ring = open_ring(dir);
    const auto keys = take_many(*ring, 20);
    BOOST_TEST_REQUIRE(ring->destroy(kTenant, keys[0].id, kClaim).has_value());
    const auto tenant_keys = ring->tenant_keys(kTenant);
    BOOST_TEST_REQUIRE(tenant_keys.has_value());

    for (const auto& key : keys) {
        BOOST_TEST(folder_scan::files_with(dir, key.key.reveal()).empty());
    }
    BOOST_TEST(folder_scan::files_with(dir, (*tenant_keys)->wrapping.reveal()).empty());
    BOOST_TEST(folder_scan::files_with(dir, master_of(1).reveal()).empty());
    // The scan does see what is there.
    BOOST_TEST(!folder_scan::files_with(dir, keys[1].id.view()).empty());
}

BOOST_AUTO_TEST_CASE(keys_that_no_commit_names_are_discarded_and_bound_ones_stay) {
    const test_support::TempDir temp;
    std::vector<DataKey> taken;
    {
        const auto ring = open_ring(temp.path() / "keys");
        taken = take_many(*ring, 3);
    }
    const auto ring = open_ring(temp.path() / "keys");
    std::size_t asked = 0;
    const auto only_first_bound = [&](const KeyId& id) -> Result<bool> {
        ++asked;
        return id == taken[0].id;
    };
    const auto discarded = ring->discard_unused(only_first_bound);

    BOOST_TEST_REQUIRE(discarded.has_value());
    BOOST_TEST(*discarded == 15U);  // of a first batch of 16
    BOOST_TEST(asked == 16U);
    BOOST_TEST(has_key(*ring, taken[0]));
    BOOST_TEST(code_of(ring->find(kTenant, taken[1].id, kNow)) == "erased");
    BOOST_TEST(ring->discard_unused(only_first_bound).value() == 0U);
    BOOST_TEST(asked == 16U);
}

BOOST_AUTO_TEST_CASE(a_discard_that_breaks_off_is_finished_by_the_next_one) {
    const test_support::TempDir temp;
    std::vector<DataKey> taken;
    {
        const auto ring = open_ring(temp.path() / "keys");
        taken = take_many(*ring, 200);
    }
    const auto ring = open_ring(temp.path() / "keys");
    std::size_t left = 100;
    const auto failing = [&left](const KeyId&) -> Result<bool> {
        if (left-- == 0) return fail(Errc::kStorage, "the log cannot be read");
        return false;
    };
    BOOST_TEST(code_of(ring->discard_unused(failing)) == "storage");

    const auto none_bound = [](const KeyId&) -> Result<bool> { return false; };
    BOOST_TEST(ring->discard_unused(none_bound).value() >= 200U);
    for (const auto& key : taken) {
        BOOST_TEST(code_of(ring->find(kTenant, key.id, kNow)) == "erased");
    }
}

BOOST_AUTO_TEST_CASE(discarding_while_keys_are_in_use_is_refused) {
    const test_support::TempDir temp;
    const auto ring = open_ring(temp.path() / "keys");
    const auto key = take(*ring);

    const auto discarded = ring->discard_unused([](const KeyId&) -> Result<bool> { return false; });

    BOOST_TEST(code_of(discarded) == "invalid-argument");
    BOOST_TEST(has_key(*ring, key));
}

BOOST_AUTO_TEST_CASE(a_destroyed_key_is_erased_at_once_and_after_reopening) {
    const test_support::TempDir temp;
    auto ring = open_ring(temp.path() / "keys");
    const auto keys = take_many(*ring, 2);
    BOOST_TEST(has_key(*ring, keys[0]));  // cached now

    BOOST_TEST(ring->destroy(kTenant, keys[0].id, kClaim).has_value());

    BOOST_TEST(code_of(ring->find(kTenant, keys[0].id, kNow)) == "erased");
    BOOST_TEST(ring->destroy(kTenant, keys[0].id, kClaim).has_value());
    ring.reset();
    ring = open_ring(temp.path() / "keys");
    BOOST_TEST(code_of(ring->find(kTenant, keys[0].id, kNow)) == "erased");
    BOOST_TEST(has_key(*ring, keys[1]));
}

// Goal: after destroy() the wrapped key is in no file, wherever it lay before.
// Method: 700 keys; their wrapped bytes lie in the write-ahead log, then (after the first destroy
// and after reopening) in data files of several levels; the raw files are searched each time.
BOOST_AUTO_TEST_CASE(the_wrapped_bytes_of_a_destroyed_key_are_in_no_file) {
    const test_support::TempDir temp;
    const fs::path dir = temp.path() / "keys";
    auto ring = open_ring(dir);
    auto keys = take_many(*ring, 700);
    std::size_t seen = 0;
    for (std::size_t i = 0; i < 30; ++i) {
        if (i % 10 == 9) {
            ring.reset();
            ring = open_ring(dir);
            keys.push_back(take(*ring));
        }
        const KeyId id = i % 3 == 2 ? keys[keys.size() - 1 - i].id : keys[i].id;
        const std::string wrapped = wrapped_in_files(dir, id);
        if (!wrapped.empty()) ++seen;  // a row may lie across two blocks of the log

        BOOST_TEST_REQUIRE(ring->destroy(kTenant, id, kClaim).has_value());

        BOOST_TEST(wrapped_in_files(dir, id).empty());
        if (!wrapped.empty()) {
            BOOST_TEST(folder_scan::files_with(dir, wrapped.substr(0, 20)).empty());
            BOOST_TEST(folder_scan::files_with(dir, wrapped.substr(40, 20)).empty());
        }
    }
    BOOST_TEST(seen >= 25U);
    BOOST_TEST(!wrapped_in_files(dir, keys[400].id).empty());
}

BOOST_AUTO_TEST_CASE(what_the_ring_never_held_is_not_found_nor_destroyed) {
    const test_support::TempDir temp;
    const auto ring = open_ring(temp.path() / "keys");
    const auto key = take(*ring);
    const KeyId unknown = samples::id<KeyId>(0x99);

    BOOST_TEST(code_of(ring->find(kTenant, unknown, kNow)) == "not-found");
    BOOST_TEST(code_of(ring->destroy(kTenant, unknown, kClaim)) == "not-found");
    // Another tenant's key is not there for this one, cached or not.
    BOOST_TEST(code_of(ring->find(kOther, key.id, kNow)) == "not-found");
    BOOST_TEST(has_key(*ring, key));
    BOOST_TEST(code_of(ring->find(kOther, key.id, kNow)) == "not-found");
    BOOST_TEST(code_of(ring->destroy(kOther, key.id, kClaim)) == "not-found");
    BOOST_TEST(has_key(*ring, key));
}

BOOST_AUTO_TEST_CASE(a_tenants_keys_differ_by_purpose_and_tenant_and_stay_the_same) {
    const test_support::TempDir temp;
    auto ring = open_ring(temp.path() / "keys");
    std::set<std::string> all;
    for (const auto& tenant : {kTenant, kOther}) {
        const auto keys = ring->tenant_keys(tenant).value();
        for (const auto* key :
             {&keys->wrapping, &keys->command_ids, &keys->body_digests, &keys->blind_index}) {
            all.insert(std::string(key->reveal()));
        }
    }
    BOOST_TEST(all.size() == 8U);

    ring.reset();
    ring = open_ring(temp.path() / "keys");
    BOOST_TEST(all.contains(std::string(ring->tenant_keys(kOther).value()->blind_index.reveal())));
}

BOOST_AUTO_TEST_CASE(another_master_key_is_told_apart) {
    const test_support::TempDir temp;
    open_ring(temp.path() / "keys");
    const auto ring = KeyRing::open(temp.path() / "keys", master_of(2), kFolder, true);
    BOOST_TEST(code_of(ring) == "wrong-master-key");
    BOOST_TEST(try_open(temp.path() / "keys").has_value());
}

BOOST_AUTO_TEST_CASE(the_ring_of_another_data_folder_is_refused_with_both_names) {
    const test_support::TempDir temp;
    open_ring(temp.path() / "keys");
    const auto ring =
        KeyRing::open(temp.path() / "keys", master_of(1), samples::id<Uuid>(0xf1), true);
    BOOST_TEST_REQUIRE(code_of(ring) == "invalid-argument");
    const std::string& detail = ring.error().detail;
    BOOST_TEST(detail.find(to_hex(kFolder.view())) != std::string::npos);
    BOOST_TEST(detail.find(to_hex(samples::fill(16, 0xf1))) != std::string::npos);
    BOOST_TEST(detail.find('\n') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_ring_is_made_only_where_it_may_and_nothing_else_is) {
    const test_support::TempDir temp;
    BOOST_TEST(code_of(try_open(temp.path() / "none", false)) == "not-found");
    BOOST_TEST(!fs::exists(temp.path() / "none"));
    fs::create_directory(temp.path() / "empty");
    BOOST_TEST(code_of(try_open(temp.path() / "empty", false)) == "not-found");
    fs::create_directory(temp.path() / "foreign");
    std::ofstream(temp.path() / "foreign" / "letter.txt") << "hello";
    BOOST_TEST(code_of(try_open(temp.path() / "foreign")) == "damaged");

    BOOST_TEST(try_open(temp.path() / "empty").has_value());
    BOOST_TEST(try_open(temp.path() / "a" / "b" / "keys").has_value());
    BOOST_TEST(try_open(temp.path() / "empty", false).has_value());
}

BOOST_AUTO_TEST_CASE(the_folder_is_its_owners_alone) {
    const test_support::TempDir temp;
    fs::create_directory(temp.path() / "empty");
    for (const char* name : {"new", "empty"}) {
        const auto ring = open_ring(temp.path() / name);
        struct stat about{};
        BOOST_TEST_REQUIRE(stat((temp.path() / name).c_str(), &about) == 0);
        BOOST_TEST((about.st_mode & 0777U) == 0700U);
    }
}

BOOST_AUTO_TEST_CASE(a_ring_half_made_by_a_crash_is_made_again) {
    const test_support::TempDir temp;
    fs::create_directory(temp.path() / "keys");
    std::ofstream(temp.path() / "keys" / "LOCK") << "";
    std::ofstream(temp.path() / "keys" / "MANIFEST-000001") << "torn";
    BOOST_TEST(try_open(temp.path() / "keys").has_value());
}

BOOST_AUTO_TEST_CASE(a_ring_that_lost_its_directory_file_is_damaged_not_made_anew) {
    const test_support::TempDir temp;
    take(*open_ring(temp.path() / "keys"));
    fs::remove(temp.path() / "keys" / "CURRENT");
    BOOST_TEST(code_of(try_open(temp.path() / "keys")) == "damaged");
}

BOOST_AUTO_TEST_CASE(a_second_opener_is_refused) {
    const test_support::TempDir temp;
    const auto ring = open_ring(temp.path() / "keys");
    BOOST_TEST(code_of(try_open(temp.path() / "keys")) == "in-use");
    BOOST_TEST(has_key(*ring, take(*ring)));
}

BOOST_AUTO_TEST_CASE(a_reader_beside_the_owner_sees_old_and_new_keys) {
    const test_support::TempDir temp;
    const auto owner = open_ring(temp.path() / "keys");
    const auto before = take(*owner);
    const auto reader = open_beside(temp.path() / "keys", temp.path() / "scratch");
    const auto later = take(*owner, kOther);  // of a tenant the reader has not met

    BOOST_TEST(has_key(*reader, before));
    BOOST_TEST(has_key(*reader, later, kOther));
    BOOST_TEST(code_of(reader->find(kTenant, samples::id<KeyId>(0x99), kNow)) == "not-found");
    BOOST_TEST(reader->tenant_keys(kOther).value()->wrapping.reveal() ==
               owner->tenant_keys(kOther).value()->wrapping.reveal());
}

BOOST_AUTO_TEST_CASE(a_reader_beside_the_owner_changes_nothing) {
    const test_support::TempDir temp;
    const auto owner = open_ring(temp.path() / "keys");
    const auto key = take(*owner);
    const auto reader = open_beside(temp.path() / "keys", temp.path() / "scratch");

    BOOST_TEST(code_of(reader->take(kTenant, kClaim)) == "invalid-argument");
    BOOST_TEST(code_of(reader->destroy(kTenant, key.id, kClaim)) == "invalid-argument");
    BOOST_TEST(code_of(reader->tenant_keys(kOther)) == "not-found");
    const auto asked = reader->discard_unused([](const KeyId&) -> Result<bool> { return false; });
    BOOST_TEST(code_of(asked) == "invalid-argument");
    BOOST_TEST(code_of(owner->refresh()) == "invalid-argument");
    BOOST_TEST(has_key(*owner, key));
}

BOOST_AUTO_TEST_CASE(a_reader_forgets_a_destroyed_key_when_its_lease_is_over) {
    const test_support::TempDir temp;
    const auto owner = open_ring(temp.path() / "keys");
    const auto keys = take_many(*owner, 2);
    const auto reader = open_beside(temp.path() / "keys", temp.path() / "scratch");
    BOOST_TEST(reader->find(kTenant, keys[0].id, kNow).has_value());
    BOOST_TEST_REQUIRE(owner->destroy(kTenant, keys[0].id, kClaim).has_value());

    // The lease counts from the reader's last look, also for a key it reads later.
    BOOST_TEST(reader->find(kTenant, keys[1].id, kNow + kKeyLeaseMs - 1).has_value());
    BOOST_TEST_REQUIRE(owner->destroy(kTenant, keys[1].id, kClaim).has_value());
    for (const auto& key : keys) {
        BOOST_TEST(code_of(reader->find(kTenant, key.id, kNow + kKeyLeaseMs)) == "erased");
    }
}

BOOST_AUTO_TEST_CASE(a_reader_that_refreshes_sees_a_destruction_at_once) {
    const test_support::TempDir temp;
    const auto owner = open_ring(temp.path() / "keys");
    const auto key = take(*owner);
    const auto reader = open_beside(temp.path() / "keys", temp.path() / "scratch");
    BOOST_TEST(has_key(*reader, key));
    BOOST_TEST_REQUIRE(owner->destroy(kTenant, key.id, kClaim).has_value());

    BOOST_TEST(reader->refresh().has_value());

    BOOST_TEST(code_of(reader->find(kTenant, key.id, kNow)) == "erased");
}

BOOST_AUTO_TEST_CASE(the_size_grows_with_the_keys) {
    const test_support::TempDir temp;
    const auto ring = open_ring(temp.path() / "keys");
    const auto before = ring->size_bytes();
    take_many(*ring, 16);
    BOOST_TEST(ring->size_bytes() >= before + std::uint64_t{16} * 100);
}

BOOST_AUTO_TEST_SUITE_END()
