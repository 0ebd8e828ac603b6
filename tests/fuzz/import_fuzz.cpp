#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "commands/text.hpp"
#include "ops/import_source.hpp"

// Any bytes as a line of an import: it is a conversation that can be sent, or refused with a reason
// that quotes nothing of it.
namespace {

constexpr std::size_t kKeyBytesMax = 255;
constexpr std::size_t kReasonBytesMax = 100;

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "broken: " << what << '\n';
    std::abort();
}

void check_key(std::string_view key) {
    require(!key.empty() && key.size() <= kKeyBytesMax, "a key of a length that is taken");
    require(std::ranges::all_of(key, [](char c) { return c > ' ' && c < '\x7f'; }),
            "a visible key");
}

void check_conversation(const ops::ImportConversation& read) {
    require(!read.id.empty(), "an id");
    require(read.name.empty() || commands::is_name(read.name), "a usable name or none");
    require(read.email.empty() || commands::is_email(read.email), "a usable address or none");
    require(std::ranges::is_sorted(read.turns, std::ranges::less{}, &ops::ImportTurn::index),
            "turns in their order");
    require(std::ranges::adjacent_find(
                read.turns, std::ranges::equal_to{}, &ops::ImportTurn::index) == read.turns.end(),
            "no turn twice");
    for (const auto unusable : read.unusable_turns) {
        require(
            std::ranges::find(read.turns, unusable, &ops::ImportTurn::index) == read.turns.end(),
            "a turn is used or not");
    }
    const auto key = ops::conversation_key(read.id);
    check_key(key);
    require(key == ops::conversation_key(read.id), "the same key every time");
    for (const auto& turn : read.turns) check_key(ops::message_key(read.id, turn.index));
}

}  // namespace

// libFuzzer calls it by this name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto read = ops::parse_conversation(line);
    if (read) {
        check_conversation(*read);
    } else {
        require(!read.error().empty() && read.error().size() <= kReasonBytesMax, "a short reason");
    }
    return 0;
}
