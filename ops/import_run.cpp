#include "ops/import_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/limits.hpp"
#include "ops/printable.hpp"

namespace ops {
namespace {

constexpr std::size_t kQueuedBytesMax = std::size_t{16} * 1024 * 1024;
constexpr std::string_view kConversations = "/api/v1/conversations";

std::size_t text_bytes(const ImportConversation& conversation) {
    std::size_t bytes = conversation.id.size();
    for (const auto& turn : conversation.turns) bytes += turn.text.size() + sizeof(ImportTurn);
    return bytes;
}

}  // namespace

std::string opening_body(std::string_view name, std::string_view email, std::string_view expert) {
    std::string body = R"({"visitor":{"name":)";
    append_json_string(body, name);
    if (!email.empty()) {
        body += R"(,"email":)";
        append_json_string(body, email);
    }
    body += "}";
    if (!expert.empty()) {
        body += R"(,"expert":)";
        append_json_string(body, expert);
    }
    return body + "}";
}

std::string message_body(const ImportTurn& turn) {
    std::string body =
        turn.from_visitor ? R"({"author":"visitor","text":)" : R"({"author":"expert","text":)";
    append_json_string(body, turn.text);
    return body + "}";
}

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
    : run_(run),
      requests_(
          run,
          options,
          [post = std::move(post)](std::string_view,
                                   const std::string& target,
                                   const Headers& headers,
                                   const std::string& body) { return post(target, headers, body); },
          {{"Authorization", "Bearer " + options.token}},
          "the token") {}

// The path of its messages; nothing when it cannot be opened or the run stops.
std::optional<std::string> ImportSender::open(const ImportConversation& conversation) {
    // The person's data may be labelled wrongly in the source; that must not keep the messages out.
    const std::string name =
        conversation.name.empty() ? std::string(kNeutralName) : conversation.name;
    const std::array<std::string, 3> bodies{opening_body(name, conversation.email, {}),
                                            opening_body(name, {}, {}),
                                            opening_body(kNeutralName, {}, {})};
    const std::string key = conversation_key(conversation.id);
    const std::string* last = nullptr;
    std::string refusal;
    for (const auto& body : bodies) {
        if (last != nullptr && *last == body) continue;
        last = &body;
        const auto response =
            requests_.send({.target = std::string(kConversations), .key = key, .body = body});
        if (!response) return std::nullopt;
        if (is_done(*response)) {
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
    const auto response = requests_.send(
        {.target = target, .key = message_key(conversation.id, turn.index), .body = body});
    if (!response) return false;
    if (!is_done(*response)) {
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
