#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "events/crypto.hpp"
#include "gateway/app_clock.hpp"
#include "gateway/client_websocket.hpp"
#include "gateway/demo.hpp"
#include "gateway/node_hop.hpp"
#include "tests/gateway/cluster_world.hpp"

// Two nodes with real servers over one log; the demo company and the platform lie in partitions of
// their own.
namespace {

namespace json = boost::json;
using cluster_world::eventually;
using cluster_world::Node;
using cluster_world::SharedLog;
using events::Partition;
using gateway::WebSocketClient;

constexpr std::chrono::seconds kPatience{30};

struct World {
    World() : demo(gateway::demo_company(SharedLog::master())) {
        one = std::make_unique<Node>(shared, "one", dir.path(), true);
        two = std::make_unique<Node>(shared, "two", dir.path(), true);
    }

    // The company's partition to `two`, everything else to `one`.
    void start_split() {
        auto others = cluster_world::all_partitions(shared.log().partitions());
        std::erase(others, company());
        one->assignment().assign(others);
        two->assignment().assign({company()});
        std::thread second([this] { two->start(); });
        one->start();
        second.join();
        BOOST_TEST_REQUIRE(eventually([&] { return get(*two, "/api/v1/experts").status == 200; }));
        BOOST_TEST_REQUIRE(eventually([&] { return get(*one, "/api/v1/experts").status == 200; }));
    }
    [[nodiscard]] Partition company() {
        return events::partition_of(demo.tenant, shared.log().partitions());
    }

    [[nodiscard]] gateway::HeaderFields as_integrator() const {
        return {{"Authorization", "Bearer " + demo.api_token},
                {"Content-Type", "application/json"}};
    }
    gateway::ClientResponse get(const Node& node, const std::string& target) const {
        return ask(node, "GET", target, as_integrator(), "");
    }
    gateway::ClientResponse post(const Node& node,
                                 const std::string& target,
                                 const std::string& body,
                                 const std::string& key = "") const {
        auto headers = as_integrator();
        if (!key.empty()) headers.emplace_back("Idempotency-Key", key);
        return ask(node, "POST", target, headers, body);
    }
    static gateway::ClientResponse ask(const Node& node,
                                       std::string_view method,
                                       const std::string& target,
                                       const gateway::HeaderFields& headers,
                                       const std::string& body) {
        auto client = node.client();
        auto response = client.request(method, target, headers, body);
        return response ? *std::move(response) : gateway::ClientResponse{};
    }
    std::string begin_conversation(const Node& node) const {
        const auto begun =
            post(node, "/api/v1/conversations", R"({"visitor":{"name":"Mira"}})", "begin");
        BOOST_TEST_REQUIRE(begun.status == 201U, begun.body);
        return std::string(json::parse(begun.body).at("id").as_string());
    }
    gateway::ClientResponse send(const Node& node,
                                 const std::string& conversation,
                                 const std::string& text) const {
        const json::object body{{"author", "visitor"}, {"text", text}};
        return post(node,
                    fmt::format("/api/v1/conversations/{}/messages", conversation),
                    json::serialize(body),
                    text);
    }

    test_support::TempDir dir;
    SharedLog shared{dir.path()};
    gateway::DemoCompany demo;
    std::unique_ptr<Node> one;
    std::unique_ptr<Node> two;
};

std::string texts_of(const gateway::ClientResponse& page) {
    std::string texts;
    if (page.status != 200) return texts;
    for (const auto& item : json::parse(page.body).at("items").as_array()) {
        texts += std::string(item.at("text").as_string()) + ";";
    }
    return texts;
}

}  // namespace

// DESIGN 3, point 5; DESIGN 10
BOOST_AUTO_TEST_SUITE(cluster)

BOOST_AUTO_TEST_CASE(any_node_answers_any_request) {
    World world;
    world.start_split();
    const auto conversation = world.begin_conversation(*world.one);
    BOOST_TEST(world.send(*world.one, conversation, "through the other").status == 201U);
    BOOST_TEST(world.send(*world.two, conversation, "at the owner").status == 201U);
    const auto path = fmt::format("/api/v1/conversations/{}/messages?limit=10", conversation);
    for (const Node* const node : {world.one.get(), world.two.get()}) {
        BOOST_TEST_REQUIRE(eventually(
            [&] { return texts_of(world.get(*node, path)) == "through the other;at the owner;"; }));
    }
    BOOST_TEST(world.one->metric("parlour_forwarded_requests_total") >= 3);
    BOOST_TEST(world.two->metric("parlour_requests_taken_over_total") >= 3);
}

BOOST_AUTO_TEST_CASE(an_answer_passed_on_is_the_owners_byte_for_byte) {
    World world;
    world.start_split();
    for (const char* const target :
         {"/api/v1/experts", "/api/v1/conversations/none", "/api/v1/nothing-there"}) {
        const auto here = world.get(*world.two, target);
        const auto there = world.get(*world.one, target);
        BOOST_TEST(here.status == there.status);
        BOOST_TEST(here.body == there.body);
        BOOST_TEST(here.header("content-type") == there.header("content-type"));
        BOOST_TEST(here.headers.size() == there.headers.size());
    }
}

BOOST_AUTO_TEST_CASE(a_log_in_that_touches_two_tenants_works_at_every_node) {
    World world;
    world.start_split();
    const json::object who{{"email", world.demo.admin_email},
                           {"password", world.demo.admin_password}};
    for (const Node* const node : {world.one.get(), world.two.get()}) {
        const auto begun = World::ask(*node,
                                      "POST",
                                      "/api/v1/sessions",
                                      {{"Content-Type", "application/json"}},
                                      json::serialize(who));
        BOOST_TEST_REQUIRE(begun.status == 201U, begun.body);
        const auto cookie = begun.header("set-cookie");
        const gateway::HeaderFields headers{{"Cookie", cookie.substr(0, cookie.find(';'))}};
        for (const Node* const asked : {world.one.get(), world.two.get()}) {
            const auto me = World::ask(*asked, "GET", "/api/v1/me", headers, "");
            BOOST_TEST(me.status == 200U, me.body);
        }
    }
}

// A07: the account is one node's, its session the other's.
BOOST_AUTO_TEST_CASE(once_a_new_password_is_answered_no_node_believes_an_old_session) {
    World world;
    world.start_split();
    const auto log_in = [&] {
        const json::object who{{"email", world.demo.admin_email},
                               {"password", world.demo.admin_password}};
        const auto begun = World::ask(*world.one,
                                      "POST",
                                      "/api/v1/sessions",
                                      {{"Content-Type", "application/json"}},
                                      json::serialize(who));
        BOOST_TEST_REQUIRE(begun.status == 201U, begun.body);
        const auto cookie = begun.header("set-cookie");
        return gateway::HeaderFields{
            {"Cookie", cookie.substr(0, cookie.find(';'))},
            {"Content-Type", "application/json"},
            {"X-CSRF-Token", std::string(json::parse(begun.body).at("csrf_token").as_string())}};
    };
    const auto status = [&](const Node& node, const gateway::HeaderFields& session) {
        return World::ask(node, "GET", "/api/v1/me", session, "").status;
    };
    const auto mine = log_in();
    const auto other = log_in();
    BOOST_TEST_REQUIRE(eventually([&] { return status(*world.two, mine) == 200; }));
    BOOST_TEST_REQUIRE(eventually([&] { return status(*world.two, other) == 200; }));
    const json::object change{{"current_password", world.demo.admin_password},
                              {"new_password", "battery horse staple"}};
    const auto changed =
        World::ask(*world.two, "PUT", "/api/v1/me/password", mine, json::serialize(change));
    BOOST_TEST_REQUIRE(changed.status == 204U, changed.body);
    for (const Node* const node : {world.two.get(), world.one.get()}) {
        BOOST_TEST(status(*node, other) == 401U);
        BOOST_TEST(eventually([&] { return status(*node, mine) == 200; }));
    }
}

BOOST_AUTO_TEST_CASE(while_nobody_owns_a_partition_its_requests_are_to_be_repeated) {
    World world;
    world.start_split();
    world.two->assignment().revoke({world.company()});
    BOOST_TEST_REQUIRE(
        eventually([&] { return world.two->metric("parlour_partitions_served") == 0; }));
    for (const Node* const node : {world.one.get(), world.two.get()}) {
        const auto answer = world.get(*node, "/api/v1/experts");
        BOOST_TEST(answer.status == 503U, answer.body);
        BOOST_TEST(!answer.header("retry-after").empty());
    }
}

BOOST_AUTO_TEST_CASE(a_partition_moves_with_everything_that_was_acknowledged) {
    World world;
    world.start_split();
    const auto conversation = world.begin_conversation(*world.one);
    std::string acknowledged;
    int retried = 0;
    for (int i = 0; i < 60; ++i) {
        const auto text = fmt::format("message {}", i);
        if (i == 20) {
            world.two->assignment().revoke({world.company()});
            world.one->assignment().assign({world.company()});
        }
        if (i == 40) {
            world.one->assignment().revoke({world.company()});
            world.two->assignment().assign({world.company()});
        }
        const Node& node = i % 2 == 0 ? *world.one : *world.two;
        BOOST_TEST_REQUIRE(eventually([&] {
            const auto sent = world.send(node, conversation, text);
            if (sent.status == 201) return true;
            BOOST_TEST(sent.status == 503U, sent.body);
            ++retried;
            return false;
        }));
        acknowledged += text + ";";
    }
    const auto path = fmt::format("/api/v1/conversations/{}/messages?limit=100", conversation);
    for (const Node* const node : {world.one.get(), world.two.get()}) {
        BOOST_TEST_REQUIRE(
            eventually([&] { return texts_of(world.get(*node, path)) == acknowledged; }));
    }
    BOOST_TEST_MESSAGE(retried << " answers were 503");
}

// H7: what a stopped owner sent before it learned of its end is void for everybody.
BOOST_AUTO_TEST_CASE(the_late_writes_of_a_node_that_was_stopped_are_void_everywhere) {
    World world;
    world.start_split();
    const auto conversation = world.begin_conversation(*world.two);
    BOOST_TEST(world.send(*world.two, conversation, "before").status == 201U);

    world.two->hold_up();
    std::thread late([&] {
        const auto answer = world.send(*world.two, conversation, "late");
        BOOST_TEST(answer.status == 503U, answer.body);
    });
    world.one->assignment().assign({world.company()});
    BOOST_TEST_REQUIRE(eventually(
        [&] { return world.send(*world.one, conversation, "meanwhile").status == 201; }));
    world.two->let_go();
    world.two->assignment().revoke({world.company()});
    late.join();

    const auto path = fmt::format("/api/v1/conversations/{}/messages?limit=10", conversation);
    for (const Node* const node : {world.one.get(), world.two.get()}) {
        BOOST_TEST_REQUIRE(
            eventually([&] { return texts_of(world.get(*node, path)) == "before;meanwhile;"; }));
    }
    // The client that was told to repeat does so, and it counts now.
    BOOST_TEST_REQUIRE(
        eventually([&] { return world.send(*world.two, conversation, "late").status == 201; }));
}

BOOST_AUTO_TEST_CASE(
    a_socket_goes_through_any_node_and_resumes_by_position_when_its_company_moves) {
    World world;
    world.start_split();
    const auto conversation = world.begin_conversation(*world.one);
    const auto open = [&](const Node& node) {
        const auto ticket = world.post(node, "/api/v1/tickets", "{}");
        BOOST_TEST_REQUIRE(ticket.status == 201U, ticket.body);
        auto socket = WebSocketClient::open(
            *gateway::parse_url(node.url()), "/api/v1/live", {}, {.timeout = kPatience});
        BOOST_TEST_REQUIRE(socket.has_value());
        const json::object hello{{"op", "hello"},
                                 {"ticket", json::parse(ticket.body).at("ticket")}};
        BOOST_TEST_REQUIRE(socket->send(json::serialize(hello)).has_value());
        const auto welcome = socket->read(kPatience);
        BOOST_TEST(welcome.text.find("welcome") != std::string::npos, welcome.text);
        return *std::move(socket);
    };
    auto socket = open(*world.one);
    const auto subscribe = [&](WebSocketClient& to, const json::value& after) {
        json::object frame{{"op", "subscribe"}, {"topic", "conversation:" + conversation}};
        if (!after.is_null()) frame["after"] = after;
        BOOST_TEST_REQUIRE(to.send(json::serialize(frame)).has_value());
    };
    subscribe(socket, nullptr);
    const auto next = [](WebSocketClient& from, std::string_view part) {
        while (true) {
            const auto received = from.read(kPatience);
            if (received.kind != WebSocketClient::Received::Kind::kText) return received;
            if (received.text.find(part) != std::string::npos) return received;
        }
    };
    next(socket, "subscribed");
    BOOST_TEST(world.send(*world.two, conversation, "first").status == 201U);
    const auto first = next(socket, "first");
    BOOST_TEST_REQUIRE((first.kind == WebSocketClient::Received::Kind::kText));

    world.two->assignment().revoke({world.company()});
    world.one->assignment().assign({world.company()});
    const auto closed = next(socket, "nothing has this in it");
    BOOST_TEST((closed.kind == WebSocketClient::Received::Kind::kClosed));
    BOOST_TEST(closed.close_code == 1001U);

    BOOST_TEST_REQUIRE(
        eventually([&] { return world.send(*world.two, conversation, "second").status == 201; }));
    auto again = open(*world.two);
    subscribe(again, json::parse(first.text).at("position"));
    const auto second = next(again, "\"text\"");
    BOOST_TEST(second.text.find("second") != std::string::npos, second.text);
}

BOOST_AUTO_TEST_CASE(whoever_pretends_to_be_a_node_is_refused) {
    World world;
    world.start_split();
    auto headers = world.as_integrator();
    headers.emplace_back("Parlour-Hop", "1790000000000;one;00;1;00");
    BOOST_TEST(World::ask(*world.one, "GET", "/api/v1/experts", headers, "").status == 403U);
    const auto asked = World::ask(*world.one, "POST", "/node/v1/commands", {}, "{}");
    BOOST_TEST(asked.status == 404U);
}

BOOST_AUTO_TEST_CASE(a_request_is_passed_on_once_and_no_further) {
    World world;
    world.start_split();
    gateway::Request request{.method = "GET", .path = "/api/v1/experts"};
    const auto now = gateway::wall_clock_ms();
    auto headers = world.as_integrator();
    headers.emplace_back(
        "Parlour-Hop",
        gateway::write_hop(gateway::hop_key(SharedLog::master()), "two", request, now));
    const auto answer = World::ask(*world.one, "GET", "/api/v1/experts", headers, "");
    BOOST_TEST(answer.status == 503U);
    BOOST_TEST(answer.body.find("not-owner") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
