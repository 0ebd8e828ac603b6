#include "ops/import_run.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "gateway/limits.hpp"
#include "ops/printable.hpp"

namespace json = boost::json;

namespace ops {
namespace {

constexpr std::size_t kQueuedBytesMax = std::size_t{16} * 1024 * 1024;
constexpr std::string_view kNeutralName = "Visitor";
constexpr std::string_view kConversations = "/api/v1/conversations";
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

std::size_t text_bytes(const ImportConversation& conversation) {
    std::size_t bytes = conversation.id.size();
    for (const auto& turn : conversation.turns) bytes += turn.text.size() + sizeof(ImportTurn);
    return bytes;
}

std::string text_member(const std::string& body, std::string_view key) {
    json::error_code error;
    const json::value parsed = json::parse(body, error);
    if (error) return {};
    const auto* const object = parsed.if_object();
    const auto* const found = object == nullptr ? nullptr : object->if_contains(key);
    const auto* const text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string{} : std::string(text->data(), text->size());
}

// "422 (urn:...)": the status, and the problem's name if it can be shown.
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

std::chrono::milliseconds retry_after(const gateway::ClientResponse& response) {
    const std::string text = response.header("retry-after");
    std::uint32_t seconds = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, seconds);
    if (failed != std::errc{} || stop != end) return std::chrono::milliseconds(0);
    return std::chrono::seconds(seconds);
}

std::string opening_body(std::string_view name, std::string_view email) {
    std::string body = R"({"visitor":{"name":)";
    append_json_string(body, name);
    if (!email.empty()) {
        body += R"(,"email":)";
        append_json_string(body, email);
    }
    return body + "}}";
}

std::string message_body(const ImportTurn& turn) {
    std::string body =
        turn.from_visitor ? R"({"author":"visitor","text":)" : R"({"author":"expert","text":)";
    append_json_string(body, turn.text);
    return body + "}";
}

}  // namespace

void ImportRun::reject(const std::string& file, std::uint64_t line, std::string_view why) {
    ++rejected;
    console_.note(fmt::format("{}:{}: {}", file, line, why));
}

void ImportRun::stop(std::string failure) {
    const std::lock_guard lock(mutex_);
    if (stopping_.exchange(true)) return;
    failure_ = std::move(failure);
    wake_.notify_all();
}

std::string ImportRun::failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
}

void ImportRun::pause(std::chrono::milliseconds duration) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, duration, [this] { return stopping_.load(); });
}

void ImportRun::note_success() {
    last_success_ = Clock::now().time_since_epoch().count();
}

ImportRun::Clock::time_point ImportRun::quiet_since(Clock::time_point since) const {
    return std::max(since, Clock::time_point(Clock::duration(last_success_.load())));
}

ImportSummary ImportRun::summary() const {
    ImportSummary out;
    out.conversations = conversations;
    out.messages = messages;
    out.duplicates = duplicates;
    out.rejected = rejected;
    out.failure = failure();
    return out;
}

bool ImportQueue::push(ImportConversation conversation) {
    const std::size_t bytes = text_bytes(conversation);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, bytes] {
        const bool fits = queue_.size() < conversations_max_ && bytes_ + bytes <= kQueuedBytesMax;
        return closed_ || queue_.empty() || fits;
    });
    if (closed_) return false;
    bytes_ += bytes;
    queue_.push_back(std::move(conversation));
    changed_.notify_all();
    return true;
}

std::optional<ImportConversation> ImportQueue::pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
    if (queue_.empty()) return std::nullopt;
    ImportConversation out = std::move(queue_.front());
    queue_.pop_front();
    bytes_ -= text_bytes(out);
    changed_.notify_all();
    return out;
}

void ImportQueue::close(bool abandon) {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    if (abandon) {
        queue_.clear();
        bytes_ = 0;
    }
    changed_.notify_all();
}

ImportSender::ImportSender(ImportRun& run, const ImportOptions& options, Post post)
    : run_(run), options_(options), post_(std::move(post)) {}

// Waits before the request goes out again; false when there is no more point in it.
bool ImportSender::wait_to_repeat(unsigned attempt, std::chrono::milliseconds asked) {
    const auto deadline = run_.quiet_since(request_began_) + options_.give_up_after;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - ImportRun::Clock::now());
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

// The answer that counts, 2xx or a final refusal; nothing when the run stops.
std::optional<gateway::ClientResponse> ImportSender::post(const std::string& target,
                                                          const std::string& key,
                                                          const std::string& body) {
    const Headers headers{{"Authorization", "Bearer " + options_.token},
                          {"Content-Type", "application/json"},
                          {"Idempotency-Key", key}};
    request_began_ = ImportRun::Clock::now();
    unsigned doubtful = 0;
    for (unsigned attempt = 0; !run_.stopped(); ++attempt) {
        auto sent = post_(target, headers, body);
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
                run_.stop(fmt::format("the server does not accept the token ({})", sent->status));
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

// The path of its messages; nothing when it cannot be opened or the run stops.
std::optional<std::string> ImportSender::open(const ImportConversation& conversation) {
    // The person's data may be labelled wrongly in the source; that must not keep the messages out.
    const std::string name =
        conversation.name.empty() ? std::string(kNeutralName) : conversation.name;
    const std::array<std::string, 3> bodies{opening_body(name, conversation.email),
                                            opening_body(name, {}),
                                            opening_body(kNeutralName, {})};
    const std::string key = conversation_key(conversation.id);
    const std::string* last = nullptr;
    std::string refusal;
    for (const auto& body : bodies) {
        if (last != nullptr && *last == body) continue;
        last = &body;
        const auto response = post(std::string(kConversations), key, body);
        if (!response) return std::nullopt;
        if (judge(response->status) == Answer::kDone) {
            const std::string id = text_member(response->body, "id");
            const auto is_plain = [](char c) { return c > 0x20 && c < 0x7F && c != '/'; };
            if (id.empty() || !std::ranges::all_of(id, is_plain)) {
                run_.stop("the server does not answer as Parlour does (no id)");
                return std::nullopt;
            }
            return fmt::format("{}/{}/messages", kConversations, id);
        }
        if (refusal.empty()) refusal = describe(*response);
    }
    run_.reject(conversation.file,
                conversation.line,
                fmt::format("the conversation was refused: {}", refusal));
    return std::nullopt;
}

// False when the run stops.
bool ImportSender::send_message(const ImportConversation& conversation,
                                const ImportTurn& turn,
                                const std::string& target) {
    const std::string body = message_body(turn);
    // The server would close the connection in the middle of such a body, which looks like a cut
    // one.
    if (body.size() > gateway::Limits{}.body_bytes_max) {
        run_.reject(conversation.file,
                    conversation.line,
                    fmt::format("turn {}: the message is too long", turn.index));
        return true;
    }
    const auto response = post(target, message_key(conversation.id, turn.index), body);
    if (!response) return false;
    if (judge(response->status) != Answer::kDone) {
        run_.reject(conversation.file,
                    conversation.line,
                    fmt::format("turn {}: refused: {}", turn.index, describe(*response)));
    } else if (response->header("idempotency-replayed") == "true") {
        ++run_.duplicates;
    } else {
        ++run_.messages;
    }
    return true;
}

void ImportSender::send(const ImportConversation& conversation) {
    const auto target = open(conversation);
    if (!target) return;
    for (const std::size_t index : conversation.unusable_turns) {
        run_.reject(conversation.file,
                    conversation.line,
                    fmt::format("turn {}: no text, or no speaker that is known", index));
    }
    for (const auto& turn : conversation.turns) {
        if (!send_message(conversation, turn, *target)) return;
    }
    ++run_.conversations;
}

}  // namespace ops
