#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "ops/import.hpp"
#include "ops/import_requests.hpp"
#include "ops/import_source.hpp"

// What the threads of one import share: its counts, why it stops, and the queue between the reader
// and the senders. Any thread may call anything.
namespace ops {

class ImportRun {
  public:
    explicit ImportRun(const ImportConsole& console) : console_(console) {}

    std::atomic<std::uint64_t> conversations{0};
    std::atomic<std::uint64_t> messages{0};
    std::atomic<std::uint64_t> duplicates{0};
    std::atomic<std::uint64_t> rejected{0};

    // Counts one thing that was not taken and says where and why; no text of anybody.
    void reject(const std::string& file, std::uint64_t line, std::string_view why);

    // The first call wins: everybody ends soon.
    void stop(std::string failure);
    [[nodiscard]] bool stopped() const { return stopping_.load(); }
    [[nodiscard]] std::string failure() const;
    // Waits, but not beyond stop().
    void pause(std::chrono::milliseconds duration);

    using Clock = std::chrono::steady_clock;
    void note_success();
    // The later of the last success of anybody and `since`.
    [[nodiscard]] Clock::time_point quiet_since(Clock::time_point since) const;

    [[nodiscard]] ImportSummary summary() const;
    [[nodiscard]] const ImportConsole& console() const { return console_; }

  private:
    const ImportConsole& console_;
    std::atomic<bool> stopping_{false};
    std::atomic<Clock::rep> last_success_{Clock::time_point::min().time_since_epoch().count()};
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::string failure_;
};

// Bounded by conversations and by bytes of text; at least one conversation always fits.
class ImportQueue {
  public:
    explicit ImportQueue(std::size_t conversations_max) : conversations_max_(conversations_max) {}

    // Waits for room. False when the queue is closed.
    bool push(ImportConversation conversation);
    // Waits for the next one; nothing once the queue is closed and, unless abandoned, empty.
    std::optional<ImportConversation> pop();
    // No more comes. With `abandon` what is queued is dropped.
    void close(bool abandon);

  private:
    const std::size_t conversations_max_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<ImportConversation> queue_;
    std::size_t bytes_ = 0;
    bool closed_ = false;
};

// Sends whole conversations over one connection, on one thread.
class ImportSender {
  public:
    ImportSender(ImportRun& run, const ImportOptions& options, Post post);

    // All of it, in order; what the server refuses is counted and passed over. Ends early when the
    // run stops.
    void send(const ImportConversation& conversation);

  private:
    std::optional<std::string> open(const ImportConversation& conversation);
    bool send_message(const ImportConversation& conversation,
                      const ImportTurn& turn,
                      const std::string& target);

    ImportRun& run_;
    ImportRequests requests_;
};

// The bodies of requests: to open a conversation by an API token, and to say a turn.
inline constexpr std::string_view kNeutralName = "Visitor";
std::string opening_body(std::string_view name, std::string_view email, std::string_view expert);
std::string message_body(const ImportTurn& turn);

// Reads the files and gives each conversation to one of `concurrency` threads, each with a sender
// of its own. Blocks until all are through or the run stops.
using SendConversation = std::function<void(const ImportConversation&)>;
void import_each(const ImportOptions& options,
                 ImportRun& run,
                 const std::function<SendConversation()>& make_sender);

}  // namespace ops
