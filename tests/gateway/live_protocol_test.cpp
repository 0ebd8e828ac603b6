#include "gateway/live_protocol.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <variant>
#include <vector>

#include "gateway/live_position.hpp"
#include "gateway/live_stream.hpp"
#include "gateway/tickets.hpp"

namespace {

using gateway::LivePosition;
using gateway::parse_client_frame;
using gateway::parse_position;
using gateway::PositionForm;
using gateway::SubscribeFrame;

const events::TenantId kTenant{.bytes = {1}};

events::TenantKeys some_keys() {
    return {};
}

gateway::Principal visitor(std::uint8_t number = 1) {
    gateway::Principal principal;
    principal.audience = gateway::Audience::kVisitor;
    principal.tenant = kTenant;
    principal.actor = events::Uuid{.bytes = {number}};
    return principal;
}

std::string after_of(const std::string& value) {
    const auto parsed =
        parse_client_frame(R"({"op":"subscribe","topic":"inbox","after":)" + value + "}");
    if (!parsed) return "refused";
    return std::get<SubscribeFrame>(*parsed).after.value_or("none");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(live_protocol)

BOOST_AUTO_TEST_CASE(every_operation_is_read) {
    const auto hello = parse_client_frame(R"({"op":"hello","ticket":"t"})");
    BOOST_TEST(std::get<gateway::HelloFrame>(*hello).ticket == "t");
    const auto leave = parse_client_frame(R"({"op":"unsubscribe","topic":"inbox"})");
    BOOST_TEST(std::get<gateway::UnsubscribeFrame>(*leave).topic == "inbox");
    const auto typing = parse_client_frame(R"({"op":"typing","conversation":"c"})");
    BOOST_TEST(std::get<gateway::TypingFrame>(*typing).conversation == "c");
    BOOST_TEST(std::holds_alternative<gateway::PingFrame>(*parse_client_frame(R"({"op":"ping"})")));
}

BOOST_AUTO_TEST_CASE(a_position_is_a_number_or_a_text) {
    BOOST_TEST(after_of("12") == "12");
    BOOST_TEST(after_of("18446744073709551615") == "18446744073709551615");
    BOOST_TEST(after_of(R"("12.1")") == "12.1");
    BOOST_TEST(after_of("null") == "none");
    for (const char* const wrong : {"-1", "1.5", "true", "[]", "{}"}) {
        BOOST_TEST(after_of(wrong) == "refused");
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_frame_is_refused) {
    const std::vector<std::string> wrong{
        "",
        "x",
        "[]",
        "7",
        "{}",
        R"({"op":7})",
        R"({"op":"nothing"})",
        R"({"op":"hello"})",
        R"({"op":"hello","ticket":7})",
        R"({"op":"subscribe"})",
        R"({"op":"unsubscribe","topic":null})",
        R"({"op":"typing"})",
        "{\"op\":\"ping\",\"x\":\"\xff\"}",
        "{\"op\":\"ping\",\"x\":\"" + std::string(5'000, 'x') + "\"}"};
    for (const auto& text : wrong) {
        const auto parsed = parse_client_frame(text);
        BOOST_TEST_REQUIRE(!parsed, text.substr(0, 60));
        BOOST_TEST(parsed.error().code == "frame-invalid");
    }
}

BOOST_AUTO_TEST_CASE(plain_positions_read_as_they_are_written) {
    const auto keys = some_keys();
    for (const LivePosition position : {LivePosition{},
                                        LivePosition{.seq = {12}, .part = 0},
                                        LivePosition{.seq = {12}, .part = 3}}) {
        for (const auto form : {PositionForm::kPlain, PositionForm::kOpaque}) {
            const auto text = to_text(position, form, keys, kTenant);
            BOOST_TEST((parse_position(text, form, keys, kTenant) == position));
        }
    }
    for (const char* const wrong :
         {"", "x", "-1", "1.", ".1", "1.0", "0.1", "1.x", "12.4294967296"}) {
        BOOST_TEST(!parse_position(wrong, PositionForm::kPlain, keys, kTenant));
    }
}

BOOST_AUTO_TEST_CASE(an_opaque_position_opens_for_its_tenant_and_purpose_only) {
    const auto keys = some_keys();
    auto text = to_text({.seq = {12}, .part = 0}, PositionForm::kOpaque, keys, kTenant);
    BOOST_TEST(!parse_position(text, PositionForm::kOpaque, keys, events::TenantId{.bytes = {2}}));
    BOOST_TEST(!gateway::read_cursor(text, "inbox", keys, kTenant));
    BOOST_TEST(!parse_position("12", PositionForm::kOpaque, keys, kTenant));
    text.back() = text.back() == '0' ? '1' : '0';
    BOOST_TEST(!parse_position(text, PositionForm::kOpaque, keys, kTenant));
    const auto cursor = gateway::write_cursor({7}, "inbox", keys, kTenant);
    BOOST_TEST((gateway::read_cursor(cursor, "inbox", keys, kTenant) == events::Seq{7}));
    BOOST_TEST(!gateway::read_cursor(cursor, "other", keys, kTenant));
}

BOOST_AUTO_TEST_CASE(positions_within_a_commit_lie_before_the_commit_as_a_whole) {
    const LivePosition whole{.seq = {12}, .part = 0};
    const LivePosition first{.seq = {12}, .part = 1};
    const LivePosition second{.seq = {12}, .part = 2};
    BOOST_TEST(is_before(first, second));
    BOOST_TEST(is_before(second, whole));
    BOOST_TEST(!is_before(whole, first));
    BOOST_TEST(!is_before(whole, whole));
    BOOST_TEST(is_before(whole, {.seq = {13}, .part = 1}));
}

// CPL01
BOOST_AUTO_TEST_CASE(an_event_id_tells_of_every_topic_of_a_stream) {
    const std::vector<std::string> positions{"12", "", "7.1"};
    BOOST_TEST(gateway::write_event_id(positions) == "12,-,7.1");
    BOOST_TEST((gateway::read_event_id("12,-,7.1", 3) == positions));
    for (const char* const wrong : {"", ",", "1,2", "1,2,3,4", "1,,3", "1,2,"}) {
        BOOST_TEST(!gateway::read_event_id(wrong, 3));
    }
}

BOOST_AUTO_TEST_CASE(a_ticket_is_good_once) {
    gateway::TicketBox box;
    gateway::Request request;
    request.headers = {{"authorization", "Bearer x"}, {"host", "h"}};
    const auto text = box.issue(visitor(), request, 1'000);
    BOOST_TEST_REQUIRE(text.has_value());
    BOOST_TEST(text->starts_with(events::to_text(kTenant) + "-tkt-"));
    const auto ticket = box.redeem(*text, 1'001);
    BOOST_TEST_REQUIRE(ticket.has_value());
    BOOST_TEST((ticket->principal.actor == visitor().actor));
    BOOST_TEST(ticket->credential.headers.size() == 1U);
    BOOST_TEST(!box.redeem(*text, 1'002));
    BOOST_TEST(!box.redeem(*text + "0", 1'002));
}

BOOST_AUTO_TEST_CASE(a_ticket_grows_old_within_its_seconds) {
    gateway::TicketBox box;
    const auto one = box.issue(visitor(), {}, 0);
    const auto other = box.issue(visitor(), {}, 0);
    BOOST_TEST(box.redeem(*one, gateway::kTicketValidMs - 1).has_value());
    BOOST_TEST(!box.redeem(*other, gateway::kTicketValidMs).has_value());
}

BOOST_AUTO_TEST_CASE(nobody_takes_all_tickets) {
    gateway::TicketBox box;
    for (std::size_t i = 0; i < gateway::kTicketsOfOneMax; ++i) {
        BOOST_TEST_REQUIRE(box.issue(visitor(), {}, 0).has_value());
    }
    BOOST_TEST(!box.issue(visitor(), {}, 0).has_value());
    BOOST_TEST(box.issue(visitor(2), {}, 0).has_value());
    BOOST_TEST(box.issue(visitor(), {}, gateway::kTicketValidMs).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
