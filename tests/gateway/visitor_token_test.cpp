#include "gateway/visitor_token.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>

#include "events/crypto.hpp"

namespace {

using events::Key256;
using events::TenantId;
using events::TenantKeys;
using gateway::VisitorToken;

constexpr std::int64_t kNow = 1'790'000'040'000;  // a whole minute
constexpr std::int64_t kDayMs = std::int64_t{24} * 60 * 60 * 1000;

const TenantId kTenant{.bytes = {1, 2, 3}};
const VisitorToken kToken{
    .visitor = {.bytes = {4, 5}}, .widget = {.bytes = {6, 7}}, .issued_unix_ms = kNow};

TenantKeys keys_of(std::uint8_t number) {
    return {.wrapping = {}, .command_ids = Key256({number}), .body_digests = {}, .blind_index = {}};
}

std::optional<VisitorToken> read(const std::string& text,
                                 std::int64_t now_ms = kNow,
                                 std::uint8_t key = 1) {
    const auto parsed = gateway::parse_token(text, gateway::kVisitorTokenTag);
    if (!parsed) return std::nullopt;
    return gateway::read_visitor_token(keys_of(key), *parsed, now_ms);
}

std::string written() {
    return gateway::write_visitor_token(keys_of(1), kTenant, kToken);
}

const events::Uuid kSecret{.bytes = {8, 9}};

VisitorToken vouched_token() {
    auto token = kToken;
    token.vouched = std::make_shared<const commands::Vouched>(
        commands::Vouched{.secret = kSecret,
                          .subject = events::Personal("42"),
                          .name = events::Personal(),
                          .email = events::Personal("a@x.example"),
                          .issued_unix_ms = 7});
    return token;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(visitor_token)

// DEC13
BOOST_AUTO_TEST_CASE(a_token_says_who_the_visitor_is_and_through_which_widget) {
    BOOST_TEST(written().starts_with("0102030000000000-vst-"));
    const auto token = read(written());
    BOOST_TEST_REQUIRE(token.has_value());
    BOOST_TEST((token->visitor == kToken.visitor));
    BOOST_TEST((token->widget == kToken.widget));
    BOOST_TEST(token->issued_unix_ms == kNow);
}

// CPL19
BOOST_AUTO_TEST_CASE(a_token_is_valid_for_thirty_days_and_no_longer) {
    BOOST_TEST(read(written(), kNow + 30 * kDayMs - 1).has_value());
    BOOST_TEST(!read(written(), kNow + 30 * kDayMs).has_value());
}

// CPL19
BOOST_AUTO_TEST_CASE(a_token_older_than_a_day_is_to_be_replaced) {
    BOOST_TEST(gateway::is_fresh(kToken, kNow + kDayMs - 1));
    BOOST_TEST(!gateway::is_fresh(kToken, kNow + kDayMs));
}

BOOST_AUTO_TEST_CASE(another_companys_keys_do_not_open_a_token) {
    BOOST_TEST(!read(written(), kNow, 2).has_value());
}

BOOST_AUTO_TEST_CASE(a_token_moved_to_another_company_is_none) {
    auto moved = written();
    moved[0] = '9';
    BOOST_TEST(!read(moved).has_value());
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_is_found) {
    const std::string text = written();
    const std::size_t from = text.rfind('-') + 1;
    const auto bytes = events::from_hex(text.substr(from));
    BOOST_TEST_REQUIRE(bytes.has_value());
    for (std::size_t i = 0; i < bytes->size() * 8; ++i) {
        std::string flipped = *bytes;
        flipped[i / 8] ^= static_cast<char>(1U << (i % 8));
        BOOST_TEST(!read(text.substr(0, from) + events::to_hex(flipped)).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_text_of_another_length_or_alphabet_is_no_token) {
    const std::string text = written();
    for (const auto& wrong : {text.substr(0, text.size() - 2),
                              text + "00",
                              text.substr(0, text.size() - 1) + "G",
                              text.substr(0, text.rfind('-') + 1),
                              std::string()}) {
        BOOST_TEST(!read(wrong).has_value());
    }
}

// X09
BOOST_AUTO_TEST_CASE(a_vouched_token_carries_the_identity_sealed) {
    const auto text = gateway::write_visitor_token(keys_of(1), kTenant, vouched_token());
    const auto token = read(text);
    BOOST_TEST_REQUIRE(token.has_value());
    BOOST_TEST_REQUIRE(token->vouched != nullptr);
    BOOST_TEST((token->visitor == kToken.visitor));
    BOOST_TEST((token->vouched->secret == kSecret));
    BOOST_TEST(token->vouched->subject.reveal() == "42");
    BOOST_TEST(token->vouched->email.reveal() == "a@x.example");
    BOOST_TEST(token->vouched->issued_unix_ms == 7);
    const auto parsed = gateway::parse_token(text, gateway::kVisitorTokenTag);
    BOOST_TEST(events::from_hex(parsed->rest)->find("a@x.example") == std::string::npos);
    BOOST_TEST(gateway::is_fresh(*token, kNow + kDayMs));
}

// X09, CPL19
BOOST_AUTO_TEST_CASE(a_vouched_token_lives_a_day_and_no_bit_of_it_may_change) {
    const auto text = gateway::write_visitor_token(keys_of(1), kTenant, vouched_token());
    BOOST_TEST(read(text, kNow + kDayMs - 1).has_value());
    BOOST_TEST(!read(text, kNow + kDayMs).has_value());
    BOOST_TEST(!read(text, kNow, 2).has_value());
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto changed = text;
        changed[i] = changed[i] == '0' ? '1' : '0';
        if (changed != text) BOOST_TEST(!read(changed).has_value(), "character " << i);
    }
    const auto plain = written();
    BOOST_TEST(!read(text.substr(0, plain.size())).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
