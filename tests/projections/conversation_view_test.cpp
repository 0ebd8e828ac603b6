#include "projections/conversation_view.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/projections/world.hpp"

using namespace projections_test;
using events::Errc;
using projections::PageRequest;
using Texts = std::vector<std::string>;

namespace {

struct Opened : World {
    Opened() { given.commit(tenant, stream, opened()); }

    void say(int count) {
        for (int i = 0; i < count; ++i) given.commit(tenant, stream, said(std::to_string(++last)));
    }

    events::StreamId stream = conversation_of(7);
    int last = 0;
};

const std::vector<std::string>& odd_texts() {
    using namespace std::string_literals;
    static const std::vector<std::string> texts{
        " ",
        "\0"s,
        "before\0behind"s,
        "line\r\nline\nline\rline\t",
        "e\xcc\x81 is not \xc3\xa9",
        "\xef\xbb\xbf"
        "behind a byte order mark",
        "\xe2\x80\xae"
        "right to left"
        "\xe2\x80\xac",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80",
        "\xf4\x8f\xbf\xbf",
        "\xef\xbf\xbe\xef\xbf\xbf",
        "</script><!-- ' OR 1=1; -- ${jndi:x} %00 {{7*7}}",
        std::string(65'536, 'x'),
    };
    return texts;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(conversation_view, Opened)

// E01
BOOST_AUTO_TEST_CASE(a_message_comes_back_with_its_author_place_and_time) {
    given.time_unix_ms = 1'790'000'012'345;
    auto event = said("Guten Tag");
    event.mutable_message_sent()->set_author(parlour::conversation::v1::AUTHOR_EXPERT);
    const std::string id = event.message_sent().message_id();
    const auto appended = given.commit(tenant, stream, event);
    const auto store = open_store();
    read_into(*store);

    const auto page = this->page(*store, stream, {.after = {}, .limit = 50});
    BOOST_TEST((page.visitor == uuid_of(101)));
    BOOST_TEST((page.expert == uuid_of(102)));
    BOOST_TEST(page.opened_unix_ms == 1'790'000'000'000);
    BOOST_TEST(page.messages == 1U);
    BOOST_TEST_REQUIRE(page.items.size() == 1U);
    const auto& item = page.items[0];
    BOOST_TEST(item.id.view() == id);
    BOOST_TEST((item.author == parlour::conversation::v1::AUTHOR_EXPERT));
    BOOST_TEST(item.time_unix_ms == 1'790'000'012'345);
    BOOST_TEST((item.seq == appended.seq));
    BOOST_TEST((item.version == appended.first_version));
    BOOST_TEST(item.text->reveal() == "Guten Tag");
}

// E01
BOOST_AUTO_TEST_CASE(texts_come_back_verbatim) {
    for (const auto& text : odd_texts()) given.commit(tenant, stream, said(text));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST((texts_of(page(*store, stream, {.after = {}, .limit = 200})) == odd_texts()));
}

BOOST_AUTO_TEST_CASE(several_messages_of_one_commit_are_several_items) {
    given.commit(tenant, stream, said("one"), said("two"), said("three"));
    given.commit(tenant, stream, said("four"));
    const auto store = open_store();
    read_into(*store);
    const auto page = this->page(*store, stream, {.after = {}, .limit = 50});
    BOOST_TEST((texts_of(page) == Texts{"one", "two", "three", "four"}));
    BOOST_TEST(page.messages == 4U);
    BOOST_TEST((page.items[2].version == events::Version{4}));
    BOOST_TEST((page.items[2].seq == events::Seq{2}));
}

// E08
BOOST_AUTO_TEST_CASE(the_mode_chosen_last_stands_with_the_conversation) {
    say(1);
    for (const auto mode : {parlour::conversation::v1::CONNECTION_MODE_VIDEO,
                            parlour::conversation::v1::CONNECTION_MODE_TEXT}) {
        ConversationEvent chosen;
        chosen.mutable_connection_mode_chosen()->set_mode(mode);
        given.commit(tenant, stream, chosen);
    }
    say(1);
    const auto store = open_store();
    read_into(*store);
    const auto page = this->page(*store, stream, {.after = {}, .limit = 50});
    BOOST_TEST((page.mode == parlour::conversation::v1::CONNECTION_MODE_TEXT));
    BOOST_TEST(page.messages == 2U);
}

// E14
BOOST_AUTO_TEST_CASE(pages_of_one_follow_each_other_to_the_end) {
    say(3);
    const auto store = open_store();
    read_into(*store);
    const auto first = page(*store, stream, {.after = {}, .limit = 1});
    BOOST_TEST((texts_of(first) == Texts{"1"}));
    BOOST_TEST(first.more);
    const auto second = page(*store, stream, {.after = first.cursor, .limit = 1});
    BOOST_TEST((texts_of(second) == Texts{"2"}));
    BOOST_TEST(second.more);
    const auto third = page(*store, stream, {.after = second.cursor, .limit = 1});
    BOOST_TEST((texts_of(third) == Texts{"3"}));
    BOOST_TEST(!third.more);
}

// E14
BOOST_AUTO_TEST_CASE(a_page_that_just_fits_is_the_last) {
    say(5);
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST(!page(*store, stream, {.after = {}, .limit = 5}).more);
    BOOST_TEST(page(*store, stream, {.after = {}, .limit = 4}).more);
    BOOST_TEST(!page(*store, stream, {.after = {}, .limit = 6}).more);
}

// E14
BOOST_AUTO_TEST_CASE(behind_the_last_message_a_page_is_empty_and_keeps_its_place) {
    say(2);
    const auto store = open_store();
    read_into(*store);
    const auto last = page(*store, stream, {.after = {}, .limit = 2}).cursor;
    const auto empty = page(*store, stream, {.after = last, .limit = 2});
    BOOST_TEST(empty.items.empty());
    BOOST_TEST(!empty.more);
    BOOST_TEST((empty.cursor == last));
    const events::Version far{std::numeric_limits<std::uint64_t>::max()};
    BOOST_TEST(page(*store, stream, {.after = far, .limit = 2}).items.empty());

    say(1);
    read_into(*store);
    BOOST_TEST((texts_of(page(*store, stream, {.after = empty.cursor, .limit = 2})) == Texts{"3"}));
}

// E14: more than 256 messages, so that an order by the last byte of the version would show.
BOOST_AUTO_TEST_CASE(long_conversations_keep_their_order) {
    say(600);
    const auto store = open_store();
    read_into(*store);
    Texts texts;
    PageRequest request{.after = {}, .limit = 200};
    for (bool more = true; more;) {
        const auto page = this->page(*store, stream, request);
        for (auto& text : texts_of(page)) texts.push_back(std::move(text));
        request.after = page.cursor;
        more = page.more;
    }
    Texts expected;
    for (int i = 1; i <= 600; ++i) expected.push_back(std::to_string(i));
    BOOST_TEST((texts == expected));
    BOOST_TEST(page(*store, stream, {.after = {}, .limit = 1}).messages == 600U);
}

BOOST_AUTO_TEST_CASE(conversations_and_tenants_do_not_see_each_other) {
    // The neighbours' ids enclose this one's, bytewise.
    for (const std::uint8_t neighbour : {std::uint8_t{6}, std::uint8_t{8}, std::uint8_t{255}}) {
        given.commit(tenant, conversation_of(neighbour), opened(), said("neighbour"));
    }
    given.commit(tenant_of(2), stream, opened(), said("other tenant"));
    say(1);
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST((texts_of(page(*store, stream, {.after = {}, .limit = 50})) == Texts{"1"}));
    BOOST_TEST((texts_of(page(*store, conversation_of(255), {.after = {}, .limit = 50})) ==
                Texts{"neighbour"}));
}

BOOST_AUTO_TEST_CASE(an_unknown_conversation_is_not_found) {
    const auto store = open_store();
    read_into(*store);
    const auto unknown = conversations.page(
        *store, *keys, tenant, conversation_of(9), {.after = {}, .limit = 1}, now_ms);
    BOOST_TEST_REQUIRE(!unknown);
    BOOST_TEST((unknown.error().code == Errc::kNotFound));
    const auto foreign =
        conversations.page(*store, *keys, tenant_of(2), stream, {.after = {}, .limit = 1}, now_ms);
    BOOST_TEST_REQUIRE(!foreign);
    BOOST_TEST((foreign.error().code == Errc::kNotFound));
}

BOOST_AUTO_TEST_CASE(a_limit_out_of_bounds_is_refused) {
    const auto store = open_store();
    read_into(*store);
    for (const std::size_t limit : {std::size_t{0}, projections::kPageMessagesMax + 1}) {
        const auto page = conversations.page(
            *store, *keys, tenant, stream, {.after = {}, .limit = limit}, now_ms);
        BOOST_TEST_REQUIRE(!page);
        BOOST_TEST((page.error().code == Errc::kInvalidArgument));
    }
}

BOOST_AUTO_TEST_CASE(an_erased_key_gives_erased_markers_and_spares_the_others) {
    const auto other = conversation_of(8);
    given.commit(tenant, other, opened(), said("stays"));
    say(2);
    const auto appended = given.commit(tenant, stream, said("3"));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST_REQUIRE(
        keys->destroy(tenant, appended.key_id, given.claim_in_force(appended.partition))
            .has_value());

    const auto page = this->page(*store, stream, {.after = {}, .limit = 50});
    BOOST_TEST((texts_of(page) == Texts{"(erased)", "(erased)", "(erased)"}));
    BOOST_TEST((texts_of(this->page(*store, other, {.after = {}, .limit = 50})) == Texts{"stays"}));
}

// A conversation whose opening already lies under a tombstone, while a message of it is still
// there.
BOOST_AUTO_TEST_CASE(a_conversation_without_its_opening_is_being_erased) {
    const auto beheaded = conversation_of(9);
    given.commit(tenant, beheaded, said("left over"));
    const auto store = open_store();
    read_into(*store);
    const auto page =
        conversations.page(*store, *keys, tenant, beheaded, {.after = {}, .limit = 1}, now_ms);
    BOOST_TEST_REQUIRE(!page);
    BOOST_TEST((page.error().code == Errc::kErased));
}

BOOST_AUTO_TEST_CASE(void_commits_are_not_shown) {
    say(1);
    given.void_commit(tenant, stream, said("void"));
    given.void_commit(tenant, conversation_of(9), opened());
    say(1);
    const auto store = open_store();
    read_into(*store);
    const auto page = this->page(*store, stream, {.after = {}, .limit = 50});
    BOOST_TEST((texts_of(page) == Texts{"1", "2"}));
    BOOST_TEST(page.messages == 2U);
    const auto unknown = conversations.page(
        *store, *keys, tenant, conversation_of(9), {.after = {}, .limit = 1}, now_ms);
    BOOST_TEST(!unknown);
}

// E03
BOOST_AUTO_TEST_CASE(a_message_left_for_an_offline_expert_is_shown_as_such) {
    given.commit(tenant, stream, left_offline("please call back"));
    const auto store = open_store();
    read_into(*store);
    const auto page = this->page(*store, stream, {.after = {}, .limit = 50});
    BOOST_TEST((texts_of(page) == Texts{"please call back"}));
    BOOST_TEST(page.items[0].offline);
    BOOST_TEST((page.items[0].author == Author::AUTHOR_VISITOR));
    BOOST_TEST(page.expert_read.unread == 1U);
}

// CPL22
BOOST_AUTO_TEST_CASE(what_is_unread_is_the_other_sides_messages_behind_the_marker) {
    say(3);                                                               // 2, 3, 4
    given.commit(tenant, stream, said("answer", Author::AUTHOR_EXPERT));  // 5
    const auto store = open_store();
    const auto unread = [&] {
        read_into(*store);
        const auto page = this->page(*store, stream, {.after = {}, .limit = 1});
        return std::pair(page.visitor_read.unread, page.expert_read.unread);
    };
    BOOST_TEST((unread() == std::pair(std::uint64_t{1}, std::uint64_t{3})));
    given.commit(tenant, stream, read_by(Author::AUTHOR_EXPERT, 3));  // 6
    BOOST_TEST((unread() == std::pair(std::uint64_t{1}, std::uint64_t{1})));
    given.commit(tenant, stream, read_by(Author::AUTHOR_VISITOR, 5));  // 7
    BOOST_TEST((unread() == std::pair(std::uint64_t{0}, std::uint64_t{1})));
    say(1);  // 8
    BOOST_TEST((unread() == std::pair(std::uint64_t{0}, std::uint64_t{2})));
    // Up to a version that is no message: 7 is a marker, as is 6.
    given.commit(tenant, stream, read_by(Author::AUTHOR_EXPERT, 7));
    BOOST_TEST((unread() == std::pair(std::uint64_t{0}, std::uint64_t{1})));
    given.commit(tenant, stream, read_by(Author::AUTHOR_EXPERT, 8));
    BOOST_TEST((unread() == std::pair(std::uint64_t{0}, std::uint64_t{0})));
}

BOOST_AUTO_TEST_CASE(closing_and_opening_again_show_with_the_conversation) {
    say(1);
    given.commit(tenant, stream, closed_by(Author::AUTHOR_EXPERT));
    const auto store = open_store();
    read_into(*store);
    const auto closed = conversations.find(*store, tenant, stream);
    BOOST_TEST_REQUIRE(closed.has_value());
    BOOST_TEST(closed->closed);
    BOOST_TEST((closed->last_version == events::Version{3}));
    given.commit(tenant, stream, reopened(), said("one more"));
    read_into(*store);
    const auto again = conversations.find(*store, tenant, stream);
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST(!again->closed);
    BOOST_TEST((again->last_version == events::Version{5}));
    BOOST_TEST(again->messages == 2U);
}

BOOST_AUTO_TEST_CASE(no_text_stands_in_clear_in_rows_or_files) {
    const std::string canary = "canary-Zq7-in-a-message";
    given.commit(tenant, stream, said(canary));
    given.commit(tenant, expert_of(3), added("canary-Zq7-the-expert"));
    given.commit(tenant, company_of(4), created("canary-Zq7-the-company"));
    given.commit(tenant, visitor_of(5), identified("canary-Zq7-the-visitor"));
    given.commit(tenant, widget_of(6), widget_created("canary-Zq7-the-widget"));
    given.commit(tenant, presence_of(5), went_online(3));
    {
        const auto store = open_store();
        read_into(*store);
        BOOST_TEST((texts_of(page(*store, stream, {.after = {}, .limit = 1})) == Texts{canary}));
        for (const auto* const view : views()) {
            const auto rows = rows_of(*store, *view, partitions);
            BOOST_TEST(rows.size() > 1U);
            for (const auto& [key, value] : rows) {
                BOOST_TEST((key + value).find("canary") == std::string::npos);
            }
        }
    }
    const std::string files = bytes_below(dir.path() / "views");
    BOOST_TEST(files.find(std::string(tenant.view())) != std::string::npos);
    BOOST_TEST(files.find("canary") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
