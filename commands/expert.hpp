#pragma once

#include <variant>

#include "commands/decider.hpp"
#include "events/secret.hpp"
#include "parlour/expert/v1/events.pb.h"

// An expert of a company, in the smallest form: somebody who can be asked.
namespace commands {

struct AddExpert {
    events::Personal name;   // a name (commands/text.hpp)
    events::Personal email;  // an address
};

struct Expert {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_EXPERT;
    using Event = parlour::expert::v1::ExpertEvent;
    using Command = std::variant<AddExpert>;
    enum class Rejection : std::uint8_t { kAlreadyAdded, kNameInvalid, kEmailInvalid };
    struct State {
        bool added = false;
    };

    static Decision<Expert> decide(const State& state,
                                   const Command& command,
                                   const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands
