#include "ops/replay_server.hpp"

#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "gateway/client.hpp"

namespace ops {
namespace {

using events::Errc;
using events::Result;
using events::Seq;
using events::Status;

constexpr std::uint64_t kCommitsPerPage = 1'000;
constexpr unsigned kOk = 200;
constexpr unsigned kBusy = 429;
constexpr unsigned kAway = 503;
constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::milliseconds kAskAgain{500};

// What the server says is wrong, in one line.
std::string detail_of(const gateway::ClientResponse& response) {
    boost::system::error_code failed;
    const auto value = boost::json::parse(response.body, failed);
    const auto* const object = failed ? nullptr : value.if_object();
    const auto* const detail = object != nullptr ? object->if_contains("detail") : nullptr;
    const auto* const title = object != nullptr ? object->if_contains("title") : nullptr;
    for (const auto* const text : {detail, title}) {
        if (text != nullptr && text->is_string()) {
            return fmt::format(
                "the server answers {}: {}",
                response.status,
                std::string_view(text->as_string().data(), text->as_string().size()));
        }
    }
    return fmt::format("the server answers {}", response.status);
}

// Of the link that is the next page's; nothing when there is none.
bool has_next(const gateway::ClientResponse& response) {
    return response.header("link").find("rel=\"next\"") != std::string::npos;
}

std::optional<std::uint64_t> number_in(const std::string& text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

struct Commit {
    Seq seq;
    std::string frame;
};

Result<Commit> commit_in(std::string_view line) {
    boost::system::error_code failed;
    const auto value = boost::json::parse({line.data(), line.size()}, failed);
    const auto* const object = failed ? nullptr : value.if_object();
    const auto* const seq = object != nullptr ? object->if_contains("seq") : nullptr;
    const auto* const record = object != nullptr ? object->if_contains("record") : nullptr;
    if (seq == nullptr || !seq->is_number() || record == nullptr || !record->is_string()) {
        return events::fail(Errc::kDamaged, "the server's answer is no page of commits");
    }
    auto frame = events::from_hex({record->as_string().data(), record->as_string().size()});
    if (!frame) return events::fail(Errc::kDamaged, "the server's answer is no page of commits");
    return Commit{Seq{seq->to_number<std::uint64_t>(failed)}, *std::move(frame)};
}

class Pages {
  public:
    explicit Pages(const HistorySource& source, gateway::Url url)
        : token_("Bearer " + source.token), client_(std::move(url)) {}

    Result<gateway::ClientResponse> get(Seq from) {
        const auto target =
            fmt::format("/api/v1/history/commits?limit={}&from={}", kCommitsPerPage, from.value);
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        for (;;) {
            auto answer = client_.request("GET", target, {{"Authorization", token_}}, "");
            const bool away = !answer || answer->status == kAway || answer->status == kBusy;
            if (answer && answer->status == kOk) return answer;
            if (!away) return events::fail(Errc::kInvalidArgument, detail_of(*answer));
            if (std::chrono::steady_clock::now() > deadline) {
                if (!answer) return answer;
                return events::fail(Errc::kUnavailable, detail_of(*answer));
            }
            std::this_thread::sleep_for(kAskAgain);
        }
    }

  private:
    const std::string token_;
    gateway::Client client_;
};

// False when nothing more is wanted. `from` is moved behind the last commit.
Result<bool> take_page(std::string_view body, ReplayWalk& walk, Seq& from) {
    while (!body.empty()) {
        const auto end = body.find('\n');
        if (end == std::string_view::npos) {
            return events::fail(Errc::kDamaged, "the server's answer ends in a commit");
        }
        const auto commit = commit_in(body.substr(0, end));
        if (!commit) return std::unexpected(commit.error());
        body.remove_prefix(end + 1);
        from = Seq{commit->seq.value + 1};
        if (!walk.take(commit->seq, commit->frame)) return false;
    }
    return true;
}

}  // namespace

std::optional<events::TenantId> tenant_of_token(const std::string& token) {
    return events::parse_tenant(token.substr(0, token.find('-')));
}

Status walk_server(const HistorySource& source, Seq from, ReplayWalk& walk) {
    auto url = gateway::parse_url(source.url);
    if (!url) return std::unexpected(url.error());
    Pages pages(source, *std::move(url));
    for (;;) {
        const auto page = pages.get(from);
        if (!page) return std::unexpected(page.error());
        const auto head = number_in(page->header("history-head"));
        if (!head) return events::fail(Errc::kDamaged, "the server does not tell the last seq");
        const auto more = take_page(page->body, walk, from);
        if (!more) return std::unexpected(more.error());
        if (!*more) return {};
        if (has_next(*page)) continue;
        walk.finish(Seq{*head});
        return {};
    }
}

}  // namespace ops
