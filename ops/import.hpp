#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/error.hpp"
#include "gateway/client.hpp"

// `parlour import`: replays conversations from files through the public API of a running server.
// What was there already is found by its Idempotency-Key, so a run that was cut off is simply
// repeated.
namespace ops {

// The subcommand; `args` without program and subcommand. Gives the exit code.
int run_import(std::span<char* const> args);

inline constexpr unsigned kImportConcurrencyDefault = 16;
inline constexpr unsigned kImportConcurrencyMax = 256;

struct ImportOptions {
    std::vector<std::string> files;
    std::string token;
    unsigned concurrency = kImportConcurrencyDefault;
    std::optional<std::uint64_t> limit;  // of conversations, over all files
    // How long a request is repeated while no request of anybody succeeds.
    std::chrono::milliseconds give_up_after = std::chrono::minutes(5);
    std::chrono::milliseconds first_pause{50};
    std::chrono::milliseconds pause_max{2'000};
};

// What live subscribers were told (--as-people).
struct LiveSummary {
    std::uint64_t subscribers = 0;  // sockets that followed something
    std::uint64_t delivered = 0;    // messages told to a subscriber, all subscribers together
    std::uint64_t reconnected = 0;  // sockets that were cut and went on where they were
    std::uint64_t reordered = 0;    // conversations that an expert began in the file
    std::uint64_t faults = 0;       // messages not told once, in order and to the right ones alone
};

struct ImportSummary {
    std::uint64_t conversations = 0;  // gone through to the end
    std::uint64_t messages = 0;       // new ones
    std::uint64_t duplicates = 0;     // messages that were there already
    std::uint64_t rejected = 0;  // lines, conversations, turns and messages that were not taken
    double seconds = 0;
    std::string failure;  // why it stopped before the end; empty: it did not
    std::optional<LiveSummary> live;
};

// POST of a JSON body; one connection, used by one thread.
using Headers = std::vector<std::pair<std::string, std::string>>;
using Post = std::function<events::Result<gateway::ClientResponse>(
    const std::string& target, const Headers& headers, const std::string& body)>;

// Where the lines for people go. Any thread; one call is one line (note) or the state now
// (progress).
struct ImportConsole {
    std::function<void(std::string_view)> note;
    std::function<void(std::string_view)> progress;
};

// Imports all files, each conversation by one of `concurrency` threads, its messages in order.
// `connect` makes a connection of its own for each thread. Blocks; memory does not grow with the
// files.
ImportSummary import_files(const ImportOptions& options,
                           const std::function<Post()>& connect,
                           const ImportConsole& console);

}  // namespace ops
