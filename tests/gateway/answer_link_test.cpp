#include "gateway/answer_link.hpp"

#include <boost/test/unit_test.hpp>

#include "events/crypto.hpp"
#include "gateway/visitor_token.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

using events::TenantId;
using events::Uuid;
using events::Version;

constexpr std::int64_t kNow = 1'790'000'040'000;  // a whole minute

struct Keys {
    Keys() {
        events::Key256 master;
        events::fill_random({master.data(), events::Key256::size()});
        ring = std::move(*events::KeyRing::open(dir.path() / "keys", master, Uuid{}, true));
    }
    [[nodiscard]] std::string written(const gateway::AnswerLink& what,
                                      const TenantId& tenant = kTenant) {
        return gateway::write_answer_link(**ring->tenant_keys(tenant), tenant, what);
    }
    [[nodiscard]] std::optional<gateway::AnswerLink> read(std::string_view text,
                                                          std::int64_t now = kNow) {
        const auto token = gateway::parse_token(text, gateway::kAnswerLinkTag);
        if (!token) return std::nullopt;
        return gateway::read_answer_link(**ring->tenant_keys(token->tenant), *token, now);
    }

    static constexpr TenantId kTenant{.bytes = {7}};
    gateway::AnswerLink link{.conversation = Uuid{.bytes = {1, 2, 3}},
                             .from = Version{42},
                             .until_unix_ms = kNow + gateway::kAnswerLinkValidMs};
    test_support::TempDir dir;
    std::unique_ptr<events::KeyRing> ring;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(answer_link, Keys)

// E02
BOOST_AUTO_TEST_CASE(a_link_says_what_it_opens_until_its_end) {
    const auto text = written(link);
    const auto found = read(text);
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST((found->conversation == link.conversation));
    BOOST_TEST(found->from.value == 42U);
    BOOST_TEST(found->until_unix_ms == link.until_unix_ms);
    BOOST_TEST(read(text, link.until_unix_ms - 1).has_value());
    BOOST_TEST(!read(text, link.until_unix_ms).has_value());
    BOOST_TEST(text == written(link));  // a mail that goes again has the same
}

// CPL18
BOOST_AUTO_TEST_CASE(a_link_with_any_other_digit_opens_nothing) {
    const auto text = written(link);
    for (std::size_t at = text.rfind('-') + 1; at < text.size(); ++at) {
        auto changed = text;
        changed[at] = changed[at] == '0' ? '1' : '0';
        BOOST_TEST(!read(changed).has_value(), at);
    }
    BOOST_TEST(!read(text + "00").has_value());
    BOOST_TEST(!read(text.substr(0, text.size() - 2)).has_value());
    BOOST_TEST(!read("").has_value());
}

// CPL18
BOOST_AUTO_TEST_CASE(a_link_is_good_for_its_company_and_its_purpose_alone) {
    const auto text = written(link);
    const auto rest = text.substr(text.rfind('-') + 1);
    const TenantId other{.bytes = {8}};
    const auto foreign = events::to_text(other) + "-ans-" + rest;
    BOOST_TEST(!read(foreign).has_value());
    const auto as_visitor = events::to_text(kTenant) + "-vst-" + rest;
    const auto token = gateway::parse_token(as_visitor, gateway::kVisitorTokenTag);
    BOOST_TEST_REQUIRE(token.has_value());
    BOOST_TEST(
        !gateway::read_visitor_token(**ring->tenant_keys(kTenant), *token, kNow).has_value());
    const auto visitor = gateway::write_visitor_token(
        **ring->tenant_keys(kTenant),
        kTenant,
        {.visitor = Uuid{.bytes = {1}}, .widget = Uuid{.bytes = {2}}, .issued_unix_ms = kNow});
    const auto as_link =
        events::to_text(kTenant) + "-ans-" + visitor.substr(visitor.rfind('-') + 1);
    BOOST_TEST(!read(as_link).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
