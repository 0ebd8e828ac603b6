#include "gateway/day_tally.hpp"

#include <utility>

#include "parlour/conversation/v1/events.pb.h"
#include "projections/sealed_event.hpp"

namespace gateway {
namespace {

using commands::Measure;
using events::Result;
using events::Status;
using events::Uuid;
using parlour::conversation::v1::AUTHOR_VISITOR;
using parlour::conversation::v1::ConversationEvent;
using parlour::conversation::v1::ConversationOpened;

std::optional<DayTally::Parties> parties_of_opened(const ConversationOpened& opened) {
    const auto visitor = Uuid::from_bytes(opened.visitor_id());
    const auto expert = Uuid::from_bytes(opened.expert_id());
    if (!visitor || !expert) return std::nullopt;
    return DayTally::Parties{.visitor = *visitor, .expert = *expert};
}

// What an event is counted as; nothing for one that no total tells of.
std::optional<Measure> measure_of(const ConversationEvent& event) {
    switch (event.body_case()) {
        case ConversationEvent::kConversationOpened:
            return Measure::kConversationsOpened;
        case ConversationEvent::kMessageSent:
            return event.message_sent().author() == AUTHOR_VISITOR ? Measure::kMessagesFromVisitors
                                                                   : Measure::kMessagesFromExperts;
        case ConversationEvent::kOfflineMessageLeft:
            return Measure::kOfflineMessages;
        case ConversationEvent::kConversationClosed:
            return Measure::kConversationsClosed;
        case ConversationEvent::kConnectionModeChosen:
        case ConversationEvent::kMessagesRead:
        case ConversationEvent::kConversationReopened:
        case ConversationEvent::kMissedMessageMailQueued:
        case ConversationEvent::kUnreadMailQueued:
        case ConversationEvent::BODY_NOT_SET:
            break;
    }
    return std::nullopt;
}

}  // namespace

Status DayTally::add(const events::OpenedHeader& opened) {
    const auto& stream = opened.meta.stream;
    has_work_ = has_work_ || stream.kind != parlour::log::v1::STREAM_KIND_TOTALS;
    if (stream.kind != parlour::log::v1::STREAM_KIND_CONVERSATION) return {};
    ConversationEvent event;
    for (int i = 0; i < opened.header.events_size(); ++i) {
        if (auto read = projections::read_event(opened, i, event); !read) return read;
        if (event.has_conversation_opened()) {
            known_.insert_or_assign(stream.uuid, parties_of_opened(event.conversation_opened()));
        }
        const auto measure = measure_of(event);
        if (!measure) continue;
        const auto parties = parties_of(stream.uuid);
        if (!parties) return std::unexpected(parties.error());
        if (**parties) count(*measure, ***parties);
    }
    return {};
}

Result<std::optional<DayTally::Parties>> DayTally::parties_in(const events::OpenedHeader& opened) {
    ConversationEvent event;
    if (auto read = projections::read_event(opened, 0, event); !read) {
        return std::unexpected(std::move(read.error()));
    }
    if (!event.has_conversation_opened()) return std::nullopt;
    return parties_of_opened(event.conversation_opened());
}

Result<const std::optional<DayTally::Parties>*> DayTally::parties_of(const Uuid& conversation) {
    if (const auto known = known_.find(conversation); known != known_.end()) {
        return &known->second;
    }
    auto found = find_(conversation);
    if (!found) return std::unexpected(std::move(found.error()));
    return &known_.emplace(conversation, *found).first->second;
}

void DayTally::count(Measure measure, const Parties& parties) {
    ++counts_[{measure, parties.expert, parties.visitor}];
}

std::vector<commands::Tally> DayTally::tallies() const {
    std::vector<commands::Tally> all;
    all.reserve(counts_.size());
    for (const auto& [what, count] : counts_) {
        const auto& [measure, expert, visitor] = what;
        all.push_back({.measure = measure, .expert = expert, .visitor = visitor, .count = count});
    }
    return all;
}

}  // namespace gateway
