#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/faults/stack.hpp"

// Clients of a stack that come and go with their own memory: what they sent, and what was
// acknowledged to them. They repeat commands with the same ids, and afterwards tell whether the
// stack kept its word.
namespace faults {

struct WorkloadShape {
    std::size_t text_bytes_max = 400;
    std::size_t unanswered_max = 8;
};

class Workload {
  public:
    explicit Workload(std::uint64_t seed, WorkloadShape shape = {})
        : random_(seed), shape_(shape) {}

    // Sends that many commands, new ones and repeats, and waits for the answers. False when they do
    // not come within a minute: somebody hangs.
    bool run(Stack& stack, std::size_t count);
    // What is not as it was promised, in a stack that runs: something acknowledged is missing or
    // not readable, something is there twice or that nobody sent, a seq or version is not dense.
    // Nothing when all is well.
    std::optional<std::string> violation(Stack& stack);

    [[nodiscard]] std::size_t acknowledged() const;
    // Refusals below the domain, by the name of their code.
    [[nodiscard]] std::map<std::string, std::size_t> failures() const;

  private:
    struct Command {
        events::TenantId tenant;
        events::Uuid stream;
        events::CommandId id;
        std::string text;  // empty: opens the conversation
        bool known_open = false;
        std::optional<commands::Accepted> acknowledged;
    };
    struct Stored;

    std::size_t next_command();
    void send(Stack& stack, std::size_t which);
    void answered(std::size_t which, const commands::Answer& answer);
    std::optional<std::string> read_all(Stack& stack, std::map<events::CommandId, Stored>& found);

    std::mt19937_64 random_;
    WorkloadShape shape_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Command> commands_;                // under mutex_
    std::size_t unanswered_ = 0;                   // under mutex_
    std::optional<std::string> broken_;            // under mutex_: an answer that is none
    std::map<std::string, std::size_t> failures_;  // under mutex_
};

// Waits until the views of a running stack have read everything. Says why they have not.
std::optional<std::string> views_lag(Stack& stack);

// Whether the views of a running stack, once they have read everything, are byte for byte those
// built from zero in `dir`. Says what differs.
std::optional<std::string> views_differ(Stack& stack,
                                        const std::filesystem::path& dir,
                                        rocksdb::Env* env);

}  // namespace faults
