#include "commands/totals.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace commands {
namespace {

using events::Uuid;
using parlour::totals::v1::DayTotalled;
using parlour::totals::v1::Measures;

// A number, and the visitors behind it.
struct Counted {
    std::uint64_t count = 0;
    std::set<Uuid> visitors;

    void add(const Uuid& visitor, std::uint64_t more) {
        count += more;
        visitors.insert(visitor);
    }
    [[nodiscard]] bool is_enough() const { return visitors.size() >= kVisitorsPerNumberMin; }
};

using SetMeasure = void (Measures::*)(std::uint64_t);
using ByExpert = std::map<Uuid, Counted>;

SetMeasure setter_of(Measure measure) {
    switch (measure) {
        case Measure::kConversationsOpened:
            return &Measures::set_conversations_opened;
        case Measure::kMessagesFromVisitors:
            return &Measures::set_messages_from_visitors;
        case Measure::kMessagesFromExperts:
            return &Measures::set_messages_from_experts;
        case Measure::kOfflineMessages:
            return &Measures::set_offline_messages;
        case Measure::kConversationsClosed:
            return &Measures::set_conversations_closed;
    }
    return nullptr;
}

// The experts whose number is told. What the company's number shows beyond theirs must have enough
// visitors of its own, or none: else it could be found by subtraction. The smallest go first.
std::vector<const ByExpert::value_type*> publishable(const ByExpert& experts) {
    std::vector<const ByExpert::value_type*> told;
    std::set<Uuid> rest;
    for (const auto& expert : experts) {
        if (expert.second.is_enough()) {
            told.push_back(&expert);
        } else {
            rest.insert(expert.second.visitors.begin(), expert.second.visitors.end());
        }
    }
    std::ranges::sort(told, [](const auto* one, const auto* other) {
        return std::pair(one->second.visitors.size(), other->first) >
               std::pair(other->second.visitors.size(), one->first);
    });
    while (!rest.empty() && rest.size() < kVisitorsPerNumberMin && !told.empty()) {
        rest.insert(told.back()->second.visitors.begin(), told.back()->second.visitors.end());
        told.pop_back();
    }
    return told;
}

class Day {
  public:
    explicit Day(const TotalDay& command) {
        event_.set_day(command.day);
        event_.set_from_seq(command.from_seq.value);
        event_.set_up_to_seq(command.up_to_seq.value);
        ByExpert anything;
        std::map<Measure, ByExpert> by_measure;
        for (const auto& tally : command.tallies) {
            by_measure[tally.measure][tally.expert].add(tally.visitor, tally.count);
            anything[tally.expert].add(tally.visitor, 0);
        }
        for (auto& [expert, counted] : anything) counted.count = counted.visitors.size();
        put(anything, &Measures::set_visitors);
        for (const auto& [measure, experts] : by_measure) put(experts, setter_of(measure));
        add_experts();
    }
    [[nodiscard]] const DayTotalled& event() const { return event_; }

  private:
    void put(const ByExpert& experts, SetMeasure set) {
        Counted all;
        for (const auto& [expert, counted] : experts) {
            all.count += counted.count;
            all.visitors.insert(counted.visitors.begin(), counted.visitors.end());
        }
        if (!all.is_enough()) return;
        const bool is_visitors = set == &Measures::set_visitors;
        (event_.mutable_company()->*set)(is_visitors ? all.visitors.size() : all.count);
        for (const auto* const told : publishable(experts)) {
            (measures_[told->first].*set)(told->second.count);
            auto& behind = visitors_[told->first];
            behind = std::max(behind, told->second.visitors.size());
        }
    }

    void add_experts() {
        std::vector<Uuid> order;
        order.reserve(measures_.size());
        for (const auto& [expert, measures] : measures_) order.push_back(expert);
        if (order.size() > kExpertsPerDayMax) {
            std::ranges::sort(order, [this](const Uuid& one, const Uuid& other) {
                return std::pair(visitors_[one], other) > std::pair(visitors_[other], one);
            });
            event_.set_experts_left_out(
                static_cast<std::uint32_t>(order.size() - kExpertsPerDayMax));
            order.resize(kExpertsPerDayMax);
            std::ranges::sort(order);
        }
        for (const auto& expert : order) {
            auto& told = *event_.add_experts();
            told.set_expert_id(std::string(expert.view()));
            *told.mutable_measures() = measures_[expert];
        }
    }

    DayTotalled event_;
    std::map<Uuid, Measures> measures_;     // of experts
    std::map<Uuid, std::size_t> visitors_;  // the most behind one of the expert's numbers
};

}  // namespace

Decision<Totals> Totals::decide(const State& state, const Command& command, const Context&) {
    const auto& total = std::get<TotalDay>(command);
    std::vector<Event> decided;
    if (total.day <= state.day) return decided;
    if (total.from_seq.value != state.up_to_seq + 1 || total.up_to_seq < total.from_seq) {
        return std::unexpected(Rejection::kGapBefore);
    }
    *decided.emplace_back().mutable_day_totalled() = Day(total).event();
    return decided;
}

void Totals::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kDayTotalled:
            state = {.day = event.day_totalled().day(),
                     .up_to_seq = event.day_totalled().up_to_seq()};
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Totals::describe(Rejection) {
    return {RefusalKind::kConflict,
            "gap-before",
            "A day is counted from the commit behind those of the day before."};
}

}  // namespace commands
