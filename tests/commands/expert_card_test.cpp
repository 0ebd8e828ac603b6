#include "commands/expert_card.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "commands/expert.hpp"
#include "tests/support/given.hpp"

namespace {

using namespace commands;
using events::Personal;
using events::Uuid;
using Event = Expert::Event;
using Rejection = Expert::Rejection;
using Given = test_support::Given<Expert>;

const Uuid kFirst{.bytes = {1}};
const Uuid kSecond{.bytes = {2}};

Event added() {
    Event event;
    event.mutable_expert_added()->set_name("Ada");
    event.mutable_expert_added()->set_email("ada@x.example");
    return event;
}
Event deactivated() {
    Event event;
    event.mutable_expert_deactivated();
    return event;
}
Event published(const Uuid& id, const std::string& slug) {
    Event event;
    event.mutable_card_published()->set_slug_id(std::string(id.view()));
    event.mutable_card_published()->set_slug(slug);
    return event;
}
Event moved(const Uuid& id, const std::string& slug) {
    Event event;
    event.mutable_card_slug_changed()->set_slug_id(std::string(id.view()));
    event.mutable_card_slug_changed()->set_slug(slug);
    return event;
}
Event unpublished() {
    Event event;
    event.mutable_card_unpublished();
    return event;
}
PublishCard publish(const Uuid& id, std::string slug) {
    return {.slug_id = id, .slug = Personal(std::move(slug))};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(expert_card)

// C03
BOOST_AUTO_TEST_CASE(a_card_is_published_and_taken_back) {
    Given{{added()}}.when(publish(kFirst, "ada-b")).then({published(kFirst, "ada-b")});
    Given{{added(), published(kFirst, "ada-b")}}.when(publish(kFirst, "ada-b")).then_nothing();
    Given{{added(), published(kFirst, "ada-b")}}.when(UnpublishCard{}).then({unpublished()});
    Given{{added(), published(kFirst, "ada-b"), unpublished()}}
        .when(UnpublishCard{})
        .then_nothing();
    Given{{added(), published(kFirst, "ada-b"), unpublished()}}
        .when(publish(kFirst, "ada-b"))
        .then({published(kFirst, "ada-b")});
    Given{{added()}}.when(UnpublishCard{}).then_nothing();
    Given{}.when(publish(kFirst, "ada-b")).then_rejected(Rejection::kNotAdded);
    Given{}.when(UnpublishCard{}).then_rejected(Rejection::kNotAdded);
}

// C04
BOOST_AUTO_TEST_CASE(a_public_card_goes_on_under_another_slug_and_back) {
    Given{{added(), published(kFirst, "ada-b")}}
        .when(publish(kSecond, "ada-c"))
        .then({moved(kSecond, "ada-c")});
    Given{{added(), published(kFirst, "ada-b"), moved(kSecond, "ada-c")}}
        .when(publish(kFirst, "ada-b"))
        .then({moved(kFirst, "ada-b")});
}

// C03
BOOST_AUTO_TEST_CASE(who_was_deactivated_publishes_no_card) {
    Given{{added(), deactivated()}}
        .when(publish(kFirst, "ada-b"))
        .then_rejected(Rejection::kDeactivated);
    Given{{added(), published(kFirst, "ada-b"), deactivated()}}
        .when(UnpublishCard{})
        .then({unpublished()});
}

// C04
BOOST_AUTO_TEST_CASE(slugs_are_bounded_in_number_and_the_ones_there_were_can_be_gone_back_to) {
    std::vector<Event> history{added()};
    for (std::uint8_t i = 1; i <= kCardSlugsMax; ++i) {
        const Uuid id{.bytes = {i}};
        history.push_back(i == 1 ? published(id, "slug") : moved(id, "slug"));
    }
    Given{history}.when(publish({.bytes = {100}}, "ada-b")).then_rejected(Rejection::kSlugsTooMany);
    Given{history}.when(publish(kFirst, "slug")).then({moved(kFirst, "slug")});
}

// C04
BOOST_AUTO_TEST_CASE(a_slug_is_small_letters_digits_and_single_hyphens) {
    for (const std::string good : {"ada", "a-b", "dr-ada-lovelace", "7up", "007"}) {
        BOOST_TEST(is_card_slug(good), good);
    }
    BOOST_TEST(is_card_slug(std::string(kSlugBytesMax, 'a')));
    BOOST_TEST(!is_card_slug(std::string(kSlugBytesMax + 1, 'a')));
    for (const std::string bad : {"",      "ab",    "Ada",    "-ada",  "ada-",  "a--b",   "a_b",
                                  "a.b",   "a b",   "a/b",    "jürg",  "a%20b", "login",  "www",
                                  "cards", "about", "widget", "a\nbc", "a\tbc", "support"}) {
        BOOST_TEST(!is_card_slug(bad), bad);
        Given{{added()}}.when(publish(kFirst, bad)).then_rejected(Rejection::kSlugInvalid);
    }
}

BOOST_AUTO_TEST_SUITE_END()
