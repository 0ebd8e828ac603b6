#include "projections/analytics_event.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

#include "events/record.hpp"
#include "parlour/invitation/v1/events.pb.h"
#include "parlour/totals/v1/events.pb.h"
#include "tests/projections/world.hpp"

using namespace projections_test;

namespace {

namespace json = boost::json;
using projections::AnalyticsEvent;
using projections::Pseudonyms;

const std::int64_t kTime = *events::parse_time("2026-11-22T10:15:59.999Z");

events::Key256 key_of(std::uint8_t number) {
    events::Key256 key;
    std::fill_n(key.data(), events::Key256::size(), number);
    return key;
}

// Commits in a log, and what analytics is told of the newest.
struct AnalyticsWorld : World {
    AnalyticsWorld() { given.time_unix_ms = kTime; }

    template <class... Envelope>
    std::vector<AnalyticsEvent> told(const events::StreamId& stream, Envelope... envelopes) {
        const auto at = given.commit(tenant, stream, std::move(envelopes)...);
        const auto entries = log.read(at.partition, at.offset, {.records = 1});
        events::Record record;
        BOOST_TEST_REQUIRE(events::decode_record(*entries->front().frame, record).has_value());
        BOOST_TEST_REQUIRE(events::read_header(record.commit(), opened).has_value());
        return again();
    }
    // The same commit told once more.
    std::vector<AnalyticsEvent> again(std::uint8_t key = 1) {
        auto events = projections::analytics_events(opened, Pseudonyms(key_of(key)));
        BOOST_TEST_REQUIRE(events.has_value(), (events ? "" : events.error().detail));
        return *std::move(events);
    }
    events::OpenedHeader opened;
};

std::string attribute(const AnalyticsEvent& event, std::string_view name) {
    for (const auto& [known, value] : event.attributes) {
        if (known == name) return value;
    }
    return "(none)";
}

json::object data_of(const AnalyticsEvent& event) {
    return json::parse(event.data).as_object();
}

bool contains(const AnalyticsEvent& event, std::string_view text) {
    return projections::structured_json(event).find(text) != std::string::npos;
}

}  // namespace

// DESIGN 9
BOOST_FIXTURE_TEST_SUITE(analytics_event, AnalyticsWorld)

BOOST_AUTO_TEST_CASE(each_event_of_a_commit_is_one_cloud_event) {
    const auto events = told(conversation_of(7), projections_test::opened(), said("Is five free?"));
    BOOST_TEST_REQUIRE(events.size() == 2U);
    const auto& sent = events[1];
    BOOST_TEST(attribute(sent, "specversion") == "1.0");
    BOOST_TEST(attribute(sent, "type") == "parlour.conversation.message-sent.v1");
    BOOST_TEST(attribute(sent, "source") == "/tenants/" + events::to_text(tenant));
    BOOST_TEST(attribute(sent, "subject") == Pseudonyms(key_of(1)).of(uuid_of(7).view(), "cnv"));
    BOOST_TEST(attribute(sent, "datacontenttype") == "application/json");
    BOOST_TEST(attribute(sent, "dataschema") ==
               "urn:parlour:schema:parlour.conversation.message-sent.v1");
    BOOST_TEST(attribute(sent, "partitionkey") == events::to_text(tenant));
    BOOST_TEST(attribute(sent, "actorkind") == "system");
    BOOST_TEST(attribute(events[0], "id") != attribute(sent, "id"));
}

BOOST_AUTO_TEST_CASE(a_text_is_left_out_and_who_wrote_it_is_a_word) {
    const auto sent = told(conversation_of(7), said("canary text")).front();
    BOOST_TEST(!contains(sent, "canary"));
    BOOST_TEST(!data_of(sent).contains("text"));
    BOOST_TEST(data_of(sent).at("author").as_string() == "visitor");
}

BOOST_AUTO_TEST_CASE(no_id_is_told_and_equal_ids_have_equal_pseudonyms) {
    const auto first = told(conversation_of(7), projections_test::opened(101, 102)).front();
    const auto second = told(conversation_of(8), projections_test::opened(101, 103)).front();
    for (const int number : {7, 8, 101, 102, 103}) {
        const auto hex = events::to_hex(uuid_of(static_cast<std::uint8_t>(number)).view());
        BOOST_TEST(!contains(first, hex));
        BOOST_TEST(!contains(second, hex));
    }
    BOOST_TEST(data_of(first).at("visitor_id") == data_of(second).at("visitor_id"));
    BOOST_TEST(data_of(first).at("expert_id") != data_of(second).at("expert_id"));
    BOOST_TEST(data_of(first).at("visitor_id").as_string().starts_with("vis-"));
    // What names a stream and what refers to it have the same digits.
    const auto visitor = told(visitor_of(101), identified("Mira")).front();
    BOOST_TEST(attribute(visitor, "subject") == data_of(first).at("visitor_id").as_string());
}

BOOST_AUTO_TEST_CASE(another_week_has_other_pseudonyms_and_other_names_of_events) {
    const auto before = told(conversation_of(7), projections_test::opened()).front();
    const auto after = again(2).front();
    BOOST_TEST(attribute(before, "id") != attribute(after, "id"));
    BOOST_TEST(attribute(before, "subject") != attribute(after, "subject"));
    BOOST_TEST(data_of(before).at("visitor_id") != data_of(after).at("visitor_id"));
}

BOOST_AUTO_TEST_CASE(told_again_an_event_has_the_same_name_and_no_other_has_it) {
    std::set<std::string> names;
    for (int i = 0; i < 50; ++i) {
        const auto events = told(conversation_of(7), said("one"), said("two"));
        const auto repeated = again();
        for (std::size_t at = 0; at < events.size(); ++at) {
            BOOST_TEST(attribute(events[at], "id") == attribute(repeated[at], "id"));
            BOOST_TEST(names.insert(attribute(events[at], "id")).second);
        }
    }
}

BOOST_AUTO_TEST_CASE(times_are_cut_to_the_minute) {
    parlour::invitation::v1::InvitationEvent sent;
    sent.mutable_invitation_sent()->set_email("ben@canary.example");
    sent.mutable_invitation_sent()->set_token_sha256(std::string(32, 't'));
    sent.mutable_invitation_sent()->set_valid_until_unix_ms(kTime);
    const auto event =
        told({.kind = parlour::log::v1::STREAM_KIND_INVITATION, .uuid = uuid_of(1)}, sent).front();
    BOOST_TEST(attribute(event, "time") == "2026-11-22T10:15:00.000Z");
    BOOST_TEST(data_of(event).at("valid_until_unix_ms").as_int64() == kTime - 59'999);
    BOOST_TEST(!contains(event, "canary"));
    // A digest is told as a pseudonym, too.
    BOOST_TEST(!contains(event, events::to_hex(std::string(32, 't'))));
    BOOST_TEST(data_of(event).at("token_sha256").as_string().size() == 32U);
}

BOOST_AUTO_TEST_CASE(numbers_stand_there_and_what_says_nothing_is_left_out) {
    parlour::totals::v1::TotalsEvent totals;
    totals.mutable_day_totalled()->set_day("2026-11-21");
    auto& expert = *totals.mutable_day_totalled()->add_experts();
    expert.set_expert_id(std::string(uuid_of(102).view()));
    expert.mutable_measures()->set_visitors(9);
    const auto event =
        told({.kind = parlour::log::v1::STREAM_KIND_TOTALS, .uuid = uuid_of(1)}, totals).front();
    const auto data = data_of(event);
    BOOST_TEST(data.at("day").as_string() == "2026-11-21");
    BOOST_TEST(data.at("from_seq").as_int64() == 0);
    BOOST_TEST(!data.contains("company"));
    const auto& told_expert = data.at("experts").as_array().front().as_object();
    BOOST_TEST(told_expert.at("measures").as_object().at("visitors").as_int64() == 9);
    BOOST_TEST(told_expert.at("expert_id").as_string() ==
               Pseudonyms(key_of(1)).of(uuid_of(102).view(), "exp"));
}

BOOST_AUTO_TEST_CASE(an_event_of_a_newer_program_stops_the_reader) {
    told(conversation_of(7), said("one"));
    opened.header.mutable_events(0)->set_type(4711);
    opened.header.mutable_events(0)->clear_public_fields();
    const auto events = projections::analytics_events(opened, Pseudonyms(key_of(1)));
    BOOST_TEST_REQUIRE(!events.has_value());
    BOOST_TEST((events.error().code == events::Errc::kUnknownSchema));
}

BOOST_AUTO_TEST_CASE(the_structured_form_holds_attributes_and_data) {
    const auto event = told(conversation_of(7), said("one")).front();
    const auto whole = json::parse(projections::structured_json(event)).as_object();
    BOOST_TEST(whole.size() == event.attributes.size() + 1);
    BOOST_TEST(whole.at("specversion").as_string() == "1.0");
    BOOST_TEST(whole.at("data").as_object().at("author").as_string() == "visitor");
}

BOOST_AUTO_TEST_SUITE_END()
