#include "gateway/metrics.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using gateway::CodeCounter;
using gateway::Durations;
using gateway::Metrics;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// The value of the one line that begins with a name and its labels; -1 when there is none.
double value_of(const Metrics& metrics, const std::string& name) {
    std::istringstream text(metrics.text());
    for (std::string line; std::getline(text, line);) {
        if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
    }
    return -1;
}

commands::Answer refusal(std::string_view code) {
    return std::unexpected(commands::Refusal{
        .kind = commands::Refusal::Kind::kRejected,
        .rejection = commands::RejectionText{.kind = {}, .code = code, .detail = ""},
        .current = {},
        .error = std::nullopt});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(a_duration_is_counted_in_the_first_bucket_whose_bound_it_does_not_exceed) {
    Durations durations;
    durations.observe(nanoseconds(0));
    durations.observe(microseconds(100));
    durations.observe(nanoseconds(100'001));
    durations.observe(milliseconds(10'000));
    durations.observe(milliseconds(10'001));
    durations.observe(nanoseconds(-1));
    const auto reading = durations.read();
    BOOST_TEST(reading.counts[0] == 3U);
    BOOST_TEST(reading.counts[1] == 1U);
    BOOST_TEST(reading.counts[15] == 1U);
    BOOST_TEST(reading.counts[16] == 1U);
    BOOST_TEST(reading.sum_s == 20.001200001, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(codes_are_counted_by_their_text_wherever_it_lies) {
    static constexpr char kTwice[] = "text-blank\0text-blank";
    CodeCounter codes;
    codes.add({kTwice, 10});
    codes.add({kTwice + 11, 10});
    codes.add("text-too-long");
    const auto read = codes.read();
    BOOST_TEST_REQUIRE(read.size() == 2U);
    BOOST_TEST(read[0].code == "text-blank");
    BOOST_TEST(read[0].count == 2U);
    BOOST_TEST(read[1].code == "text-too-long");
}

BOOST_AUTO_TEST_CASE(codes_beyond_the_table_are_counted_together) {
    const std::vector<std::string> many = [] {
        std::vector<std::string> made;
        for (std::size_t i = 0; i < CodeCounter::kCodesMax + 5; ++i) {
            made.push_back("code-number-" + std::to_string(i));
        }
        return made;
    }();
    CodeCounter codes;
    for (const auto& code : many) codes.add(code);
    const auto read = codes.read();
    BOOST_TEST(read.size() == CodeCounter::kCodesMax + 1);
    BOOST_TEST(read.back().code == "other");
    BOOST_TEST(read.back().count == 5U);
}

BOOST_AUTO_TEST_CASE(nothing_is_lost_when_several_threads_count_at_once) {
    constexpr int kEach = 20'000;
    CodeCounter codes;
    Durations durations;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int j = 0; j < kEach; ++j) {
                    codes.add(j % 2 == 0 ? std::string_view("even") : std::string_view("odd"));
                    durations.observe(microseconds(50));
                }
            });
        }
    }
    const auto read = codes.read();
    BOOST_TEST_REQUIRE(read.size() == 2U);
    BOOST_TEST(read[0].count == 2U * kEach);
    BOOST_TEST(read[1].count == 2U * kEach);
    BOOST_TEST(durations.read().counts[0] == 4U * kEach);
}

BOOST_AUTO_TEST_CASE(requests_are_told_by_route_and_class_of_status) {
    Metrics metrics;
    auto& meter = metrics.route("GET", "/things/{id}");
    meter.observe(200, milliseconds(3));
    meter.observe(204, milliseconds(30));
    meter.observe(404, milliseconds(1));
    const std::string labels = R"({method="GET",route="/things/{id}",status=")";
    const std::string name = "parlour_request_duration_seconds_";
    BOOST_TEST(value_of(metrics, name + "count" + labels + "2xx\"}") == 2);
    BOOST_TEST(value_of(metrics, name + "count" + labels + "4xx\"}") == 1);
    BOOST_TEST(value_of(metrics, name + "count" + labels + "5xx\"}") == -1);
    BOOST_TEST(value_of(metrics, name + "bucket" + labels + "2xx\",le=\"0.005\"}") == 1);
    BOOST_TEST(value_of(metrics, name + "bucket" + labels + "2xx\",le=\"+Inf\"}") == 2);
    BOOST_TEST(&metrics.route("GET", "/things/{id}") == &meter);
    BOOST_TEST(&metrics.route("POST", "/things/{id}") != &meter);
}

BOOST_AUTO_TEST_CASE(commands_are_told_by_their_outcome) {
    Metrics metrics;
    const commands::Answer done = commands::Accepted{};
    const commands::Answer again =
        commands::Accepted{.position = {}, .version = {}, .replayed = true};
    metrics.answered(done, milliseconds(2));
    metrics.answered(again, milliseconds(2));
    metrics.answered(refusal("text-blank"), milliseconds(2));
    metrics.answered(std::unexpected(commands::Refusal{
                         .kind = commands::Refusal::Kind::kFailed,
                         .rejection = std::nullopt,
                         .current = {},
                         .error = events::Error{events::Errc::kOverloaded, "canary"}}),
                     milliseconds(2));
    metrics.appended(milliseconds(1));
    metrics.read_back(milliseconds(2));
    BOOST_TEST(value_of(metrics, "parlour_command_acknowledged_seconds_count") == 1);
    BOOST_TEST(value_of(metrics, "parlour_log_append_seconds_count") == 1);
    BOOST_TEST(value_of(metrics, "parlour_log_append_seconds_sum") == 0.001);
    BOOST_TEST(value_of(metrics, "parlour_log_read_back_seconds_count") == 1);
    BOOST_TEST(value_of(metrics, R"(parlour_commands_refused_total{code="text-blank"})") == 1);
    BOOST_TEST(value_of(metrics, R"(parlour_commands_refused_total{code="overloaded"})") == 1);
    BOOST_TEST(!metrics.text().contains("canary"));
}

BOOST_AUTO_TEST_CASE(counters_and_samples_have_their_lines) {
    Metrics metrics;
    metrics.failed_tokens.add();
    metrics.mails_deferred.add(2);
    metrics.open_sockets.add(3);
    metrics.open_sockets.add(-1);
    int asked = 0;
    metrics.sample("parlour_sample", "A sample.", [&asked] { return ++asked * 1.5; });
    const auto text = metrics.text();
    BOOST_TEST(asked == 1);
    BOOST_TEST(text.contains("# TYPE parlour_sample gauge\nparlour_sample 1.5"));
    BOOST_TEST(value_of(metrics, R"(parlour_failed_log_ins_total{credential="token"})") == 1);
    BOOST_TEST(value_of(metrics, R"(parlour_failed_log_ins_total{credential="password"})") == 0);
    BOOST_TEST(value_of(metrics, R"(parlour_mails_total{outcome="deferred"})") == 2);
    BOOST_TEST(value_of(metrics, "parlour_open_sockets") == 2);
}

BOOST_AUTO_TEST_SUITE_END()
