#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "commands/decider.hpp"
#include "parlour/totals/v1/events.pb.h"

// What a company's days add up to, for good: one stream for each company. Who was counted comes in
// with the command and ends here; an event holds a number only when enough different visitors are
// behind it, and behind what is left of it when the other published numbers are taken away
// (decision 0031).
namespace commands {

// Fewer visitors than this show in no number.
inline constexpr std::size_t kVisitorsPerNumberMin = 5;
// A day's event fits into a commit with that many experts; those with the fewest visitors go first.
inline constexpr std::size_t kExpertsPerDayMax = 4'000;

enum class Measure : std::uint8_t {
    kConversationsOpened,
    kMessagesFromVisitors,
    kMessagesFromExperts,
    kOfflineMessages,
    kConversationsClosed,
};

// How often something happened in the conversations of a visitor with an expert.
struct Tally {
    Measure measure{};
    events::Uuid expert;
    events::Uuid visitor;
    std::uint64_t count = 0;
};

struct TotalDay {
    std::string day;  // "2026-11-22"
    // The commits that were counted, both included; they go on where the day before ended.
    events::Seq from_seq;
    events::Seq up_to_seq;
    std::vector<Tally> tallies;  // in any order; equal ones are added up
};

struct Totals {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_TOTALS;
    using Event = parlour::totals::v1::TotalsEvent;
    using Command = std::variant<TotalDay>;
    enum class Rejection : std::uint8_t { kGapBefore };
    struct State {
        std::string day;  // the last one totalled; empty: none
        std::uint64_t up_to_seq = 0;
    };

    // Nothing new for a day that is totalled, or one before it.
    static Decision<Totals> decide(const State& state,
                                   const Command& command,
                                   const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands
