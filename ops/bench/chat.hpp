#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "commands/writer.hpp"
#include "events/error.hpp"

// Clients of a writer, without HTTP: each has one conversation and one command in flight, and sends
// the next one as soon as it is answered.
namespace bench {

// Commits of a conversation before its client opens the next one: its opening and 14 messages.
inline constexpr std::size_t kConversationCommits = 15;
inline constexpr std::size_t kMessageBytes = 200;

class ChatClients {
  public:
    // Each of the tenants has as many clients as the others, or one more.
    ChatClients(commands::Writer& writer, std::size_t clients, std::size_t tenants = 1);
    ~ChatClients();
    ChatClients(const ChatClients&) = delete;
    ChatClients& operator=(const ChatClients&) = delete;

    struct Run {
        std::uint64_t commits = 0;
        double seconds = 0;
        std::vector<double> latencies_ms;
        [[nodiscard]] double per_second() const { return static_cast<double>(commits) / seconds; }
    };
    // Sends for that long, or until so many commits were answered (0: no such limit), and waits for
    // the last answers. The error of a command that was refused.
    events::Result<Run> run(std::chrono::duration<double> duration, std::uint64_t commits_max = 0);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace bench
