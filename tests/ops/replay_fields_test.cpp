#include "ops/replay_fields.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "parlour/company/v1/events.pb.h"
#include "parlour/conversation/v1/events.pb.h"
#include "tests/ops/replay_support.hpp"

namespace {

using ops::EventFields;
using ops::PersonalFields;
using parlour::company::v1::ApiTokenIssued;
using parlour::conversation::v1::MessageSent;
using test_support::id_of;
using test_support::kTenant;

MessageSent sent() {
    MessageSent message;
    message.set_message_id(std::string(id_of<events::Uuid>(0x0B).view()));
    message.set_author(parlour::conversation::v1::AUTHOR_EXPERT);
    return message;
}

std::string json(const EventFields& fields) {
    std::string out;
    ops::append_fields_json(out, fields);
    return out;
}

std::string text(const EventFields& fields) {
    std::string out;
    ops::append_fields_text(out, fields);
    return out;
}

const std::string kMessageId = "aaaaaaaaaaaaaaaa-msg-0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";

}  // namespace

BOOST_AUTO_TEST_SUITE(replay_fields)

BOOST_AUTO_TEST_CASE(public_fields_show_and_personal_ones_are_sealed) {
    const MessageSent message = sent();
    const EventFields fields{.tenant = kTenant, .event = message};
    BOOST_TEST(json(fields) == R"({"message_id":")" + kMessageId +
                                   R"(","author":"expert","text":{"sealed":true}})");
    BOOST_TEST(text(fields) == "message_id=" + kMessageId + " author=expert text=sealed");
}

BOOST_AUTO_TEST_CASE(a_destroyed_key_shows_as_erased) {
    const MessageSent message = sent();
    const EventFields fields{
        .tenant = kTenant, .event = message, .personal = PersonalFields::kErased};
    BOOST_TEST(json(fields).ends_with(R"("text":{"erased":true}})"));
    BOOST_TEST(text(fields).ends_with(" text=erased"));
}

BOOST_AUTO_TEST_CASE(opened_text_comes_verbatim_in_json_and_escaped_in_text) {
    const MessageSent message = sent();
    MessageSent personal;
    personal.set_text("a\"b\n\u202Ec");
    const EventFields fields{.tenant = kTenant,
                             .event = message,
                             .opened = &personal,
                             .personal = PersonalFields::kOpen};
    BOOST_TEST(json(fields).ends_with(R"("text":"a\"b\u000a\u202ec"})"));
    BOOST_TEST(text(fields).ends_with(R"( text="a\"b\u{A}\u{202E}c")"));
}

BOOST_AUTO_TEST_CASE(opened_fields_that_are_all_empty_show_as_empty) {
    const MessageSent message = sent();
    const EventFields fields{
        .tenant = kTenant, .event = message, .personal = PersonalFields::kOpen};
    BOOST_TEST(json(fields).ends_with(R"("text":""})"));
}

BOOST_AUTO_TEST_CASE(lists_and_bytes_without_an_id_are_written_out) {
    ApiTokenIssued issued;
    issued.set_token_id(std::string(id_of<events::Uuid>(1).view()));
    issued.set_token_sha256("\x01\xFF");
    issued.add_scopes(parlour::company::v1::SCOPE_CONVERSATIONS);
    issued.add_scopes(parlour::company::v1::SCOPE_HISTORY_READ);
    BOOST_TEST(json({.tenant = kTenant, .event = issued})
                   .find(R"("token_sha256":"01ff","scopes":["conversations","history_read"])") !=
               std::string::npos);
    BOOST_TEST(text({.tenant = kTenant, .event = issued})
                   .find("token_sha256=01ff scopes=[conversations,history_read]") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
