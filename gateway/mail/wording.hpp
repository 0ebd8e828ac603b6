#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "gateway/mail/templates.hpp"

// What the templates are made of: one table of wording per language, without logic. In a text
// {field} is replaced by the field's value, and [...] is left out when a field in it has none.
namespace mail {

enum class Field : std::uint8_t {
    kService,
    kName,
    kCompany,
    kInviter,
    kUntil,
    kMore,
    kConversations,
    kLink,
    kLogInLink,
    kResetLink,
};
inline constexpr std::size_t kFields = 10;
inline constexpr std::array<std::string_view, kFields> kFieldNames{"service",
                                                                   "name",
                                                                   "company",
                                                                   "inviter",
                                                                   "until",
                                                                   "more",
                                                                   "conversations",
                                                                   "link",
                                                                   "log-in-link",
                                                                   "reset-link"};

enum class Part : std::uint8_t {
    kParagraph,
    kAction,     // a link by itself, with the text as what it does
    kMessages,   // the list of missed messages
    kFinePrint,  // a paragraph in small letters
};

struct Block {
    Part part;
    std::string_view text;
    Field link = Field::kLink;  // of an action
};

struct Wording {
    Kind kind;
    std::string_view subject;
    std::span<const Block> blocks;
};

// Words that stand for something a message lacks.
struct Words {
    std::string_view unnamed;    // instead of a visitor's name
    std::string_view shortened;  // behind a text that was cut
};

struct Table {
    std::string_view tag;  // BCP 47
    std::array<Wording, kKinds> wordings;
    Words words;
};

extern const Table kGermanTable;
extern const Table kEnglishTable;

constexpr std::optional<Field> field_named(std::string_view name) {
    const auto* const at = std::ranges::find(kFieldNames, name);
    if (at == kFieldNames.end()) return std::nullopt;
    return static_cast<Field>(at - kFieldNames.begin());
}

// Whether every brace and bracket is closed, none stands in another of its kind, and every field
// exists.
constexpr bool is_well_formed(std::string_view text) {
    bool optional_part = false;
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == '}' || (c == '[' && optional_part) || (c == ']' && !optional_part)) return false;
        if (c == '[' || c == ']') optional_part = c == '[';
        if (c != '{') continue;
        const auto end = text.find('}');
        if (end == std::string_view::npos || !field_named(text.substr(0, end))) return false;
        text.remove_prefix(end + 1);
    }
    return !optional_part;
}

// The kinds in their order, everything well-formed, nothing empty but the text of a list.
constexpr bool is_complete(const Table& table) {
    for (std::size_t i = 0; i < table.wordings.size(); ++i) {
        const Wording& wording = table.wordings[i];
        if (wording.kind != static_cast<Kind>(i)) return false;
        if (wording.subject.empty() || !is_well_formed(wording.subject)) return false;
        if (wording.blocks.empty()) return false;
        for (const Block& block : wording.blocks) {
            if (block.text.empty() != (block.part == Part::kMessages)) return false;
            if (!is_well_formed(block.text)) return false;
        }
    }
    return !table.words.unnamed.empty() && !table.words.shortened.empty();
}

}  // namespace mail
