#pragma once

#include <concepts>
#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

#include "events/ids.hpp"

// What an aggregate is: a State, the Commands it takes, the Events it decides, the Rejections it
// gives. decide and evolve are pure: no clock, no random, no I/O; time and new ids come in the
// Context.
namespace commands {

struct Context {
    events::CommandId command;  // also names what the command creates
    std::int64_t now_ms = 0;
};

enum class RefusalKind : std::uint8_t {
    kRefused,   // the state or the rules refuse it: 422
    kNotFound,  // there is no such thing: 404
    kConflict,  // it was done already by another command: 409
    kGone,      // it was there and is over: 410
};

// A rejection as the client is told it.
struct RejectionText {
    RefusalKind kind;
    std::string_view code;    // stable, lower-case-with-hyphens
    std::string_view detail;  // one sentence that names the rule
};

template <class A>
using Decision = std::expected<std::vector<typename A::Event>, typename A::Rejection>;

// decide: an empty list means nothing to do. evolve cannot fail: a stored event is a fact.
template <class A>
concept Decider = requires(const typename A::State& state,
                           typename A::State& changing,
                           const typename A::Command& command,
                           const typename A::Event& event,
                           typename A::Rejection rejection,
                           const Context& context) {
    { A::kKind } -> std::convertible_to<events::StreamKind>;
    { A::decide(state, command, context) } -> std::same_as<Decision<A>>;
    { A::evolve(changing, event) } -> std::same_as<void>;
    { A::describe(rejection) } -> std::same_as<RejectionText>;
};

// The state after a history.
template <Decider A>
typename A::State fold(const std::vector<typename A::Event>& history) {
    typename A::State state;
    for (const auto& event : history) A::evolve(state, event);
    return state;
}

}  // namespace commands
