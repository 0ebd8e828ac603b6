#pragma once

#include <cstdint>
#include <deque>
#include <string_view>

#include "commands/work.hpp"

// Answers that rest on what a leader knows, and on nothing that it has sent: a version conflict, a
// rejection, nothing to do. Among nodes one that was deposed and has not heard of it (it slept)
// would tell what was true once. So they wait for an append sent after they were decided.
namespace commands {

// An answer that is due later.
struct Due {
    OnAnswer on_answer;
    Answer answer;
    void give() { on_answer(std::move(answer)); }
};

class Unconfirmed {
  public:
    void add(Due due) { waiting_.push_back({.append = appends_ + 1, .due = std::move(due)}); }
    // Whether an append is to be made for the sake of those that wait.
    [[nodiscard]] bool wants_append() const {
        return !waiting_.empty() && waiting_.back().append > appends_;
    }
    // One is made now; gives its number.
    std::uint64_t next_append() { return ++appends_; }
    // It came back, and the claim that it was sent under is in force.
    void confirm(std::uint64_t append);
    // They are all void.
    void refuse(std::string_view why);

  private:
    struct Waiting {
        std::uint64_t append;  // of which they wait for
        Due due;
    };
    std::deque<Waiting> waiting_;
    std::uint64_t appends_ = 0;
};

}  // namespace commands
