#include "gateway/live_hub.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "tests/gateway/live_world.hpp"
#include "tests/projections/people_world.hpp"

using namespace live_world;
using namespace projections_test;
using gateway::LiveTopic;
using gateway::PositionForm;
using gateway::TopicKind;
using Texts = std::vector<std::string>;

namespace {

const LiveTopic kPresenceTopic{.kind = TopicKind::kPresence, .id = {}};
const LiveTopic kStaffRoster{.kind = TopicKind::kRoster, .id = {}};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(live_hub, LiveWorld)

// E01
BOOST_AUTO_TEST_CASE(a_follower_is_told_what_happens_from_now_on) {
    say("before");
    const auto ada = follower();
    follow(ada, topic);
    settle();
    given.time_unix_ms = 1'790'000'012'345;
    say("Guten Tag ☕");
    settle();
    BOOST_TEST_REQUIRE(ada->told.size() == 2U);
    const std::string name = name_of(topic, tenant);
    BOOST_TEST(*ada->told[0].frame ==
               R"({"op":"subscribed","topic":")" + name + R"(","position":2})");
    const auto frame = ada->told[1].json();
    BOOST_TEST(ada->told[1].text("topic") == name);
    BOOST_TEST(frame.at("position").as_int64() == 3);
    const auto event = ada->told[1].event();
    BOOST_TEST(std::string(event.at("type").as_string()) == "message");
    BOOST_TEST(std::string(event.at("text").as_string()) == "Guten Tag ☕");
    BOOST_TEST(std::string(event.at("author").as_string()) == "visitor");
    BOOST_TEST(std::string(event.at("time").as_string()) == events::format_time(1'790'000'012'345));
    BOOST_TEST(event.at("version").as_int64() == 3);
    BOOST_TEST(std::string(event.at("id").as_string()).find("-msg-") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(everything_that_happens_in_a_conversation_is_told) {
    const auto ada = follower();
    follow(ada, topic, "0");
    given.commit(tenant, stream, left_offline("later"), read_by(Author::AUTHOR_EXPERT, 2));
    given.commit(tenant, stream, closed_by(Author::AUTHOR_EXPERT));
    given.commit(tenant, stream, reopened(), said("again"));
    show();
    settle();
    BOOST_TEST(
        (ada->types() == Texts{"opened", "message", "read", "closed", "reopened", "message"}));
    BOOST_TEST(ada->told[2].event().at("offline").as_bool());
    BOOST_TEST(ada->told[3].event().at("up_to_version").as_int64() == 2);
    BOOST_TEST(std::string(ada->told[4].event().at("by").as_string()) == "expert");
}

BOOST_AUTO_TEST_CASE(nothing_is_told_before_the_views_show_it) {
    const auto ada = follower();
    follow(ada, topic);
    settle();
    given.commit(tenant, stream, said("not shown yet"));
    hub.moved();
    settle();
    BOOST_TEST(ada->texts().empty());
    show();
    settle();
    BOOST_TEST((ada->texts() == Texts{"not shown yet"}));
}

// One frame for staff and one for visitors, however many follow.
BOOST_AUTO_TEST_CASE(all_followers_of_a_form_share_one_frame) {
    std::vector<std::shared_ptr<Follower>> all;
    for (int i = 0; i < 6; ++i) {
        all.push_back(follower(i % 2 == 0 ? PositionForm::kPlain : PositionForm::kOpaque));
        follow(all.back(), topic);
    }
    settle();
    say("to all of you");
    settle();
    std::set<const std::string*> frames;
    for (const auto& one : all) frames.insert(one->told.back().frame.get());
    BOOST_TEST(frames.size() == 2U);
}

// A seq would tell a visitor how much the company does.
BOOST_AUTO_TEST_CASE(visitors_get_positions_that_tell_nothing) {
    const auto vic = follower(PositionForm::kOpaque);
    follow(vic, topic);
    settle();
    say(2);
    settle();
    BOOST_TEST_REQUIRE(vic->told.size() == 3U);
    for (const auto& told : vic->told) {
        BOOST_TEST(told.position.size() == 80U);
        BOOST_TEST(told.text("position") == told.position);
    }
    BOOST_TEST(vic->told[1].position != vic->told[2].position);
    BOOST_TEST((position_of(vic->told[2].position, PositionForm::kOpaque).seq == events::Seq{3}));
}

// CPL01, E14: each connection sees one message live, drops, and misses 0 to 3 before it is back;
// so the run of 1,000 is cut at every point. What all of them saw, one behind the other, is the
// run.
BOOST_AUTO_TEST_CASE(a_run_cut_at_every_point_has_no_hole_and_no_double) {
    for (const auto form : {PositionForm::kPlain, PositionForm::kOpaque}) {
        for (const int missed : {0, 1, 3}) {
            LiveWorld world;
            Texts seen;
            std::string last = "0";
            while (world.said_last < 1'000 - missed) {
                const auto vic = world.follower(form);
                world.follow(vic, world.topic, last);
                world.settle();
                world.say(1);
                world.settle();
                world.hub.leave(vic);
                world.say(missed);
                world.settle();
                for (auto& text : vic->texts()) seen.push_back(std::move(text));
                last = vic->last_position;
            }
            const auto vic = world.follower(form);
            world.follow(vic, world.topic, last);
            world.settle();
            for (auto& text : vic->texts()) seen.push_back(std::move(text));
            BOOST_TEST_REQUIRE((seen == up_to(world.said_last)), "missing " << missed);
        }
    }
}

// CPL01: cut behind every frame of a replay, several of whose commits hold several events.
BOOST_AUTO_TEST_CASE(a_replay_cut_behind_any_frame_goes_on_there) {
    for (int i = 1; i <= 60; i += 3) {
        given.commit(tenant, stream, said(std::to_string(i)));
        given.commit(
            tenant, stream, said(std::to_string(i + 1)), said(std::to_string(i + 2)), reopened());
    }
    show();
    for (const auto form : {PositionForm::kPlain, PositionForm::kOpaque}) {
        for (std::size_t cut = 1; cut <= 60; ++cut) {
            const auto first = follower(form);
            first->frames_left = cut + 1;  // and the answer to the subscription
            follow(first, topic, behind(1, form));
            settle();
            hub.leave(first);
            const auto second = follower(form);
            follow(second, topic, first->last_position);
            settle();
            Texts seen = first->texts();
            for (auto& text : second->texts()) seen.push_back(std::move(text));
            BOOST_TEST_REQUIRE((seen == up_to(60)), "cut behind frame " << cut);
            hub.leave(second);
        }
    }
}

// CPL01: messages keep coming between any two steps of a replay.
BOOST_AUTO_TEST_CASE(a_replay_and_what_comes_meanwhile_meet_without_hole_or_double) {
    say(300);
    for (int every = 1; every <= 7; ++every) {
        const int before = said_last;
        const auto ada = follower();
        follow(ada, topic, "1");
        int step = 0;
        while (turn()) {
            if (++step % every == 0 && said_last < before + 20) say(1);
        }
        say(1);
        settle();
        BOOST_TEST_REQUIRE((ada->texts() == up_to(said_last)), "every " << every << " steps");
        hub.leave(ada);
    }
}

// More comes in than a replay lets wait: it reads on in the log until it has caught up.
BOOST_AUTO_TEST_CASE(a_flood_during_a_replay_is_replayed_too) {
    say(200);
    const auto ada = follower();
    ada->queued = 1 << 20;
    follow(ada, topic, "1");
    settle();
    say(600);
    settle();
    BOOST_TEST(ada->texts().size() < 200U);
    ada->queued = 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (ada->texts().size() < 800U && std::chrono::steady_clock::now() < deadline) {
        loop.restart();
        loop.run_for(std::chrono::milliseconds(10));
    }
    say(1);
    settle();
    BOOST_TEST((ada->texts() == up_to(801)));
}

BOOST_AUTO_TEST_CASE(who_is_too_far_behind_is_told_where_to_page) {
    say(1'000);
    const auto ada = follower();
    follow(ada, topic, "1");
    settle();
    BOOST_TEST(ada->texts().size() == 1'000U);
    const auto ben = follower();
    follow(ben, topic, "0");
    settle();
    BOOST_TEST_REQUIRE(ben->told.size() == 1U);
    BOOST_TEST(ben->told[0].op() == "gap");
    BOOST_TEST(ben->told[0].text("page") ==
               "/api/v1/conversations/" + events::public_id(tenant, stream) + "/messages");
    say(1);
    settle();
    BOOST_TEST(ben->told.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_position_that_the_log_does_not_have_is_a_gap) {
    const auto ada = follower();
    follow(ada, topic, "99");
    follow(ada, inbox, "99");
    settle();
    BOOST_TEST_REQUIRE(ada->told.size() == 2U);
    for (const auto& told : ada->told) BOOST_TEST(told.op() == "gap");
}

// E14
BOOST_AUTO_TEST_CASE(a_position_seen_elsewhere_in_the_company_will_do) {
    say(1);
    const auto elsewhere = given.commit(tenant, conversation_of(9), opened());
    say(1);
    const auto ada = follower();
    follow(ada, topic, std::to_string(elsewhere.seq.value));
    settle();
    BOOST_TEST((ada->texts() == Texts{"2"}));
}

// E01
BOOST_AUTO_TEST_CASE(an_inbox_tells_of_all_conversations_of_its_expert_and_no_others) {
    const auto ada = follower();
    follow(ada, inbox);
    settle();
    const auto mine = conversation_of(20);
    const auto other = conversation_of(21);
    given.commit(tenant, mine, opened(101, 102), said("for Ada"));
    given.commit(tenant, other, opened(101, 103), said("for Ben"));
    given.commit(tenant_of(2), mine, opened(101, 102), said("elsewhere"));
    given.commit(tenant, mine, said("more"));
    given.commit(tenant, mine, read_by(Author::AUTHOR_EXPERT, 3));
    show();
    settle();
    BOOST_TEST((ada->texts() == Texts{"for Ada", "more"}));
    BOOST_TEST((ada->types() == Texts{"opened", "message", "message", "read"}));
    for (std::size_t i = 1; i < ada->told.size(); ++i) {
        BOOST_TEST(std::string(ada->told[i].event().at("conversation").as_string()) ==
                   events::public_id(tenant, mine));
    }
    BOOST_TEST(ada->told.back().event().at("unread").as_int64() == 0);
}

// CPL01, CPL24
BOOST_AUTO_TEST_CASE(an_inbox_is_resumed_without_hole_or_double) {
    Texts seen;
    std::string last = "0";
    for (int round = 0; round < 200; ++round) {
        const auto ada = follower();
        follow(ada, inbox, last);
        settle();
        say(1);
        settle();
        hub.leave(ada);
        given.commit(tenant, conversation_of(9), opened(101, 103), said("not hers"));
        say(round % 3);
        settle();
        for (auto& text : ada->texts()) seen.push_back(std::move(text));
        last = ada->last_position;
    }
    const auto ada = follower();
    follow(ada, inbox, last);
    settle();
    for (auto& text : ada->texts()) seen.push_back(std::move(text));
    BOOST_TEST((seen == up_to(said_last)));
}

BOOST_AUTO_TEST_CASE(an_inbox_too_far_behind_is_told_so) {
    say(1'001);
    const auto ada = follower();
    follow(ada, inbox, "1");
    settle();
    BOOST_TEST(ada->told.back().op() == "gap");
    BOOST_TEST(ada->told.back().text("page") == "/api/v1/inbox");
    follow(ada, inbox, "2");
    settle();
    BOOST_TEST(ada->texts().size() == 1'000U);
}

BOOST_AUTO_TEST_CASE(void_commits_are_not_told) {
    const auto ada = follower();
    follow(ada, topic);
    settle();
    given.void_commit(tenant, stream, said("void"));
    given.claim();
    say("counts");
    settle();
    BOOST_TEST((ada->texts() == Texts{"counts"}));
    const auto ben = follower();
    follow(ben, topic, "1");
    settle();
    BOOST_TEST((ben->texts() == Texts{"counts"}));
}

BOOST_AUTO_TEST_CASE(a_text_whose_key_is_destroyed_is_told_as_erased) {
    const auto appended = given.commit(tenant, stream, said("gone"));
    show();
    BOOST_TEST_REQUIRE(
        keys->destroy(tenant, appended.key_id, given.claim_in_force(appended.partition))
            .has_value());
    const auto ada = follower();
    follow(ada, topic, "1");
    settle();
    BOOST_TEST(ada->texts().empty());
    BOOST_TEST(ada->told.back().event().at("erased").as_bool());
}

BOOST_AUTO_TEST_CASE(who_leaves_is_told_nothing_more_and_a_second_subscription_replaces_the_first) {
    const auto ada = follower();
    const auto ben = follower();
    for (const auto& one : {ada, ben}) follow(one, topic);
    follow(ben, topic);
    settle();
    hub.leave(ada);
    say("for Ben, once");
    settle();
    BOOST_TEST(ada->texts().empty());
    BOOST_TEST((ben->texts() == Texts{"for Ben, once"}));
    hub.unsubscribe(ben, topic);
    settle();
    say("for nobody");
    settle();
    BOOST_TEST((ben->texts() == Texts{"for Ben, once"}));
    // Where nobody followed for a while, following begins with the newest.
    follow(ada, topic);
    settle();
    say("for Ada");
    settle();
    BOOST_TEST((ada->texts() == Texts{"for Ada"}));
}

// X08
BOOST_AUTO_TEST_CASE(typing_is_told_to_the_others_and_stands_nowhere) {
    const auto ada = std::make_shared<Follower>(tenant, PositionForm::kPlain, uuid_of(1));
    const auto vic = std::make_shared<Follower>(tenant, PositionForm::kOpaque, uuid_of(2));
    for (const auto& one : {ada, vic}) follow(one, topic);
    settle();
    hub.tell(tenant, topic, R"({"type":"typing","author":"visitor"})", uuid_of(2));
    settle();
    BOOST_TEST((vic->types() == Texts{}));
    BOOST_TEST((ada->types() == Texts{"typing"}));
    BOOST_TEST(ada->told.back().position.empty());
    BOOST_TEST(!ada->told.back().json().contains("position"));
}

// D01
BOOST_AUTO_TEST_CASE(whoever_begins_to_follow_presence_is_told_how_it_is) {
    hub.set_presence_snapshot([](const events::TenantId&) {
        return std::vector<std::string>{R"({"type":"presence","state":"online"})"};
    });
    const auto ada = follower();
    follow(ada, kPresenceTopic);
    settle();
    hub.tell(tenant, kPresenceTopic, R"({"type":"presence","state":"busy"})");
    settle();
    BOOST_TEST_REQUIRE(ada->told.size() == 3U);
    BOOST_TEST(*ada->told[0].frame == R"({"op":"subscribed","topic":"presence"})");
    BOOST_TEST(std::string(ada->told[1].event().at("state").as_string()) == "online");
    BOOST_TEST(std::string(ada->told[2].event().at("state").as_string()) == "busy");
}

// CPL20
BOOST_AUTO_TEST_CASE(a_roster_tells_visitors_of_the_experts_of_their_widget_only) {
    const LiveTopic roster{.kind = TopicKind::kRoster, .id = uuid_of(50)};
    hub.set_shows([](const events::TenantId&, const events::Uuid& widget, const events::Uuid& who) {
        return widget == uuid_of(50) && who == uuid_of(1);
    });
    const auto vic = follower(PositionForm::kOpaque);
    const auto ada = follower();
    follow(vic, roster);
    follow(ada, kStaffRoster);
    hub.tell_rosters(tenant, uuid_of(1), true);
    hub.tell_rosters(tenant, uuid_of(2), true);
    settle();
    BOOST_TEST((vic->types() == Texts{"availability"}));
    BOOST_TEST(std::string(vic->told.back().event().at("expert").as_string()) ==
               events::public_id(tenant, expert_of(1)));
    BOOST_TEST((ada->types() == Texts{"availability", "availability"}));
}

BOOST_AUTO_TEST_CASE(a_roster_whose_experts_change_is_to_be_read_again) {
    const auto ada = follower();
    follow(ada, kStaffRoster);
    settle();
    for (std::uint8_t number = 1; number <= 5; ++number) {
        given.commit(tenant, expert_of(number), added("Expert"));
    }
    show();
    settle();
    BOOST_TEST((ada->types() == Texts{"roster-changed"}));
    // The rest of the five is told together, a second later.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (ada->types().size() < 2U && std::chrono::steady_clock::now() < deadline) {
        loop.restart();
        loop.run_for(std::chrono::milliseconds(50));
    }
    BOOST_TEST((ada->types() == Texts{"roster-changed", "roster-changed"}));
}

// A05
BOOST_AUTO_TEST_CASE(whose_session_moves_is_looked_at_again_and_nobody_else) {
    const auto ada = follower();
    const auto ben = follower();
    const auto visitor = follower(PositionForm::kOpaque);
    ada->portal_session = uuid_of(61);
    ben->portal_session = uuid_of(62);
    for (const auto& who : {ada, ben, visitor}) {
        follow(who, topic);
        follow(who, kStaffRoster);
    }
    settle();
    given.commit(
        tenant, {parlour::log::v1::STREAM_KIND_SESSION, uuid_of(61)}, PeopleWorld::ended());
    show();
    settle();
    BOOST_TEST((std::vector{ada->looks, ben->looks, visitor->looks} == std::vector{1, 0, 0}));
}

// A05, A06, CPL20
BOOST_AUTO_TEST_CASE(who_loses_a_role_is_looked_at_again_and_nobody_else) {
    const auto ada = std::make_shared<Follower>(tenant, PositionForm::kPlain, uuid_of(1));
    const auto ben = std::make_shared<Follower>(tenant, PositionForm::kPlain, uuid_of(2));
    ada->portal_session = uuid_of(61);
    ada->portal_expert = expert_of(1).uuid;
    ben->portal_session = uuid_of(62);
    for (const auto& who : {ada, ben}) follow(who, kStaffRoster);
    settle();
    const auto looks = [&] {
        show();
        settle();
        return std::vector{ada->looks, ben->looks};
    };
    const events::StreamId company{.kind = parlour::log::v1::STREAM_KIND_COMPANY,
                                   .uuid = uuid_of(9)};
    parlour::company::v1::CompanyEvent revoked;
    revoked.mutable_role_revoked()->set_account_id(std::string(uuid_of(2).view()));
    given.commit(tenant, company, revoked);
    BOOST_TEST((looks() == std::vector{0, 1}));
    parlour::company::v1::CompanyEvent token;
    token.mutable_api_token_revoked()->set_token_id(std::string(uuid_of(1).view()));
    given.commit(tenant, company, token);
    BOOST_TEST((looks() == std::vector{0, 1}));
    given.commit(tenant, expert_of(1), added("Expert"));
    BOOST_TEST((looks() == std::vector{1, 1}));
}

// X14
BOOST_AUTO_TEST_CASE(tenants_do_not_hear_of_each_other) {
    const auto stranger = std::make_shared<Follower>(tenant_of(2), PositionForm::kPlain);
    given.commit(tenant_of(2), stream, opened(), said("theirs"));
    show();
    follow(stranger, topic, "0");
    settle();
    say("ours");
    settle();
    BOOST_TEST((stranger->texts() == Texts{"theirs"}));
}

BOOST_AUTO_TEST_SUITE_END()
