#include "ops/import_source.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "commands/text.hpp"
#include "events/crypto.hpp"
#include "events/ids.hpp"

namespace json = boost::json;

namespace ops {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} * 1024;
constexpr std::size_t kJsonNestingMax = 100;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kHashMark = "sha256-";
// Leaves room in a key of 255 bytes for what stands around the id.
constexpr std::size_t kIdInKeyBytesMax = 200;

bool is_visible_ascii(char c) {
    return c > 0x20 && c < 0x7F;
}

const json::string* text_at(const json::object& object, std::string_view key) {
    const auto* const found = object.if_contains(key);
    return found == nullptr ? nullptr : found->if_string();
}

// The source labels words of people as names and addresses, so much that is none comes here.
std::string usable(const json::string* text, bool (*is_usable)(std::string_view)) {
    if (text == nullptr || !is_usable({text->data(), text->size()})) return {};
    return {text->data(), text->size()};
}

enum class Speaker { kVisitor, kExpert, kDesk };

std::optional<Speaker> speaker_of(const json::object& turn) {
    const auto* const name = text_at(turn, "speaker");
    if (name == nullptr) return std::nullopt;
    if (*name == "customer") return Speaker::kVisitor;
    if (*name == "expert") return Speaker::kExpert;
    if (*name == "action") return Speaker::kDesk;
    return std::nullopt;
}

void take_turns(const json::array& turns, ImportConversation& out) {
    out.turns.reserve(turns.size());
    for (std::size_t index = 0; index < turns.size(); ++index) {
        const auto* const turn = turns[index].if_object();
        const auto speaker = turn == nullptr ? std::nullopt : speaker_of(*turn);
        if (speaker == Speaker::kDesk) continue;
        const auto* const text = turn == nullptr ? nullptr : text_at(*turn, "text");
        if (!speaker || text == nullptr) {
            out.unusable_turns.push_back(index);
            continue;
        }
        out.turns.push_back({.index = index,
                             .from_visitor = *speaker == Speaker::kVisitor,
                             .text = std::string(text->data(), text->size())});
    }
}

std::string id_in_key(std::string_view id) {
    const bool fits = id.size() <= kIdInKeyBytesMax && std::ranges::all_of(id, is_visible_ascii) &&
                      !id.starts_with(kHashMark);
    if (fits) return std::string(id);
    const events::Digest digest = events::sha256({id});
    const auto* const bytes = reinterpret_cast<const char*>(digest.data());
    return fmt::format("{}{}", kHashMark, events::to_hex({bytes, digest.size()}));
}

}  // namespace

std::unique_ptr<LineReader> LineReader::open(const std::string& file) {
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) return nullptr;
    gzFile opened = gzopen(file.c_str(), "rb");
    if (opened == nullptr) return nullptr;
    gzbuffer(opened, kChunkBytes);
    return std::unique_ptr<LineReader>(new LineReader(opened));
}

LineReader::LineReader(gzFile file) : file_(file) {}

// Reads one more chunk behind what is left of the buffer; false at the end.
bool LineReader::refill() {
    if (at_end_) return false;
    buffer_.erase(0, start_);
    start_ = 0;
    const std::size_t kept = buffer_.size();
    buffer_.resize(kept + kChunkBytes);
    const int got = gzread(file_.get(), buffer_.data() + kept, kChunkBytes);
    buffer_.resize(kept + static_cast<std::size_t>(std::max(got, 0)));
    if (got > 0) return true;
    at_end_ = true;
    int error = Z_OK;
    gzerror(file_.get(), &error);
    damaged_ = got < 0 || error != Z_OK;
    return false;
}

LineReader::Outcome LineReader::next(std::string_view& line) {
    std::size_t searched = 0;
    bool too_long = false;
    for (;;) {
        const auto end = buffer_.find('\n', start_ + searched);
        if (end != std::string::npos) {
            line = std::string_view(buffer_).substr(start_, end - start_);
            start_ = end + 1;
            break;
        }
        searched = buffer_.size() - start_;
        if (searched > kLineBytesMax) {
            too_long = true;
            start_ = buffer_.size();
            searched = 0;
        }
        if (refill()) continue;
        // What a cut file ends with is no line.
        if (damaged_) return Outcome::kDamaged;
        if (searched == 0 && !too_long) return Outcome::kEnd;
        line = std::string_view(buffer_).substr(start_);
        start_ = buffer_.size();
        break;
    }
    ++line_number_;
    if (line_number_ == 1 && line.starts_with(kByteOrderMark)) {
        line.remove_prefix(kByteOrderMark.size());
    }
    return too_long || line.size() > kLineBytesMax ? Outcome::kTooLong : Outcome::kLine;
}

std::expected<ImportConversation, std::string> parse_conversation(std::string_view line) {
    json::error_code error;
    json::parse_options options;
    options.max_depth = kJsonNestingMax;
    const json::value parsed = json::parse({line.data(), line.size()}, error, {}, options);
    if (error) return std::unexpected("not valid JSON in UTF-8");
    const auto* const object = parsed.if_object();
    if (object == nullptr) return std::unexpected("not a JSON object");
    const auto* const id = text_at(*object, "id");
    if (id == nullptr || id->empty()) return std::unexpected("no id");
    const auto* const listed = object->if_contains("turns");
    const auto* const turns = listed == nullptr ? nullptr : listed->if_array();
    if (turns == nullptr || turns->empty()) return std::unexpected("no turns");

    ImportConversation out;
    out.id.assign(id->data(), id->size());
    take_turns(*turns, out);
    const auto* const person = object->if_contains("customer");
    if (const auto* const customer = person == nullptr ? nullptr : person->if_object()) {
        out.name = usable(text_at(*customer, "name"), commands::is_name);
        out.email = usable(text_at(*customer, "email"), commands::is_email);
    }
    return out;
}

std::string conversation_key(std::string_view id) {
    return "import:" + id_in_key(id);
}

std::string message_key(std::string_view id, std::size_t turn) {
    return fmt::format("import:{}:{}", id_in_key(id), turn);
}

}  // namespace ops
