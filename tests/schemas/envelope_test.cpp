#include "schemas/envelope.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "parlour/conversation/v1/events.pb.h"

using namespace parlour::log::v1;

BOOST_AUTO_TEST_SUITE(envelope)

BOOST_AUTO_TEST_CASE(every_kind_of_stream_has_an_envelope_and_a_tag_of_its_own) {
    std::set<std::string_view> tags;
    std::set<std::string> types;
    for (int number = StreamKind_MIN + 1; number <= StreamKind_MAX; ++number) {
        const auto kind = static_cast<StreamKind>(number);
        BOOST_TEST_CONTEXT(StreamKind_Name(kind)) {
            const auto envelope = schemas::new_envelope(kind);
            BOOST_TEST_REQUIRE(envelope != nullptr);
            BOOST_TEST(types.insert(envelope->GetTypeName()).second);
            BOOST_TEST(schemas::tag_of(kind).size() == 3U);
            BOOST_TEST(tags.insert(schemas::tag_of(kind)).second);
            BOOST_TEST(schemas::kind_of_tag(schemas::tag_of(kind)) == kind);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_kind_this_build_does_not_know_has_none) {
    for (const int number : {0, -1, StreamKind_MAX + 1, 1000}) {
        const auto kind = static_cast<StreamKind>(number);
        BOOST_TEST(schemas::new_envelope(kind) == nullptr);
        BOOST_TEST(schemas::tag_of(kind).empty());
    }
    for (const auto* tag : {"", "msg", "CNV", "cn", "cnvx"}) {
        BOOST_TEST(schemas::kind_of_tag(tag) == STREAM_KIND_UNSPECIFIED);
    }
}

BOOST_AUTO_TEST_CASE(the_event_type_is_the_number_in_the_oneof) {
    parlour::conversation::v1::ConversationEvent envelope;
    BOOST_TEST(schemas::event_type_of(envelope) == 0);
    BOOST_TEST(schemas::event_of(envelope) == nullptr);
    envelope.mutable_message_sent()->set_text("hi");
    BOOST_TEST(schemas::event_type_of(envelope) == 2);
    BOOST_TEST(schemas::event_of(envelope) == &envelope.message_sent());
}

BOOST_AUTO_TEST_SUITE_END()
