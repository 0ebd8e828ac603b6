#include "ops/import_requests.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

#include "ops/import_run.hpp"

namespace json = boost::json;

namespace ops {
namespace {

// A fault inside the server rarely cures itself; a conflict with a request still running does.
constexpr unsigned kDoubtfulRepeatsMax = 5;

enum class Answer {
    kDone,      // 201 or 200
    kRefused,   // this request will never be taken
    kLater,     // the server cannot now
    kDoubtful,  // may pass once or twice later
    kNoAccess,
    kStranger,  // no server of ours answers so
};

Answer judge(unsigned status) {
    switch (status) {
        case 200:
        case 201:
            return Answer::kDone;
        case 401:
        case 403:
            return Answer::kNoAccess;
        case 408:
        case 425:
        case 429:
        case 502:
        case 503:
        case 504:
            return Answer::kLater;
        case 409:
            return Answer::kDoubtful;
        default:
            break;
    }
    if (status >= 500 && status < 600) return Answer::kDoubtful;
    return status >= 400 && status < 500 ? Answer::kRefused : Answer::kStranger;
}

std::chrono::milliseconds retry_after(const gateway::ClientResponse& response) {
    const std::string text = response.header("retry-after");
    std::uint32_t seconds = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, seconds);
    if (failed != std::errc{} || stop != end) return std::chrono::milliseconds(0);
    return std::chrono::seconds(seconds);
}

}  // namespace

ImportRequests::ImportRequests(
    ImportRun& run, const ImportOptions& options, Ask ask, Headers credential, std::string whose)
    : run_(run),
      options_(options),
      ask_(std::move(ask)),
      credential_(std::move(credential)),
      whose_(std::move(whose)) {}

// Waits before the request goes out again; false when there is no more point in it.
bool ImportRequests::wait_to_repeat(unsigned attempt, std::chrono::milliseconds asked) {
    const auto deadline = run_.quiet_since(began_) + options_.give_up_after;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
        run_.stop(fmt::format(
            "the server has not answered for {} s; run the same import again to go on",
            std::chrono::duration_cast<std::chrono::seconds>(options_.give_up_after).count()));
        return false;
    }
    constexpr unsigned kDoublingsMax = 10;
    const auto grown = options_.first_pause * (1U << std::min(attempt, kDoublingsMax));
    run_.pause(std::min(std::max(std::min(grown, options_.pause_max), asked), left));
    return !run_.stopped();
}

std::optional<gateway::ClientResponse> ImportRequests::send(const ImportRequest& request) {
    Headers headers = credential_;
    if (!request.body.empty()) headers.emplace_back("Content-Type", "application/json");
    if (!request.key.empty()) headers.emplace_back("Idempotency-Key", request.key);
    began_ = std::chrono::steady_clock::now();
    unsigned doubtful = 0;
    for (unsigned attempt = 0; !run_.stopped(); ++attempt) {
        auto sent = ask_(request.method, request.target, headers, request.body);
        std::chrono::milliseconds asked{0};
        if (sent) {
            Answer answer = judge(sent->status);
            if (answer == Answer::kDoubtful && ++doubtful > kDoubtfulRepeatsMax) {
                answer = Answer::kRefused;
            }
            if (answer == Answer::kDone || answer == Answer::kRefused) {
                run_.note_success();
                return *std::move(sent);
            }
            if (answer == Answer::kNoAccess) {
                run_.stop(fmt::format("the server does not accept {} ({})", whose_, sent->status));
            } else if (answer == Answer::kStranger) {
                run_.stop(fmt::format("the server does not answer as Parlour does (status {})",
                                      sent->status));
            }
            asked = retry_after(*sent);
        } else if (sent.error().code != events::Errc::kUnavailable) {
            run_.stop(std::move(sent.error().detail));
        }
        if (run_.stopped() || !wait_to_repeat(attempt, asked)) break;
    }
    return std::nullopt;
}

bool is_done(const gateway::ClientResponse& response) {
    return judge(response.status) == Answer::kDone;
}

std::string text_member(const std::string& body, std::string_view key) {
    json::error_code error;
    const json::value parsed = json::parse(body, error);
    if (error) return {};
    const auto* const object = parsed.if_object();
    const auto* const found = object == nullptr ? nullptr : object->if_contains(key);
    if (found == nullptr) return {};
    if (found->is_number()) return json::serialize(*found);
    const auto* const text = found->if_string();
    return text == nullptr ? std::string{} : std::string(text->data(), text->size());
}

std::string describe(const gateway::ClientResponse& response) {
    constexpr std::size_t kNameBytesMax = 100;
    std::string name = text_member(response.body, "code");
    if (name.empty()) name = text_member(response.body, "type");
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(":/._#-").contains(c);
    };
    if (name.empty() || name.size() > kNameBytesMax || !std::ranges::all_of(name, is_plain)) {
        return fmt::format("{}", response.status);
    }
    return fmt::format("{} ({})", response.status, name);
}

}  // namespace ops
