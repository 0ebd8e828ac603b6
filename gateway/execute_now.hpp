#pragma once

#include <future>
#include <memory>
#include <utility>

#include "commands/writer.hpp"

// Commands of the program's own, before or without a server.
namespace gateway {

// Submits a command and blocks until it is answered; not for a thread of the writer's.
template <commands::Decider A>
commands::Answer execute_now(commands::Writer& writer,
                             const events::Uuid& stream,
                             typename A::Command command,
                             const commands::CommandMeta& meta) {
    const auto promise = std::make_shared<std::promise<commands::Answer>>();
    auto answer = promise->get_future();
    writer.submit<A>(stream, std::move(command), meta, [promise](commands::Answer given) {
        promise->set_value(std::move(given));
    });
    return answer.get();
}

}  // namespace gateway
