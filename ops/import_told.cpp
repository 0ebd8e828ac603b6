#include "ops/import_told.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace json = boost::json;

namespace ops {
namespace {

std::string text_at(const json::object& object, std::string_view key) {
    const auto* const found = object.if_contains(key);
    const auto* const text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string{} : std::string(text->data(), text->size());
}

void take_event(const json::object& event, LiveNote& note) {
    note.kind = LiveNote::Kind::kOtherEvent;
    if (text_at(event, "type") != "message") return;
    note.kind = LiveNote::Kind::kMessage;
    note.conversation = text_at(event, "conversation");
    note.message = {.id = text_at(event, "id"),
                    .from_visitor = text_at(event, "author") == "visitor",
                    .text = text_at(event, "text")};
}

std::vector<std::string> ids_of(const std::vector<SaidMessage>& said, bool also_repeated) {
    std::vector<std::string> ids;
    for (const auto& one : said) {
        if (also_repeated || !one.repeated) ids.push_back(one.message.id);
    }
    return ids;
}

// Whether every one of `wanted` was told.
bool has_all(const std::vector<std::string>& told, const std::vector<std::string>& wanted) {
    return std::ranges::all_of(
        wanted, [&told](const auto& id) { return std::ranges::find(told, id) != told.end(); });
}

// A repeated message may have been told once, when its first answer was lost on the way.
std::vector<std::string> faults_of(const std::vector<std::string>& told,
                                   const std::vector<SaidMessage>& said) {
    const auto all = ids_of(said, true);
    std::vector<std::string> faults;
    std::set<std::string> seen;
    std::ptrdiff_t last = -1;
    for (const auto& id : told) {
        const auto at = std::ranges::find(all, id) - all.begin();
        if (at == std::ssize(all)) {
            faults.emplace_back("the inbox was told a message that nobody said");
        } else if (!seen.insert(id).second) {
            faults.push_back(fmt::format("the inbox was told message {} twice", at + 1));
        } else if (at < last) {
            faults.push_back(fmt::format("the inbox was told message {} too late", at + 1));
        }
        last = std::max(last, at == std::ssize(all) ? last : at);
    }
    for (std::size_t i = 0; i < said.size(); ++i) {
        if (said[i].repeated || seen.contains(all[i])) continue;
        faults.push_back(fmt::format("message {} did not reach the inbox", i + 1));
    }
    return faults;
}

}  // namespace

LiveNote parse_live_note(std::string_view frame) {
    LiveNote note;
    json::error_code error;
    const json::value parsed = json::parse({frame.data(), frame.size()}, error);
    const auto* const object = error ? nullptr : parsed.if_object();
    if (object == nullptr) return note;
    note.topic = text_at(*object, "topic");
    if (const auto* const position = object->if_contains("position")) {
        note.position = json::serialize(*position);
    }
    const auto* const event = object->if_contains("event");
    if (event != nullptr && event->is_object()) {
        take_event(event->get_object(), note);
        return note;
    }
    const std::string operation = text_at(*object, "op");
    if (operation == "subscribed") note.kind = LiveNote::Kind::kSubscribed;
    if (operation == "error" || operation == "gap") {
        note.kind = LiveNote::Kind::kRefused;
        note.code = operation == "gap" ? operation : text_at(*object, "code");
    }
    return note;
}

void ConversationEar::said(ToldMessage message) {
    said_.push_back(std::move(message));
    match();
}

void ConversationEar::told(ToldMessage message) {
    const auto before = std::ranges::find(said_, message.id, &ToldMessage::id) - said_.begin();
    const bool twice = std::ranges::find(ahead_, message.id, &ToldMessage::id) != ahead_.end();
    if (twice || static_cast<std::size_t>(before) < next_) {
        faults_.push_back(fmt::format("was told message {} twice", before + 1));
        return;
    }
    ahead_.push_back(std::move(message));
    match();
}

void ConversationEar::match() {
    for (; next_ < said_.size(); ++next_) {
        const auto& wanted = said_[next_];
        const auto found = std::ranges::find(ahead_, wanted.id, &ToldMessage::id);
        if (found == ahead_.end()) return;
        if (found != ahead_.begin()) {
            faults_.push_back(fmt::format("was told message {} too late", next_ + 1));
        }
        if (found->from_visitor != wanted.from_visitor || found->text != wanted.text) {
            faults_.push_back(
                fmt::format("was told message {} with other words or author", next_ + 1));
        }
        ahead_.erase(found);
    }
}

void ConversationEar::give_up_next() {
    faults_.push_back(fmt::format("was not told message {}", ++next_));
    match();
}

void ConversationEar::finish() {
    if (ahead_.empty()) return;
    faults_.push_back(fmt::format("was told {} messages that nobody said there", ahead_.size()));
    ahead_.clear();
}

void InboxEar::told(const std::string& conversation, const std::string& message) {
    const std::lock_guard lock(mutex_);
    ++delivered_;
    if (settled_.contains(conversation)) {
        ++late_;
        return;
    }
    open_[conversation].push_back(message);
    changed_.notify_all();
}

std::vector<std::string> InboxEar::settle(const std::string& conversation,
                                          const std::vector<SaidMessage>& said,
                                          std::chrono::steady_clock::time_point deadline) {
    const auto wanted = ids_of(said, false);
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [&] { return has_all(open_[conversation], wanted); });
    const auto faults = faults_of(open_[conversation], said);
    open_.erase(conversation);
    settled_.insert(conversation);
    return faults;
}

std::vector<std::string> InboxEar::unsettled() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> all;
    for (const auto& [conversation, messages] : open_) all.push_back(conversation);
    return all;
}

std::uint64_t InboxEar::delivered() const {
    const std::lock_guard lock(mutex_);
    return delivered_;
}

std::uint64_t InboxEar::late() const {
    const std::lock_guard lock(mutex_);
    return late_;
}

}  // namespace ops
