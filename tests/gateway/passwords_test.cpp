#include "gateway/passwords.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "events/crypto.hpp"
#include "tests/gateway/awaited.hpp"

using namespace gateway;
using events::Personal;
using events::SecretText;
using test_support::awaited;

namespace {

SecretText hash_of(PasswordHasher& hasher, const std::string& password) {
    auto hash = awaited(hasher.hash(Personal(password)));
    BOOST_TEST_REQUIRE(hash.has_value());
    return std::move(*hash);
}

bool matches(PasswordHasher& hasher, std::string_view hash, const std::string& password) {
    const auto answer = awaited(hasher.matches(SecretText(std::string(hash)), Personal(password)));
    BOOST_TEST_REQUIRE(answer.has_value());
    return *answer;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(passwords)

// A07, DEC12
BOOST_AUTO_TEST_CASE(a_password_matches_its_own_hash_only) {
    PasswordHasher hasher;
    const auto hash = hash_of(hasher, "correct horse");
    BOOST_TEST(matches(hasher, hash.reveal(), "correct horse"));
    BOOST_TEST(!matches(hasher, hash.reveal(), "correct horsf"));
    BOOST_TEST(!matches(hasher, hash.reveal(), ""));
    BOOST_TEST(!matches(hasher, hash.reveal(), std::string("correct horse\0", 14)));
}

BOOST_AUTO_TEST_CASE(the_hash_is_argon2id_with_the_stated_cost_and_a_salt_of_its_own) {
    PasswordHasher hasher;
    const auto first = hash_of(hasher, "correct horse");
    const auto second = hash_of(hasher, "correct horse");
    BOOST_TEST(first.reveal().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    BOOST_TEST(first.reveal() != second.reveal());
}

// DEC12
BOOST_AUTO_TEST_CASE(what_a_client_hashed_before_is_the_password) {
    PasswordHasher hasher;
    const std::string sent(64, 'a');
    BOOST_TEST(is_password(sent));
    BOOST_TEST(matches(hasher, hash_of(hasher, sent).reveal(), sent));
}

BOOST_AUTO_TEST_CASE(no_password_fits_the_unmatched_hash) {
    PasswordHasher hasher;
    const auto hash = PasswordHasher::unmatched();
    for (const auto* password : {"", "password", "unmatched"}) {
        BOOST_TEST(!matches(hasher, hash.reveal(), password));
    }
}

BOOST_AUTO_TEST_CASE(a_password_is_10_to_200_characters_and_not_blank) {
    std::string umlauts;
    for (int i = 0; i < 200; ++i) umlauts += "ü";
    for (const auto& good : {std::string(10, 'x'),
                             std::string(200, 'x'),
                             umlauts,
                             std::string("ten  signs"),
                             std::string("日本語日本語日本語日")}) {
        BOOST_TEST(is_password(good));
    }
    for (const auto& bad : {std::string(),
                            std::string(9, 'x'),
                            std::string(201, 'x'),
                            umlauts + "ü",
                            std::string(20, ' '),
                            std::string("ééééééééé")}) {
        BOOST_TEST(!is_password(bad));
    }
}

// Goal: more than the bounded number at once are refused, all others answered.
// Method: start them all on one loop before any can be finished.
BOOST_AUTO_TEST_CASE(too_many_at_once_are_refused_as_overloaded) {
    PasswordHasher hasher;
    net::io_context loop;
    std::size_t done = 0;
    std::size_t refused = 0;
    constexpr std::size_t kMore = 5;
    for (std::size_t i = 0; i < kHashesAtOnce + kHashesWaitingMax + kMore; ++i) {
        net::co_spawn(loop,
                      hasher.matches(PasswordHasher::unmatched(), Personal("x")),
                      [&](const std::exception_ptr&, const events::Result<bool>& answer) {
                          ++(answer ? done : refused);
                          if (!answer)
                              BOOST_TEST((answer.error().code == events::Errc::kOverloaded));
                      });
    }
    loop.run();
    BOOST_TEST(done >= kHashesAtOnce + kHashesWaitingMax);
    BOOST_TEST(refused > 0U);
    BOOST_TEST(done + refused == kHashesAtOnce + kHashesWaitingMax + kMore);
}

BOOST_AUTO_TEST_SUITE_END()
