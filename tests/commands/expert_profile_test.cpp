#include "commands/expert_profile.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

#include "commands/expert.hpp"
#include "tests/support/given.hpp"

namespace {

using namespace commands;
using events::Personal;
using events::Uuid;
using namespace parlour::expert::v1;
using Rejection = Expert::Rejection;

using GivenExpert = test_support::Given<Expert>;

const Uuid kTag{.bytes = {5}};

Expert::Event added() {
    Expert::Event event;
    event.mutable_expert_added()->set_name("Ada");
    event.mutable_expert_added()->set_email("ada@x.example");
    return event;
}

Expert::Event shown(const std::string& title) {
    Expert::Event event;
    event.mutable_profile_changed()->set_display_name("Dr Ada");
    event.mutable_profile_changed()->set_title(title);
    return event;
}

Expert::Event tagged(const Uuid& id, const std::string& value) {
    Expert::Event event;
    event.mutable_expert_tagged()->set_tag_id(std::string(id.view()));
    event.mutable_expert_tagged()->set_kind(TAG_KIND_LANGUAGE);
    event.mutable_expert_tagged()->set_value(value);
    return event;
}

Expert::Event untagged() {
    Expert::Event event;
    event.mutable_expert_untagged()->set_tag_id(std::string(kTag.view()));
    return event;
}

Expert::Event closed(Channel channel) {
    Expert::Event event;
    event.mutable_expert_channel_disabled()->set_channel(channel);
    return event;
}

Expert::Event opened(Channel channel) {
    Expert::Event event;
    event.mutable_expert_channel_enabled()->set_channel(channel);
    return event;
}

ChangeProfile show_title(std::string title, std::string display_name = "Dr Ada") {
    return {.display_name = Personal(std::move(display_name)),
            .title = Personal(std::move(title)),
            .description = {},
            .availability = {}};
}

TagExpert tag(std::string value, TagKind kind = TAG_KIND_LANGUAGE, Uuid id = kTag) {
    return {.id = id, .kind = kind, .value = Personal(std::move(value))};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(expert_profile)

// C01, C05
BOOST_AUTO_TEST_CASE(an_expert_shows_a_profile) {
    GivenExpert{{added()}}.when(show_title("Lawyer")).then({shown("Lawyer")});
    GivenExpert{{added(), shown("Lawyer")}}.when(show_title("Lawyer")).then_nothing();
    GivenExpert{{added(), shown("Lawyer")}}.when(show_title("Judge")).then({shown("Judge")});
}

BOOST_AUTO_TEST_CASE(a_profile_of_nobody_is_rejected) {
    GivenExpert{}.when(show_title("Lawyer")).then_rejected(Rejection::kNotAdded);
    GivenExpert{}.when(tag("de")).then_rejected(Rejection::kNotAdded);
    GivenExpert{}.when(UntagExpert{kTag}).then_rejected(Rejection::kNotAdded);
    GivenExpert{}.when(SetChannels{}).then_rejected(Rejection::kNotAdded);
}

BOOST_AUTO_TEST_CASE(texts_beyond_their_bounds_are_rejected) {
    const GivenExpert given{{added()}};
    given.when(show_title(std::string(kTitleBytesMax + 1, 'x')))
        .then_rejected(Rejection::kProfileInvalid);
    given.when(show_title(std::string("a\0b", 3))).then_rejected(Rejection::kProfileInvalid);
    given.when(show_title("", "  ")).then_rejected(Rejection::kNameInvalid);
    auto command = show_title("");
    command.description = Personal(std::string(kDescriptionBytesMax + 1, 'x'));
    given.when(command).then_rejected(Rejection::kProfileInvalid);
    command = show_title("");
    command.availability = Personal(std::string(kAvailabilityBytesMax + 1, 'x'));
    given.when(command).then_rejected(Rejection::kProfileInvalid);
}

// C02, NUM19
BOOST_AUTO_TEST_CASE(an_expert_has_tags_each_once) {
    GivenExpert{{added()}}.when(tag("Zürich")).then({tagged(kTag, "Zürich")});
    GivenExpert{{added(), tagged(kTag, "de")}}.when(tag("de")).then_nothing();
    GivenExpert{{added(), tagged(kTag, "de")}}.when(UntagExpert{kTag}).then({untagged()});
    GivenExpert{{added(), tagged(kTag, "de"), untagged()}}.when(UntagExpert{kTag}).then_nothing();
    GivenExpert{{added(), tagged(kTag, "de"), untagged()}}.when(tag("de")).then(
        {tagged(kTag, "de")});
}

BOOST_AUTO_TEST_CASE(a_tag_that_is_none_is_rejected) {
    const GivenExpert given{{added()}};
    given.when(tag("de", TAG_KIND_UNSPECIFIED)).then_rejected(Rejection::kTagInvalid);
    for (const auto& value :
         {std::string(), std::string(" "), std::string("a\0", 2), std::string(101, 'x')}) {
        given.when(tag(value)).then_rejected(Rejection::kTagInvalid);
    }
}

BOOST_AUTO_TEST_CASE(there_are_only_so_many_tags) {
    std::vector history{added()};
    for (std::uint8_t i = 0; i < kTagsMax; ++i) history.push_back(tagged({.bytes = {1, i}}, "x"));
    GivenExpert{history}.when(tag("one more")).then_rejected(Rejection::kTagsTooMany);
    history.pop_back();
    GivenExpert{history}.when(tag("one more")).then({tagged(kTag, "one more")});
}

// B04
BOOST_AUTO_TEST_CASE(every_channel_is_open_until_it_is_closed) {
    GivenExpert{{added()}}
        .when(SetChannels{{CHANNEL_CHAT, CHANNEL_AUDIO, CHANNEL_VIDEO, CHANNEL_BOOKING}})
        .then_nothing();
    GivenExpert{{added()}}
        .when(SetChannels{{CHANNEL_CHAT, CHANNEL_BOOKING}})
        .then({closed(CHANNEL_AUDIO), closed(CHANNEL_VIDEO)});
    GivenExpert{{added(), closed(CHANNEL_AUDIO), closed(CHANNEL_VIDEO)}}
        .when(SetChannels{{CHANNEL_AUDIO, CHANNEL_BOOKING}})
        .then({closed(CHANNEL_CHAT), opened(CHANNEL_AUDIO)});
}

BOOST_AUTO_TEST_SUITE_END()
