#include "events/crypto.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>
#include <thread>
#include <vector>

#include "tests/events/samples.hpp"

using namespace events;

namespace {

std::string bytes(std::string_view hex) {
    return from_hex(hex).value();
}

Key256 key_of(std::string_view hex) {
    const std::string raw = bytes(hex);
    Key256 key;
    std::copy(raw.begin(), raw.end(), key.data());
    return key;
}

Key256 counting_key() {
    return key_of("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
}

std::string hex_of(const Digest& digest) {
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(crypto)

BOOST_AUTO_TEST_CASE(sha256_is_the_standards) {
    BOOST_TEST(hex_of(sha256({"abc"})) ==
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    BOOST_TEST(hex_of(sha256({"a", "", "bc"})) == hex_of(sha256({"abc"})));
    BOOST_TEST(hex_of(sha256({})) ==
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// HMAC-SHA-256 of 4-byte lengths and parts, computed with another implementation.
BOOST_AUTO_TEST_CASE(a_keyed_hash_is_hmac_over_parts_with_their_lengths) {
    BOOST_TEST(hex_of(keyed_hash(counting_key(), {"a", "bc"})) ==
               "7281caf026ca30a3a915c06b7f9c266bd0ba77f782615b6a0553f2c7cd649020");
    BOOST_TEST(to_hex(derive_key(counting_key(), "parlour/wrapping/v1").reveal()) ==
               "844516acd5a1ebaf61e028d98a58b7a644bff2122963a7b4442603901948b895");
}

BOOST_AUTO_TEST_CASE(no_two_lists_of_parts_hash_alike) {
    std::set<std::string> hashes;
    const Key256 key = counting_key();
    hashes.insert(hex_of(keyed_hash(key, {"ab", "c"})));
    hashes.insert(hex_of(keyed_hash(key, {"a", "bc"})));
    hashes.insert(hex_of(keyed_hash(key, {"abc"})));
    hashes.insert(hex_of(keyed_hash(key, {"abc", ""})));
    hashes.insert(hex_of(keyed_hash(key, {"", "abc"})));
    hashes.insert(hex_of(keyed_hash(Key256{}, {"abc"})));
    BOOST_TEST(hashes.size() == 6U);
}

// Test case 16 of the GCM specification (McGrew and Viega).
BOOST_AUTO_TEST_CASE(what_another_implementation_sealed_is_unsealed) {
    const Key256 key = key_of("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    const std::string associated = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const std::string sealed = bytes(
        "cafebabefacedbaddecaf888"
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b105"
        "6828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
    const auto plain = decrypt(key, associated, sealed);
    BOOST_TEST_REQUIRE(plain.has_value());
    BOOST_TEST(to_hex(*plain) ==
               "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c9595680953"
               "2fcf0e2449a6b525b16aedf5aa0de657ba637b39");
}

BOOST_AUTO_TEST_CASE(what_is_sealed_is_unsealed) {
    for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 4096U, 300'000U}) {
        const std::string plain(size, 'x');
        const std::string sealed = encrypt(counting_key(), "place", plain);
        BOOST_TEST(sealed.size() == kNonceBytes + size + kTagBytes);
        BOOST_TEST((decrypt(counting_key(), "place", sealed) == plain));
    }
    const std::string sealed = encrypt(counting_key(), "", "no place");
    BOOST_TEST((decrypt(counting_key(), "", sealed) == "no place"));
}

BOOST_AUTO_TEST_CASE(sealing_twice_gives_different_bytes) {
    std::set<std::string> nonces;
    for (int i = 0; i < 1000; ++i) {
        nonces.insert(encrypt(counting_key(), "place", "text").substr(0, kNonceBytes));
    }
    BOOST_TEST(nonces.size() == 1000U);
}

BOOST_AUTO_TEST_CASE(any_flipped_bit_keeps_it_sealed) {
    const std::string sealed = encrypt(counting_key(), "place", "a text of some length");
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            const std::string wrong = samples::flipped(sealed, at, bit);
            BOOST_TEST(!decrypt(counting_key(), "place", wrong).has_value());
        }
    }
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        BOOST_TEST(!decrypt(counting_key(), "place", sealed.substr(0, size)).has_value());
    }
    BOOST_TEST(!decrypt(counting_key(), "place", sealed + "x").has_value());
}

BOOST_AUTO_TEST_CASE(another_key_or_place_keeps_it_sealed) {
    const std::string sealed = encrypt(counting_key(), "place", "text");
    BOOST_TEST(!decrypt(Key256{}, "place", sealed).has_value());
    BOOST_TEST(!decrypt(counting_key(), "plac", sealed).has_value());
    BOOST_TEST(!decrypt(counting_key(), "", sealed).has_value());
    // A refusal leaves nothing behind that would spoil the next call.
    BOOST_TEST(decrypt(counting_key(), "place", sealed).has_value());
}

BOOST_AUTO_TEST_CASE(secrets_are_equal_only_byte_for_byte) {
    BOOST_TEST(equal_secrets("same", "same"));
    BOOST_TEST(equal_secrets("", ""));
    for (const auto* other : {"", "sam", "same ", "Same", "samE"}) {
        BOOST_TEST(!equal_secrets("same", other));
    }
}

BOOST_AUTO_TEST_CASE(random_bytes_fill_any_size_and_do_not_repeat) {
    for (const std::size_t size : {1U, 12U, 4095U, 4096U, 4097U, 100'000U}) {
        std::vector<std::uint8_t> some(size);
        std::size_t ones = 0;
        for (int round = 0; round < 64; ++round) {
            fill_random(some);
            ones += static_cast<std::size_t>(some.back() & 1U);
        }
        BOOST_TEST(ones > 8U);  // the last byte is filled too; fails once in 10^10 runs
        BOOST_TEST(ones < 56U);
    }
    fill_random({});
}

BOOST_AUTO_TEST_CASE(threads_draw_different_ids) {
    std::array<std::vector<Uuid>, 4> drawn;
    {
        std::vector<std::jthread> threads;
        for (auto& mine : drawn) {
            threads.emplace_back([&mine] {
                for (int i = 0; i < 5000; ++i) mine.push_back(random_id<Uuid>());
            });
        }
    }
    std::set<Uuid> all;
    for (const auto& mine : drawn) all.insert(mine.begin(), mine.end());
    BOOST_TEST(all.size() == 20'000U);
}

BOOST_AUTO_TEST_SUITE_END()
