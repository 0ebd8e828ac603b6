#include "commands/unconfirmed.hpp"

#include <utility>

#include "commands/answers.hpp"

namespace commands {

void Unconfirmed::confirm(std::uint64_t append) {
    while (!waiting_.empty() && waiting_.front().append <= append) {
        auto first = std::move(waiting_.front());
        waiting_.pop_front();
        first.due.give();
    }
}

void Unconfirmed::refuse(std::string_view why) {
    for (auto& each : std::exchange(waiting_, {})) each.due.on_answer(unavailable(why));
}

}  // namespace commands
