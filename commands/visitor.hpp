#pragma once

#include <variant>

#include "commands/decider.hpp"
#include "events/secret.hpp"
#include "parlour/visitor/v1/events.pb.h"

// A visitor of a company's site, known by what the visitor said: a name, where applicable an
// address.
namespace commands {

struct IdentifyVisitor {
    events::Personal name;   // 1 to kNameBytesMax bytes, not only white space, no NUL
    events::Personal email;  // empty, or at most kEmailBytesMax bytes that look like an address
};

struct Visitor {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_VISITOR;
    using Event = parlour::visitor::v1::VisitorEvent;
    using Command = std::variant<IdentifyVisitor>;
    enum class Rejection : std::uint8_t { kAlreadyIdentified, kNameInvalid, kEmailInvalid };
    struct State {
        bool identified = false;
    };

    static Decision<Visitor> decide(const State& state,
                                    const Command& command,
                                    const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands
