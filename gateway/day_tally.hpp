#pragma once

#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "commands/totals.hpp"
#include "events/commit.hpp"
#include "events/error.hpp"

// Counts what happened in a company's conversations, commit by commit, for the daily totals. Who
// was counted is kept in memory, as long as the counting takes.
namespace gateway {

class DayTally {
  public:
    // Whose a conversation is; nothing when it is being erased.
    struct Parties {
        events::Uuid visitor;
        events::Uuid expert;
    };
    using FindParties =
        std::function<events::Result<std::optional<Parties>>(const events::Uuid& conversation)>;
    // Those of the conversation that the commit opens, if it does.
    static events::Result<std::optional<Parties>> parties_in(const events::OpenedHeader& opened);
    // Asked once for each conversation that was opened on another day.
    explicit DayTally(FindParties find) : find_(std::move(find)) {}

    // Of other aggregates' commits has_work() alone takes notice. kUnknownSchema for an event of a
    // newer program, kDamaged; else as the finding says.
    events::Status add(const events::OpenedHeader& opened);

    [[nodiscard]] std::vector<commands::Tally> tallies() const;
    // Whether anything was added but what totals themselves wrote.
    [[nodiscard]] bool has_work() const { return has_work_; }

  private:
    events::Result<const std::optional<Parties>*> parties_of(const events::Uuid& conversation);
    void count(commands::Measure measure, const Parties& parties);

    FindParties find_;
    std::map<events::Uuid, std::optional<Parties>> known_;
    std::map<std::tuple<commands::Measure, events::Uuid, events::Uuid>, std::uint64_t> counts_;
    bool has_work_ = false;
};

}  // namespace gateway
