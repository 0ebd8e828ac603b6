#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ops/import_desk.hpp"
#include "ops/import_visitors.hpp"

// Conversations of an import as two people have them: one by the widget, one at the desk, each
// waiting to have heard the other.
namespace ops {

// Which conversations there are, and with which expert each is. Any thread.
class TalkRegistry {
  public:
    // One at a time has the conversation of the file; the same id may stand there twice.
    void enter(const std::string& id) {
        std::unique_lock lock(mutex_);
        left_.wait(lock, [&] { return !under_way_.contains(id); });
        under_way_.insert(id);
    }
    void leave(const std::string& id) {
        const std::lock_guard lock(mutex_);
        under_way_.erase(id);
        left_.notify_all();
    }
    void note(const std::string& conversation, const std::string& expert) {
        const std::lock_guard lock(mutex_);
        expert_of_.insert_or_assign(conversation, expert);
    }
    std::map<std::string, std::string> all() const {
        const std::lock_guard lock(mutex_);
        return expert_of_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable left_;
    std::set<std::string> under_way_;
    std::map<std::string, std::string> expert_of_;
};

// One conversation after another, on one thread.
class PeopleTalk {
  public:
    PeopleTalk(PeopleRun& shared,
               std::vector<std::unique_ptr<ExpertDesk>>& desks,
               KeptVisitors& visitors,
               TalkRegistry& registry);
    ~PeopleTalk();
    PeopleTalk(const PeopleTalk&) = delete;
    PeopleTalk& operator=(const PeopleTalk&) = delete;

    // All of it; what the server refuses is counted and passed over. Ends early when the run stops.
    void send(const ImportConversation& conversation);

  private:
    struct Desk;   // an expert's connections on this thread
    struct Visit;  // a visitor's
    struct Ear;    // what one of the two hears of the conversation

    Desk& desk_for(const ImportConversation& conversation);
    std::unique_ptr<Visit> come(const ImportConversation& conversation);
    bool open_widget(const ImportConversation& conversation, Visit& visit);
    bool identify(const ImportConversation& conversation, Visit& visit);
    bool begin(const ImportTurn& turn, Visit& visit, Desk& desk);
    bool open_by_site(Visit& visit, Desk& desk);
    bool say(const ImportTurn& turn, Visit& visit, Desk& desk);
    bool take_answer(const ImportTurn& turn,
                     const std::string& target,
                     ImportRequests& requests,
                     std::string body,
                     Visit& visit);
    bool talk(Visit& visit, Desk& desk);
    void send_now(const ImportConversation& conversation);
    void come_to_listen(Visit& visit, ImportRequests& requests);
    void hear(Visit& visit);
    void listen(Ear& ear, const Visit& visit);
    void tell_faults(Ear& ear, const Visit& visit);
    void hear_out(Visit& visit, Desk& desk);
    void look_back();

    PeopleRun& shared_;
    std::vector<std::unique_ptr<ExpertDesk>>& experts_;
    KeptVisitors& visitors_;
    TalkRegistry& registry_;
    std::map<const ExpertDesk*, std::unique_ptr<Desk>> desks_;
    std::unique_ptr<Visit> last_;  // the visitor before, who still listens
};

}  // namespace ops
