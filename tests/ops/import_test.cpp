#include "ops/import.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/temp_dir.hpp"

namespace {

using gateway::ClientResponse;
using ops::Headers;
using Messages = std::map<std::string, std::vector<std::string>>;  // by conversation

struct Sent {
    std::string target;
    std::string key;
    boost::json::value body;
};

std::string header_of(const Headers& headers, std::string_view name) {
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

// What the importer needs of a server: it takes conversations and messages once per key, and fails
// as `fault` tells it to.
class FakeServer {
  public:
    // An answer instead of the usual one; nothing: the usual one. Called with the lock held.
    std::function<std::optional<events::Result<ClientResponse>>(const Sent&, int attempt)> fault;

    ops::Post connect() {
        return [this](const std::string& target, const Headers& headers, const std::string& body) {
            return answer(target, headers, body);
        };
    }

    Messages messages() {
        const std::lock_guard lock(mutex_);
        return messages_;
    }
    std::vector<std::string> visitors() {
        const std::lock_guard lock(mutex_);
        return visitors_;
    }
    int requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

  private:
    events::Result<ClientResponse> answer(const std::string& target,
                                          const Headers& headers,
                                          const std::string& body) {
        const std::lock_guard lock(mutex_);
        ++requests_;
        const Sent sent{target, header_of(headers, "Idempotency-Key"), boost::json::parse(body)};
        if (fault) {
            if (auto other = fault(sent, attempts_[sent.key]++)) return *std::move(other);
        }
        ClientResponse out;
        out.status = 201;
        if (!known_.insert(sent.key).second) out.headers = {{"idempotency-replayed", "true"}};
        const bool fresh = out.headers.empty();
        if (target == "/api/v1/conversations") {
            if (fresh) visitors_.push_back(boost::json::serialize(sent.body));
            out.body = R"({"id":")" + std::to_string(std::hash<std::string>{}(sent.key)) + R"("})";
            return out;
        }
        const std::string text(sent.body.at("text").as_string());
        if (fresh) messages_[target].push_back(text);
        out.body = R"({"id":"m"})";
        return out;
    }

    std::mutex mutex_;
    std::set<std::string> known_;
    std::map<std::string, int> attempts_;
    Messages messages_;
    std::vector<std::string> visitors_;
    int requests_ = 0;
};

events::Result<ClientResponse> status(unsigned code, Headers headers = {}, std::string body = {}) {
    return ClientResponse{.status = code, .body = std::move(body), .headers = std::move(headers)};
}

std::string conversation(const std::string& id, int turns, const std::string& rest = "") {
    std::string out = R"({"id":")" + id + R"(","turns":[)";
    for (int i = 0; i < turns; ++i) {
        out += std::string(i > 0 ? "," : "") + R"({"speaker":")" +
               (i % 2 == 0 ? "customer" : "expert") + R"(","text":")" + id + " " +
               std::to_string(i) + R"("})";
    }
    return out + "]" + rest + "}\n";
}

class Bench {
  public:
    FakeServer server;
    std::vector<std::string> notes;
    ops::ImportOptions options{.token = "t",
                               .concurrency = 4,
                               .limit = std::nullopt,
                               .give_up_after = std::chrono::milliseconds(60'000),
                               .first_pause = std::chrono::milliseconds(1),
                               .pause_max = std::chrono::milliseconds(2)};

    void file(const std::string& content) {
        const std::string name = (dir_.path() / std::to_string(options.files.size())).string();
        std::ofstream(name, std::ios::binary) << content;
        options.files.push_back(name);
    }
    ops::ImportSummary import() {
        std::mutex mutex;
        const ops::ImportConsole console{.note =
                                             [&](std::string_view line) {
                                                 const std::lock_guard lock(mutex);
                                                 notes.emplace_back(line);
                                             },
                                         .progress = [](std::string_view) {}};
        return ops::import_files(options, [this] { return server.connect(); }, console);
    }

  private:
    test_support::TempDir dir_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(import_run)

// E01, E14
BOOST_AUTO_TEST_CASE(every_message_arrives_once_and_in_order) {
    Bench bench;
    std::string content;
    for (int i = 0; i < 100; ++i) content += conversation("c" + std::to_string(i), i % 7 + 1);
    bench.file(content);
    const auto summary = bench.import();
    BOOST_TEST(summary.failure.empty());
    BOOST_TEST(summary.conversations == 100U);
    BOOST_TEST(summary.rejected == 0U);
    const Messages stored = bench.server.messages();
    BOOST_TEST(stored.size() == 100U);
    std::uint64_t count = 0;
    for (const auto& [target, texts] : stored) {
        for (std::size_t i = 0; i < texts.size(); ++i) {
            BOOST_TEST(texts[i].ends_with(" " + std::to_string(i)));
        }
        count += texts.size();
    }
    BOOST_TEST(summary.messages == count);
}

BOOST_AUTO_TEST_CASE(a_second_run_adds_nothing_and_counts_messages_as_duplicates) {
    Bench bench;
    bench.file(conversation("a", 3) + conversation("b", 2));
    BOOST_TEST(bench.import().messages == 5U);
    const auto again = bench.import();
    BOOST_TEST(again.messages == 0U);
    BOOST_TEST(again.duplicates == 5U);
    BOOST_TEST(again.conversations == 2U);
}

BOOST_AUTO_TEST_CASE(the_limit_counts_conversations_over_all_files) {
    Bench bench;
    bench.file(conversation("a", 1) + "nonsense\n" + conversation("b", 1));
    bench.file(conversation("c", 1) + conversation("d", 1));
    bench.options.limit = 3;
    const auto summary = bench.import();
    BOOST_TEST(summary.conversations == 3U);
    BOOST_TEST(summary.rejected == 1U);
}

BOOST_AUTO_TEST_CASE(a_malformed_line_is_named_counted_and_passed_over) {
    Bench bench;
    bench.file(conversation("a", 1) + "{\"id\":\"secret words\n\n" + conversation("b", 1));
    const auto summary = bench.import();
    BOOST_TEST(summary.conversations == 2U);
    BOOST_TEST(summary.rejected == 1U);
    BOOST_TEST_REQUIRE(bench.notes.size() == 1U);
    BOOST_TEST(bench.notes[0] == bench.options.files[0] + ":2: not valid JSON in UTF-8");
}

BOOST_AUTO_TEST_CASE(a_refused_message_is_named_without_its_text_and_the_next_one_follows) {
    Bench bench;
    bench.file(conversation("a", 3));
    bench.server.fault = [](const Sent& sent,
                            int) -> std::optional<events::Result<ClientResponse>> {
        if (sent.key != "import:a:1") return std::nullopt;
        return status(422, {}, R"({"type":"urn:parlour:empty","detail":"a 1"})");
    };
    const auto summary = bench.import();
    BOOST_TEST(summary.messages == 2U);
    BOOST_TEST(summary.rejected == 1U);
    BOOST_TEST(summary.conversations == 1U);
    BOOST_TEST_REQUIRE(bench.notes.size() == 1U);
    BOOST_TEST(bench.notes[0] ==
               bench.options.files[0] + ":1: turn 1: refused: 422 (urn:parlour:empty)");
}

BOOST_AUTO_TEST_CASE(a_server_that_goes_away_is_waited_for) {
    Bench bench;
    bench.file(conversation("a", 4) + conversation("b", 4));
    bench.server.fault = [](const Sent&,
                            int attempt) -> std::optional<events::Result<ClientResponse>> {
        switch (attempt) {
            case 0:
                return events::fail(events::Errc::kUnavailable, "cut");
            case 1:
                return status(503);
            case 2:
                return status(429, {{"retry-after", "0"}});
            default:
                return std::nullopt;
        }
    };
    const auto summary = bench.import();
    BOOST_TEST(summary.failure.empty());
    BOOST_TEST(summary.messages == 8U);
    BOOST_TEST(summary.rejected == 0U);
}

BOOST_AUTO_TEST_CASE(retry_after_is_honoured) {
    Bench bench;
    bench.file(conversation("a", 1));
    bench.server.fault = [](const Sent& sent,
                            int attempt) -> std::optional<events::Result<ClientResponse>> {
        if (sent.key != "import:a:0" || attempt > 0) return std::nullopt;
        return status(429, {{"retry-after", "1"}});
    };
    const auto summary = bench.import();
    BOOST_TEST(summary.messages == 1U);
    BOOST_TEST(summary.seconds >= 1.0);
}

BOOST_AUTO_TEST_CASE(a_server_that_stays_away_ends_the_import_with_a_line) {
    Bench bench;
    bench.options.give_up_after = std::chrono::milliseconds(20);
    bench.file(conversation("a", 2) + conversation("b", 2));
    bench.server.fault = [](const Sent&, int) -> std::optional<events::Result<ClientResponse>> {
        return events::fail(events::Errc::kUnavailable, "refused");
    };
    const auto summary = bench.import();
    BOOST_TEST(summary.failure.contains("has not answered"));
    BOOST_TEST(summary.messages == 0U);
}

BOOST_AUTO_TEST_CASE(a_token_that_is_not_accepted_stops_at_once) {
    Bench bench;
    bench.options.concurrency = 1;
    bench.file(conversation("a", 2) + conversation("b", 2) + conversation("c", 2));
    bench.server.fault = [](const Sent&, int) { return std::optional(status(401)); };
    const auto summary = bench.import();
    BOOST_TEST(summary.failure == "the server does not accept the token (401)");
    BOOST_TEST(bench.server.requests() == 1);
}

BOOST_AUTO_TEST_CASE(another_kind_of_server_is_told_apart) {
    Bench bench;
    bench.file(conversation("a", 1));
    bench.server.fault = [](const Sent&, int) { return std::optional(status(301)); };
    BOOST_TEST(bench.import().failure == "the server does not answer as Parlour does (status 301)");
}

BOOST_AUTO_TEST_CASE(a_refused_person_does_not_keep_the_messages_out) {
    Bench bench;
    bench.file(conversation("a", 1, R"(,"customer":{"name":"Ann","email":"ann@example.org"})"));
    bench.server.fault = [](const Sent& sent,
                            int) -> std::optional<events::Result<ClientResponse>> {
        const auto* const visitor = sent.body.as_object().if_contains("visitor");
        const bool neutral = visitor == nullptr || visitor->at("name").as_string() == "Visitor";
        return neutral ? std::nullopt : std::optional(status(422));
    };
    const auto summary = bench.import();
    BOOST_TEST(summary.messages == 1U);
    BOOST_TEST(summary.rejected == 0U);
    BOOST_TEST(
        bench.server.visitors() == std::vector<std::string>{R"({"visitor":{"name":"Visitor"}})"},
        boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_conversation_that_cannot_be_opened_is_counted_once) {
    Bench bench;
    bench.file(conversation("a", 5) + conversation("b", 1));
    bench.server.fault = [](const Sent& sent,
                            int) -> std::optional<events::Result<ClientResponse>> {
        return sent.key == "import:a" ? std::optional(status(422)) : std::nullopt;
    };
    const auto summary = bench.import();
    BOOST_TEST(summary.rejected == 1U);
    BOOST_TEST(summary.conversations == 1U);
    BOOST_TEST(summary.messages == 1U);
}

BOOST_AUTO_TEST_CASE(a_message_beyond_any_limit_is_rejected_without_being_sent) {
    Bench bench;
    const std::string huge(std::size_t{1024} * 1024, 'x');
    bench.file(R"({"id":"a","turns":[{"speaker":"customer","text":")" + huge +
               R"("},{"speaker":"expert","text":"b"}]})");
    const auto summary = bench.import();
    BOOST_TEST(summary.rejected == 1U);
    BOOST_TEST(summary.messages == 1U);
    BOOST_TEST(bench.server.requests() == 2);
}

BOOST_AUTO_TEST_CASE(a_fault_inside_the_server_is_repeated_and_then_counted) {
    Bench bench;
    bench.file(conversation("a", 2));
    bench.server.fault = [](const Sent& sent,
                            int) -> std::optional<events::Result<ClientResponse>> {
        return sent.key == "import:a:0" ? std::optional(status(500)) : std::nullopt;
    };
    const auto summary = bench.import();
    BOOST_TEST(summary.rejected == 1U);
    BOOST_TEST(summary.messages == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
