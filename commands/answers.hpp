#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "commands/meter.hpp"
#include "commands/work.hpp"

// The answers that a partition gives by itself, whatever was asked.
namespace commands {

Answer failed(events::Error error);
// Retryable: nothing can be said at the moment, and why.
Answer unavailable(std::string_view why);
Answer refused(Refusal::Kind kind, events::Version current);
Answer rejected(const RejectionText& rejection);
// Another node leads; its address, empty where it is not known.
Answer not_led(std::string owner);

// The answer of a command is measured wherever it comes from. The meter is borrowed.
OnAnswer measured(OnAnswer on_answer, Meter& meter);

}  // namespace commands
