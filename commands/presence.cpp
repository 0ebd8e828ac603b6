#include "commands/presence.hpp"

#include <string>
#include <utility>
#include <vector>

namespace commands {
namespace {

namespace v1 = parlour::presence::v1;
using Event = Presence::Event;

Event went_offline(const RecordReach& record) {
    Event event;
    event.mutable_expert_went_offline()->set_expert_id(std::string(record.expert.view()));
    event.mutable_expert_went_offline()->set_reason(record.reason);
    return event;
}

Event went_online(const RecordReach& record) {
    Event event;
    event.mutable_expert_went_online()->set_expert_id(std::string(record.expert.view()));
    return event;
}

Event became_free(const RecordReach& record) {
    Event event;
    event.mutable_advisor_became_free()->set_expert_id(std::string(record.expert.view()));
    return event;
}

Event became_busy(const RecordReach& record) {
    Event event;
    event.mutable_advisor_became_busy()->set_expert_id(std::string(record.expert.view()));
    event.mutable_advisor_became_busy()->set_cause(record.cause);
    return event;
}

}  // namespace

Decision<Presence> Presence::decide(const State& state, const Command& command, const Context&) {
    const auto& record = std::get<RecordReach>(command);
    const Reach from = state.known ? state.reach : record.from;
    std::vector<Event> events;
    if (from == record.to) return events;
    switch (record.to) {
        case Reach::kOffline:
            if (record.reason == v1::OFFLINE_REASON_UNSPECIFIED) {
                return std::unexpected(Rejection::kReasonMissing);
            }
            events.push_back(went_offline(record));
            break;
        case Reach::kOnline:
            events.push_back(from == Reach::kBusy ? became_free(record) : went_online(record));
            break;
        case Reach::kBusy:
            if (record.cause == v1::BUSY_CAUSE_UNSPECIFIED) {
                return std::unexpected(Rejection::kReasonMissing);
            }
            if (from == Reach::kOffline) events.push_back(went_online(record));
            events.push_back(became_busy(record));
            break;
    }
    return events;
}

void Presence::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kExpertWentOnline:
        case Event::kAdvisorBecameFree:
            state = {.known = true, .reach = Reach::kOnline};
            break;
        case Event::kExpertWentOffline:
            state = {.known = true, .reach = Reach::kOffline};
            break;
        case Event::kAdvisorBecameBusy:
            state = {.known = true, .reach = Reach::kBusy};
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Presence::describe(Rejection) {
    return {RefusalKind::kRefused,
            "reason-missing",
            "Going offline has a reason, and being busy a cause."};
}

}  // namespace commands
