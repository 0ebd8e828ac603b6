#include "gateway/missed_digests.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

#include "commands/expert.hpp"
#include "commands/visitor.hpp"
#include "gateway/mail/templates.hpp"
#include "gateway/timer_runner.hpp"
#include "parlour/views/v1/mail.pb.h"
#include "tests/gateway/background_world.hpp"

namespace {

using events::Personal;
using events::Uuid;
using events::Version;
using gateway_test::BackgroundWorld;
using gateway_test::Conversation;
using gateway_test::kUrl;
using parlour::conversation::v1::Author;
using parlour::conversation::v1::Channel;
using parlour::views::v1::MAIL_PROGRESS_DROPPED;
using parlour::views::v1::MAIL_PROGRESS_SENT;
using parlour::views::v1::MAIL_PROGRESS_WAITING;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kHandOnAgainMs =
    std::chrono::milliseconds(gateway::TimerRunner::kHandOnAgainAfter).count();
constexpr std::size_t kMany = 100;

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

// One message between a visitor and an expert of their own, and how its reader is then.
struct Case {
    std::string_view what;
    Author by = Author::AUTHOR_VISITOR;
    bool offline = false;  // OfflineMessageLeft instead of MessageSent
    Channel channel = Channel::CHANNEL_WIDGET;
    bool expert_online = false;
    bool read = false;
    bool visitor_has_address = true;
    bool mailed = false;
};

const std::vector<Case> kMatrix{
    {.what = "a message, the expert is away", .mailed = true},
    {.what = "a message, the expert is online", .expert_online = true},
    {.what = "a message, the expert was away and has read it", .read = true},
    {.what = "a message of an integrator's", .channel = Channel::CHANNEL_API},
    {.what = "a message left, the expert is away", .offline = true, .mailed = true},
    {.what = "a message left, the expert has come", .offline = true, .expert_online = true},
    {.what = "a message left and read", .offline = true, .read = true},
    {.what = "a message left, an integrator's", .offline = true, .channel = Channel::CHANNEL_API},
    {.what = "an answer, the visitor has left", .by = Author::AUTHOR_EXPERT, .mailed = true},
    {.what = "an answer of an expert who is online",
     .by = Author::AUTHOR_EXPERT,
     .expert_online = true,
     .mailed = true},
    {.what = "an answer that was read", .by = Author::AUTHOR_EXPERT, .read = true},
    {.what = "an answer to nobody's address",
     .by = Author::AUTHOR_EXPERT,
     .visitor_has_address = false},
    {.what = "an answer of an integrator's",
     .by = Author::AUTHOR_EXPERT,
     .channel = Channel::CHANNEL_API}};

struct World : BackgroundWorld {
    static Uuid numbered(std::uint8_t kind, std::size_t number) {
        return Uuid{.bytes = {kind, static_cast<std::uint8_t>(number)}};
    }
    void add_expert(const Uuid& expert, const std::string& email) {
        run<commands::Expert>(
            expert, commands::AddExpert{.name = Personal("Eve"), .email = Personal(email)});
    }
    Version write(const Uuid& conversation,
                  const Case& one,
                  const Uuid& visitor,
                  const Uuid& expert) {
        commands::BeginConversation begin{
            .open = {.visitor = visitor, .expert = expert, .channel = one.channel},
            .widget = kWidget,
            .mode = {},
            .message = {.author = one.by, .text = Personal("Hello"), .offline = one.offline}};
        return run<Conversation>(conversation, begin);
    }
    // To expert `expert`, in a conversation of this number; gives its version.
    Version ask(std::size_t number, const Uuid& expert = kExpert) {
        return write(numbered(50, number), Case{}, kVisitor, expert);
    }
    // The case with this number; gives whom a mail about it would reach.
    std::string play(std::size_t number, const Case& one) {
        const auto visitor = numbered(60, number);
        const auto expert = numbered(61, number);
        const auto conversation = numbered(62, number);
        const auto visitor_email = "v" + std::to_string(number) + "@visitor.example";
        const auto expert_email = "e" + std::to_string(number) + "@acme.example";
        add_expert(expert, expert_email);
        run<commands::Visitor>(visitor,
                               commands::IdentifyVisitor{
                                   .name = Personal("Vic"),
                                   .email = Personal(one.visitor_has_address ? visitor_email : ""),
                                   .visit = std::nullopt});
        presence.set_online(expert, one.expert_online);
        const auto version = write(conversation, one, visitor, expert);
        const bool by_visitor = one.by == Author::AUTHOR_VISITOR;
        if (one.read) {
            run<Conversation>(conversation,
                              commands::MarkRead{.reader = by_visitor ? Author::AUTHOR_EXPERT
                                                                      : Author::AUTHOR_VISITOR,
                                                 .up_to = version,
                                                 .party = std::nullopt});
        }
        return by_visitor ? expert_email : visitor_email;
    }
    // A message to an expert of its own, and where its mail will go.
    std::string begin_last() {
        const auto expert = numbered(70, ++lasts);
        const auto email = "last" + std::to_string(lasts) + "@acme.example";
        add_expert(expert, email);
        write(numbered(71, lasts), Case{}, kVisitor, expert);
        return email;
    }
    // Until what was due no later than this one was looked at, and no mail waits any more.
    void settle(const std::string& last) {
        BOOST_TEST_REQUIRE(eventually([&] { return std::ranges::count(all_to(), last) > 0; }));
        std::promise<bool> reached;
        background->when_reached(events::partition_of(kTenant, log->partitions()),
                                 log->offset_of(kTenant, *log->head(kTenant)).value(),
                                 [&reached](bool yes) { reached.set_value(yes); });
        BOOST_TEST_REQUIRE(reached.get_future().get());
        BOOST_TEST_REQUIRE(eventually([this] {
            const auto mails = views->mails.list(*store, kTenant, kMany);
            return mails && std::ranges::none_of(*mails, [](const auto& mail) {
                       return mail.row.progress() == MAIL_PROGRESS_WAITING;
                   });
        }));
    }
    void settle() {
        now += 1;
        settle(begin_last());
    }
    std::vector<std::string> all_to() const {
        std::vector<std::string> to;
        for (std::size_t i = 1; i <= catcher.caught(); ++i) {
            to.emplace_back(catcher.mail(i).at("to").as_array().at(0).as_string());
        }
        return to;
    }
    // The mails to the world's own expert.
    std::vector<std::string> to_expert() const {
        std::vector<std::string> texts;
        for (std::size_t i = 1; i <= catcher.caught(); ++i) {
            if (boost::json::serialize(catcher.mail(i).at("to")) != R"(["ben@acme.example"])") {
                continue;
            }
            texts.push_back(caught(i, "text"));
        }
        return texts;
    }

    std::size_t lasts = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(missed_digests, World)

// CPL21: every event, channel and presence; who is to get a mail gets one, and nobody else.
BOOST_AUTO_TEST_CASE(a_mail_goes_to_whom_it_should_for_each_event_channel_and_presence) {
    std::vector<std::string> expected;
    std::vector<std::string> never;
    for (std::size_t i = 0; i < kMatrix.size(); ++i) {
        (kMatrix[i].mailed ? expected : never).push_back(play(i + 1, kMatrix[i]));
    }
    start();
    settle();
    const auto to = all_to();
    for (const auto& address : expected) {
        BOOST_TEST(std::ranges::count(to, address) == 1, address);
    }
    for (const auto& address : never) BOOST_TEST(std::ranges::count(to, address) == 0, address);
    BOOST_TEST(to.size() == expected.size() + 1);
}

// CPL21: as after an outage, or when mail is switched on.
BOOST_AUTO_TEST_CASE(many_conversations_that_wait_are_one_mail_which_names_them) {
    constexpr std::size_t kConversations = 30;
    settings.mail.missed_every = std::chrono::hours(1);
    for (std::size_t i = 1; i <= kConversations; ++i) ask(i);
    start();
    settle();
    const auto mails = to_expert();
    BOOST_TEST_REQUIRE(mails.size() == 1U);
    BOOST_TEST(mails[0].contains("30 conversations wait for you."));
    BOOST_TEST(count_of(mails[0], std::string(kUrl) + "/#conversation=") == mail::kMissedShownMax);
    BOOST_TEST(mails[0].contains(std::string(kUrl) + "/portal\n"));
}

// CPL21
BOOST_AUTO_TEST_CASE(an_expert_gets_one_mail_in_the_pause_and_then_all_that_came_in_it) {
    settings.mail.missed_every = std::chrono::hours(1);
    ask(1);
    start();
    settle();
    BOOST_TEST_REQUIRE(to_expert().size() == 1U);
    ask(2);
    ask(3);
    now += kHourMs - 2'000;
    settle();
    BOOST_TEST_REQUIRE(to_expert().size() == 1U);
    now += kHandOnAgainMs;
    settle();
    const auto mails = to_expert();
    BOOST_TEST_REQUIRE(mails.size() == 2U);
    BOOST_TEST(mails[1].contains("2 conversations wait for you."));
}

// CPL21
BOOST_AUTO_TEST_CASE(who_goes_away_with_messages_unread_is_told_then) {
    presence.set_online(kExpert, true);
    ask(1);
    start();
    settle();
    BOOST_TEST(to_expert().empty());
    presence.set_online(kExpert, false);
    now += kHandOnAgainMs;
    settle();
    BOOST_TEST(to_expert().size() == 1U);
}

// CPL21: as when mail is switched on after a long time.
BOOST_AUTO_TEST_CASE(what_is_older_than_three_days_is_not_mailed) {
    ask(1);
    now += projections::kUnreadMailedForMs + 1;
    ask(2);
    start();
    settle();
    const auto mails = to_expert();
    BOOST_TEST_REQUIRE(mails.size() == 1U);
    BOOST_TEST(!mails[0].contains("conversations wait"));
    const auto newer = events::public_id(kTenant, {Conversation::kKind, numbered(50, 2)});
    BOOST_TEST(mails[0].contains(newer));
}

// CPL21: as after a mail server was away for days.
BOOST_AUTO_TEST_CASE(a_mail_that_could_not_go_out_for_three_days_is_dropped) {
    catcher.tell("data 451");
    ask(1);
    start();
    BOOST_TEST_REQUIRE(eventually([this] {
        const auto mails = views->mails.list(*store, kTenant, 1);
        return mails && !mails->empty() && mails->front().row.attempts() == 1;
    }));
    now += projections::kUnreadMailedForMs + 1;
    BOOST_TEST_REQUIRE(newest_mail_is(MAIL_PROGRESS_DROPPED));
    BOOST_TEST(views->mails.list(*store, kTenant, 1)->front().row.code() == "over");
    BOOST_TEST(catcher.caught() == 0U);
}

// CPL25: the older message was read just before its time was over.
BOOST_AUTO_TEST_CASE(a_message_waits_its_own_time_when_the_one_before_it_was_read) {
    constexpr std::int64_t kAfterMs = 300'000;
    settings.mail.missed_after = std::chrono::seconds(300);
    const auto first = ask(1);
    const auto last = begin_last();
    now += kAfterMs - 1'000;
    ask(1);
    run<Conversation>(
        numbered(50, 1),
        commands::MarkRead{.reader = Author::AUTHOR_EXPERT, .up_to = first, .party = std::nullopt});
    start();
    now += 1'000;
    settle(last);
    BOOST_TEST(to_expert().empty());
    now += kAfterMs - 1'000;
    BOOST_TEST(eventually([this] { return to_expert().size() == 1; }));
}

// E02, CPL21
BOOST_AUTO_TEST_CASE(a_visitor_is_told_once_of_several_answers_until_it_reads) {
    const auto answer = [this] {
        return run<Conversation>(numbered(50, 1),
                                 commands::SendMessage{.author = Author::AUTHOR_EXPERT,
                                                       .text = Personal("An answer"),
                                                       .party = std::nullopt});
    };
    const auto told = [this] { return std::ranges::count(all_to(), "mira@visitor.example"); };
    ask(1);
    answer();
    start();
    settle();
    BOOST_TEST(told() == 1);
    answer();
    const auto version = answer();
    settle();
    BOOST_TEST(told() == 1);
    run<Conversation>(
        numbered(50, 1),
        commands::MarkRead{
            .reader = Author::AUTHOR_VISITOR, .up_to = version, .party = std::nullopt});
    answer();
    settle();
    BOOST_TEST(told() == 2);
}

// E04, CPL21: the mail server took it and its answer was lost; then the views were lost, too.
BOOST_AUTO_TEST_CASE(a_digest_goes_again_as_the_same_mail_after_a_crash) {
    settings.mail.missed_every = std::chrono::hours(1);
    for (std::size_t i = 1; i <= 5; ++i) ask(i);
    catcher.tell("end drop-after");
    start();
    BOOST_TEST_REQUIRE(eventually([this] {
        const auto mails = views->mails.list(*store, kTenant, 1);
        return mails && !mails->empty() && mails->front().row.attempts() == 1;
    }));
    close();
    now += kHourMs / 2;
    open("views made anew");
    start();
    BOOST_TEST_REQUIRE(newest_mail_is(MAIL_PROGRESS_SENT));
    BOOST_TEST(to_expert().size() == 2U);
    BOOST_TEST(header(1, "message-id") == header(2, "message-id"));
    BOOST_TEST(caught(1, "text") == caught(2, "text"));
    BOOST_TEST(views->mails.list(*store, kTenant, kMany)->size() == 1U);
}

// CPL21: the program ended when some of the conversations had named their mail.
BOOST_AUTO_TEST_CASE(a_crash_while_a_digest_is_gathered_makes_no_second_one_in_the_pause) {
    settings.mail.missed_every = std::chrono::hours(1);
    gateway::MissedDigests before(*services, settings.mail.missed_every);
    ask(1);
    ask(2);
    const auto mail = before.mail_for(kTenant, kExpert);
    BOOST_TEST_REQUIRE(mail.has_value());
    BOOST_TEST((before.mail_for(kTenant, kExpert) == mail));
    run<Conversation>(numbered(50, 1),
                      commands::MailUnread{.reader = Author::AUTHOR_EXPERT,
                                           .locale = "en",
                                           .waited_for = Version{2},
                                           .mail = mail});
    gateway::MissedDigests after(*services, settings.mail.missed_every);
    BOOST_TEST(!after.mail_for(kTenant, kExpert).has_value());
    now += kHourMs;
    const auto next = after.mail_for(kTenant, kExpert);
    BOOST_TEST_REQUIRE(next.has_value());
    BOOST_TEST((next != mail));
    after.close(kTenant, *next);
    BOOST_TEST((after.mail_for(kTenant, kExpert) == next));  // nobody named it yet
}

BOOST_AUTO_TEST_SUITE_END()
