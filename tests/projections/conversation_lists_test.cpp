#include "projections/conversation_lists.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <optional>
#include <vector>

#include "tests/projections/world.hpp"

using namespace projections_test;
using events::Errc;
using events::Seq;
using projections::ConversationList;
using projections::InboxFilter;
using projections::InboxRequest;
using Numbers = std::vector<int>;

namespace {

constexpr std::uint8_t kExpert = 102;
constexpr std::uint8_t kVisitor = 101;

struct Lists : World {
    // Conversation `number`, of a visitor of its own unless one is named.
    void open(std::uint8_t number, std::uint8_t expert = kExpert) {
        given.commit(tenant, conversation_of(number), opened(number, expert));
    }
    void say(std::uint8_t number) { given.commit(tenant, conversation_of(number), said("x")); }
    void close(std::uint8_t number) {
        given.commit(tenant, conversation_of(number), closed_by(Author::AUTHOR_EXPERT));
    }

    ConversationList inbox(const InboxRequest& request, std::uint8_t expert = kExpert) {
        read_into(*store);
        auto list =
            projections::expert_inbox(*store, conversations, tenant, uuid_of(expert), request);
        if (!list) throw std::runtime_error(list.error().detail);
        return *std::move(list);
    }
    ConversationList all() {
        return inbox({.filter = InboxFilter::kAll, .before = std::nullopt, .limit = 200});
    }

    std::unique_ptr<projections::Store> store = open_store();
};

Numbers numbers_of(const ConversationList& list) {
    Numbers numbers;
    for (const auto& item : list.items) numbers.push_back(item.id.bytes[0]);
    return numbers;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(conversation_lists, Lists)

// E01
BOOST_AUTO_TEST_CASE(the_conversation_with_the_newest_message_comes_first) {
    for (std::uint8_t number = 1; number <= 3; ++number) open(number);
    BOOST_TEST((numbers_of(all()) == Numbers{3, 2, 1}));
    say(1);
    BOOST_TEST((numbers_of(all()) == Numbers{1, 3, 2}));
    say(2);
    say(1);
    BOOST_TEST((numbers_of(all()) == Numbers{1, 2, 3}));
}

// CPL03
BOOST_AUTO_TEST_CASE(however_many_messages_come_no_conversation_is_listed_twice) {
    open(1);
    open(2);
    for (int i = 0; i < 50; ++i) say(i % 3 == 0 ? 2 : 1);
    close(1);
    given.commit(tenant, conversation_of(1), reopened(), said("again"), said("and again"));
    BOOST_TEST((numbers_of(all()) == Numbers{1, 2}));
    // The same commits once more, as a view sees them that is thrown back by a crash.
    auto again = open_store("again");
    read_into(*again);
    read_into(*again);
    const auto list = projections::expert_inbox(
        *again,
        conversations,
        tenant,
        uuid_of(kExpert),
        {.filter = InboxFilter::kAll, .before = std::nullopt, .limit = 10});
    BOOST_TEST_REQUIRE(list.has_value());
    BOOST_TEST((numbers_of(*list) == Numbers{1, 2}));
    BOOST_TEST(
        (rows_of(*again, conversations, partitions) == rows_of(*store, conversations, partitions)));
}

BOOST_AUTO_TEST_CASE(reading_and_choosing_a_mode_move_nothing) {
    open(1);
    say(1);
    open(2);
    given.commit(tenant, conversation_of(1), read_by(Author::AUTHOR_EXPERT, 2));
    BOOST_TEST((numbers_of(all()) == Numbers{2, 1}));
}

BOOST_AUTO_TEST_CASE(open_and_closed_ones_are_listed_apart) {
    for (std::uint8_t number = 1; number <= 4; ++number) open(number);
    close(2);
    close(3);
    const auto listed = [&](InboxFilter filter) {
        return numbers_of(inbox({.filter = filter, .before = std::nullopt, .limit = 10}));
    };
    BOOST_TEST((listed(InboxFilter::kOpen) == Numbers{4, 1}));
    BOOST_TEST((listed(InboxFilter::kClosed) == Numbers{3, 2}));
    BOOST_TEST((listed(InboxFilter::kAll) == Numbers{4, 3, 2, 1}));
    given.commit(tenant, conversation_of(2), reopened(), said("again"));
    BOOST_TEST((listed(InboxFilter::kOpen) == Numbers{2, 4, 1}));
    BOOST_TEST((listed(InboxFilter::kClosed) == Numbers{3}));
}

BOOST_AUTO_TEST_CASE(pages_follow_each_other_to_the_end) {
    for (std::uint8_t number = 1; number <= 7; ++number) open(number);
    close(3);
    close(6);
    Numbers seen;
    InboxRequest request{.filter = InboxFilter::kAll, .before = std::nullopt, .limit = 2};
    for (bool more = true; more;) {
        const auto page = inbox(request);
        BOOST_TEST_REQUIRE(!page.items.empty());
        for (const int number : numbers_of(page)) seen.push_back(number);
        request.before = page.items.back().place;
        more = page.more;
    }
    BOOST_TEST((seen == Numbers{7, 6, 5, 4, 3, 2, 1}));
    request.before = Seq{0};
    BOOST_TEST(inbox(request).items.empty());
}

// X14
BOOST_AUTO_TEST_CASE(an_expert_sees_no_other_experts_conversations) {
    open(1);
    open(2, kExpert + 1);
    given.commit(tenant_of(2), conversation_of(3), opened(3, kExpert));
    BOOST_TEST((numbers_of(all()) == Numbers{1}));
    const InboxRequest request{.filter = InboxFilter::kAll, .before = std::nullopt, .limit = 10};
    BOOST_TEST((numbers_of(inbox(request, kExpert + 1)) == Numbers{2}));
}

BOOST_AUTO_TEST_CASE(a_visitor_sees_its_own_the_last_opened_first) {
    for (std::uint8_t number = 1; number <= 3; ++number) {
        given.commit(tenant, conversation_of(number), opened(kVisitor, kExpert));
    }
    open(4);
    say(1);
    read_into(*store);
    const auto first = projections::visitor_conversations(
        *store, conversations, tenant, uuid_of(kVisitor), {.before = std::nullopt, .limit = 2});
    BOOST_TEST_REQUIRE(first.has_value());
    BOOST_TEST((numbers_of(*first) == Numbers{3, 2}));
    BOOST_TEST(first->more);
    const auto rest =
        projections::visitor_conversations(*store,
                                           conversations,
                                           tenant,
                                           uuid_of(kVisitor),
                                           {.before = first->items.back().place, .limit = 2});
    BOOST_TEST_REQUIRE(rest.has_value());
    BOOST_TEST((numbers_of(*rest) == Numbers{1}));
    BOOST_TEST(!rest->more);
}

BOOST_AUTO_TEST_CASE(what_a_visitor_opened_with_an_expert_in_the_widget_is_counted) {
    auto in_widget = opened(kVisitor, kExpert);
    in_widget.mutable_conversation_opened()->set_channel(parlour::conversation::v1::CHANNEL_WIDGET);
    given.commit(tenant, conversation_of(1), in_widget);
    given.commit(tenant, conversation_of(2), in_widget);
    given.commit(tenant, conversation_of(3), opened(kVisitor, kExpert));
    read_into(*store);
    const auto with = [&](std::uint8_t expert) {
        return projections::opened_with(
            *store, conversations, tenant, uuid_of(kVisitor), uuid_of(expert));
    };
    BOOST_TEST(with(kExpert).value() == 2U);
    BOOST_TEST(with(kExpert + 1).value() == 0U);
}

// D02
BOOST_AUTO_TEST_CASE(open_conversations_count_as_live_while_somebody_writes) {
    for (std::uint8_t number = 1; number <= 4; ++number) {
        open(number);
        say(number);
        given.time_unix_ms += 1'000;
    }
    close(3);
    read_into(*store);
    const auto live = [&](std::int64_t since, std::size_t most) {
        return projections::count_live(*store,
                                       conversations,
                                       tenant,
                                       uuid_of(kExpert),
                                       {.since_unix_ms = since, .most = most})
            .value();
    };
    const std::int64_t first = given.time_unix_ms - 4'000;
    BOOST_TEST(live(first, 10) == 3U);
    BOOST_TEST(live(first + 1, 10) == 2U);
    BOOST_TEST(live(first + 3'000, 10) == 1U);
    BOOST_TEST(live(first + 3'001, 10) == 0U);
    BOOST_TEST(live(first, 2) == 2U);
}

// A conversation whose opening lies under a tombstone is nobody's any more.
BOOST_AUTO_TEST_CASE(what_is_being_erased_is_in_no_list) {
    given.commit(tenant, conversation_of(9), said("left over"));
    open(1);
    BOOST_TEST((numbers_of(all()) == Numbers{1}));
}

BOOST_AUTO_TEST_CASE(a_limit_out_of_bounds_is_refused) {
    read_into(*store);
    for (const std::size_t limit : {std::size_t{0}, projections::kListItemsMax + 1}) {
        const auto list = projections::expert_inbox(
            *store,
            conversations,
            tenant,
            uuid_of(kExpert),
            {.filter = InboxFilter::kAll, .before = std::nullopt, .limit = limit});
        BOOST_TEST_REQUIRE(!list);
        BOOST_TEST((list.error().code == Errc::kInvalidArgument));
    }
}

BOOST_AUTO_TEST_SUITE_END()
