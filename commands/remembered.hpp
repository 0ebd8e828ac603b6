#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "events/commit.hpp"
#include "events/ids.hpp"

// The commands that a stream's fold remembers, so that a repeat is answered again. Lies in one
// piece of memory: most streams have a handful, and every command looks here first.
namespace commands {

struct Remembered {
    events::Seq seq;
    events::Version version;  // of its last event
    std::optional<events::BodyDigest> digest;
};

class RememberedCommands {
  public:
    // Valid until the next put().
    [[nodiscard]] const Remembered* find(const events::CommandId& id) const {
        const auto at = place_of(id);
        return at == kNone ? nullptr : &entries_[at].what;
    }

    // In the place of what was remembered of the command before, if anything.
    void put(const events::CommandId& id, const Remembered& what) {
        if (const auto at = place_of(id); at != kNone) {
            entries_[at].what = what;
            return;
        }
        entries_.push_back({id, what});
        if (entries_.size() * 2 > slots_.size()) {
            index();
        } else {
            take_slot(entries_.size() - 1);
        }
    }

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        events::CommandId id;
        Remembered what;
    };
    static constexpr std::size_t kNone = SIZE_MAX;
    // Up to here going through all of them is as fast as a table.
    static constexpr std::size_t kUnindexedMax = 16;

    [[nodiscard]] std::size_t place_of(const events::CommandId& id) const {
        if (slots_.empty()) {
            const auto found = std::ranges::find(entries_, id, &Entry::id);
            return found == entries_.end() ? kNone
                                           : static_cast<std::size_t>(found - entries_.begin());
        }
        for (std::size_t slot = first_slot(id); slots_[slot] != 0; slot = behind(slot)) {
            if (entries_[slots_[slot] - 1].id == id) return slots_[slot] - 1;
        }
        return kNone;
    }

    // The table is at most half full; its size is a power of two.
    void index() {
        if (entries_.size() <= kUnindexedMax) return;
        slots_.assign(std::max(slots_.size() * 2, kUnindexedMax * 4), 0);
        for (std::size_t i = 0; i < entries_.size(); ++i) take_slot(i);
    }
    void take_slot(std::size_t entry) {
        if (slots_.empty()) return;
        auto slot = first_slot(entries_[entry].id);
        while (slots_[slot] != 0) slot = behind(slot);
        slots_[slot] = static_cast<std::uint32_t>(entry + 1);
    }
    [[nodiscard]] std::size_t first_slot(const events::CommandId& id) const {
        return std::hash<events::CommandId>{}(id) & (slots_.size() - 1);
    }
    [[nodiscard]] std::size_t behind(std::size_t slot) const {
        return (slot + 1) & (slots_.size() - 1);
    }

    std::vector<Entry> entries_;
    std::vector<std::uint32_t> slots_;  // place in entries_ plus one; 0: free
};

}  // namespace commands
