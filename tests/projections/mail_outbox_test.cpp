#include "projections/mail_outbox.hpp"

#include <boost/test/unit_test.hpp>

#include "parlour/mail/v1/events.pb.h"
#include "tests/projections/world.hpp"

using namespace projections_test;
using parlour::mail::v1::MailEvent;

namespace {

constexpr std::size_t kMany = 100;

struct Given : World {
    projections::MailOutbox mails;
    std::unique_ptr<projections::Store> store = open_store();

    void read() {
        projections::Runner runner(log, partitions, *store, {&mails});
        BOOST_TEST_REQUIRE(runner.catch_up().has_value());
    }
    void queue(std::uint8_t number) {
        MailEvent event;
        event.mutable_mail_queued()->set_locale("en");
        given.commit(
            tenant, {.kind = parlour::log::v1::STREAM_KIND_MAIL, .uuid = uuid_of(number)}, event);
    }
    // The conversation names a mail to expert 102.
    void name(std::uint8_t conversation,
              std::uint8_t mail,
              std::uint64_t from,
              std::uint64_t up_to) {
        ConversationEvent event;
        auto& queued = *event.mutable_missed_message_mail_queued();
        queued.set_mail_id(std::string(uuid_of(mail).view()));
        queued.set_expert_id(std::string(uuid_of(102).view()));
        queued.set_from_version(from);
        queued.set_up_to_version(up_to);
        given.commit(tenant, conversation_of(conversation), event);
    }
    std::vector<projections::MailCover> covers(std::uint8_t mail, std::size_t limit = kMany) {
        read();
        return mails.covers(*store, tenant, uuid_of(mail), limit).value();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(mail_outbox, Given)

// CPL21
BOOST_AUTO_TEST_CASE(a_mail_covers_what_the_conversations_that_name_it_say) {
    name(9, 1, 1, 2);
    name(3, 1, 1, 4);
    name(3, 2, 5, 5);
    const auto first = covers(1);
    BOOST_TEST_REQUIRE(first.size() == 2U);
    BOOST_TEST((first[0].conversation == uuid_of(9)));
    BOOST_TEST((first[1].conversation == uuid_of(3)));
    BOOST_TEST(first[1].from.value == 1U);
    BOOST_TEST(first[1].up_to.value == 4U);
    BOOST_TEST(covers(2).size() == 1U);
    BOOST_TEST(covers(1, 1).size() == 1U);
    BOOST_TEST(covers(5).empty());
}

BOOST_AUTO_TEST_CASE(a_conversation_that_names_a_mail_twice_is_one) {
    name(3, 1, 1, 2);
    name(4, 1, 1, 2);
    name(3, 1, 3, 6);
    const auto all = covers(1);
    BOOST_TEST_REQUIRE(all.size() == 2U);
    BOOST_TEST(all[0].from.value == 1U);
    BOOST_TEST(all[0].up_to.value == 6U);
}

BOOST_AUTO_TEST_CASE(the_newest_mail_to_an_expert_is_known_with_its_beginning) {
    read();
    BOOST_TEST(!mails.newest_missed(*store, tenant, uuid_of(102)).value().has_value());
    name(3, 1, 1, 2);
    const auto begun = given.time_unix_ms;
    given.time_unix_ms += 1'000;
    name(4, 1, 1, 2);
    read();
    auto newest = mails.newest_missed(*store, tenant, uuid_of(102)).value();
    BOOST_TEST_REQUIRE(newest.has_value());
    BOOST_TEST((newest->mail == uuid_of(1)));
    BOOST_TEST(newest->begun_unix_ms == begun);
    name(3, 2, 3, 3);
    read();
    newest = mails.newest_missed(*store, tenant, uuid_of(102)).value();
    BOOST_TEST((newest->mail == uuid_of(2)));
    BOOST_TEST(newest->begun_unix_ms == given.time_unix_ms);
}

// N06
BOOST_AUTO_TEST_CASE(pages_of_the_outbox_follow_each_other_newest_first) {
    for (std::uint8_t number = 1; number <= 5; ++number) queue(number);
    read();
    std::vector<events::Uuid> seen;
    std::optional<events::Seq> before;
    std::size_t pages = 0;
    do {
        const auto page = mails.page(*store, tenant, before, 2).value();
        for (const auto& item : page.items) seen.push_back(item.id);
        before = page.older;
        ++pages;
    } while (before && pages < kMany);
    BOOST_TEST(pages == 3U);
    BOOST_TEST((seen == std::vector{uuid_of(5), uuid_of(4), uuid_of(3), uuid_of(2), uuid_of(1)}));
    BOOST_TEST(mails.page(*store, tenant_of(2), std::nullopt, 2).value().items.empty());
}

BOOST_AUTO_TEST_SUITE_END()
