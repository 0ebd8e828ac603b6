#pragma once

#include <optional>
#include <variant>

#include "commands/decider.hpp"
#include "commands/expert_card.hpp"
#include "commands/expert_lifecycle.hpp"
#include "commands/expert_profile.hpp"
#include "events/secret.hpp"
#include "parlour/expert/v1/events.pb.h"

// An expert of a company: somebody who can be asked.
namespace commands {

struct AddExpert {
    events::Personal name;   // a name (commands/text.hpp)
    events::Personal email;  // an address
};

// How many conversations at once make the expert busy; 0: no number does.
struct SetConversationCapacity {
    std::uint32_t conversations_max = 0;  // at most kConversationsMaxMost
};
inline constexpr std::uint32_t kConversationsMaxMost = 1'000;

struct Expert {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_EXPERT;
    using Event = parlour::expert::v1::ExpertEvent;
    using Command = std::variant<AddExpert,
                                 ChangeProfile,
                                 TagExpert,
                                 UntagExpert,
                                 SetChannels,
                                 StorePhoto,
                                 RemovePhoto,
                                 SetConversationCapacity,
                                 InviteExpert,
                                 EnrolExpert,
                                 JoinExpert,
                                 DeactivateExpert,
                                 ReactivateExpert,
                                 PublishCard,
                                 UnpublishCard>;
    enum class Rejection : std::uint8_t {
        kAlreadyAdded,
        kNotAdded,
        kNameInvalid,
        kEmailInvalid,
        kProfileInvalid,
        kTagInvalid,
        kTagsTooMany,
        kCapacityTooHigh,
        kJoinedByAnother,
        kDeactivated,
        kSlugInvalid,
        kSlugsTooMany,
    };
    struct State {
        bool added = false;
        bool deactivated = false;
        std::optional<events::Uuid> account;  // once joined
        ExpertProfile profile;
        ExpertCard card;
        std::uint32_t conversations_max = 0;
    };

    static Decision<Expert> decide(const State& state,
                                   const Command& command,
                                   const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

// The part of decide and evolve that expert_profile.cpp has.
Decision<Expert> decide_part(const Expert::State& state, const ChangeProfile& change);
Decision<Expert> decide_part(const Expert::State& state, const TagExpert& tag);
Decision<Expert> decide_part(const Expert::State& state, const UntagExpert& untag);
Decision<Expert> decide_part(const Expert::State& state, const SetChannels& set);
Decision<Expert> decide_part(const Expert::State& state, const StorePhoto& store);
Decision<Expert> decide_part(const Expert::State& state, const RemovePhoto& remove);
void show(ExpertProfile& profile, const parlour::expert::v1::ProfileChanged& changed);
void add_tag(ExpertProfile& profile, const parlour::expert::v1::ExpertTagged& tagged);
void drop_tag(ExpertProfile& profile, const parlour::expert::v1::ExpertUntagged& untagged);

// The part that expert_lifecycle.cpp has.
Decision<Expert> decide_part(const Expert::State& state, const InviteExpert& invite);
Decision<Expert> decide_part(const Expert::State& state, const EnrolExpert& enrol);
Decision<Expert> decide_part(const Expert::State& state, const JoinExpert& join);
Decision<Expert> decide_part(const Expert::State& state, const DeactivateExpert& deactivate);
Decision<Expert> decide_part(const Expert::State& state, const ReactivateExpert& reactivate);

// The part that expert_card.cpp has.
Decision<Expert> decide_part(const Expert::State& state, const PublishCard& publish);
Decision<Expert> decide_part(const Expert::State& state, const UnpublishCard& unpublish);

}  // namespace commands
