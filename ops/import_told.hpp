#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Whether live subscribers were told what they should be: every message once, in the order in which
// it was said, and nothing of anybody else's. No socket in here.
namespace ops {

struct ToldMessage {
    std::string id;
    bool from_visitor = false;
    std::string text;
};

// What the server acknowledged.
struct SaidMessage {
    ToldMessage message;
    bool repeated = false;  // it was there before this request
};

// A frame of the live socket, as far as it matters here.
struct LiveNote {
    enum class Kind : std::uint8_t { kMessage, kOtherEvent, kSubscribed, kRefused, kOther };
    Kind kind = Kind::kOther;
    std::string topic;
    std::string position;      // as JSON; "": none
    std::string conversation;  // of a message in an inbox
    std::string code;          // of a refusal, or "gap"
    ToldMessage message;
};
LiveNote parse_live_note(std::string_view frame);

// One subscriber to one conversation, from its beginning on. What was said in an earlier run is
// told before it is said again.
class ConversationEar {
  public:
    void said(ToldMessage message);
    void told(ToldMessage message);
    // The message waited for will not come.
    void give_up_next();
    // Nothing more is said.
    void finish();

    [[nodiscard]] bool is_complete() const { return next_ == said_.size(); }
    // What was wrong since the last call, without any words of anybody.
    std::vector<std::string> take_faults() { return std::exchange(faults_, {}); }

  private:
    void match();

    std::vector<ToldMessage> said_;
    std::size_t next_ = 0;            // of said_, not told yet
    std::vector<ToldMessage> ahead_;  // told, and not said yet or not its turn
    std::vector<std::string> faults_;
};

// What an expert's inbox was told of all the expert's conversations. Any thread.
class InboxEar {
  public:
    void told(const std::string& conversation, const std::string& message);

    // Waits until every message that was new is told, at most until the deadline, and gives what is
    // wrong: messages missing, twice, or out of order. Of the conversation nothing more may come.
    std::vector<std::string> settle(const std::string& conversation,
                                    const std::vector<SaidMessage>& said,
                                    std::chrono::steady_clock::time_point deadline);
    // Conversations that were told of and never settled.
    [[nodiscard]] std::vector<std::string> unsettled() const;
    [[nodiscard]] std::uint64_t delivered() const;
    // Messages told of conversations that were over.
    [[nodiscard]] std::uint64_t late() const;

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, std::vector<std::string>> open_;  // ids of messages, by conversation
    std::set<std::string> settled_;
    std::uint64_t delivered_ = 0;
    std::uint64_t late_ = 0;
};

}  // namespace ops
