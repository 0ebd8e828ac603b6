#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ops/import_live.hpp"
#include "ops/import_people.hpp"
#include "ops/import_requests.hpp"
#include "ops/import_run.hpp"
#include "ops/import_told.hpp"

// The experts of an import: logged in, at their desks, each listening to the own inbox.
namespace ops {

struct LiveCounts {
    std::atomic<std::uint64_t> subscribers{0};
    std::atomic<std::uint64_t> delivered{0};
    std::atomic<std::uint64_t> reconnected{0};
    std::atomic<std::uint64_t> reordered{0};
    std::atomic<std::uint64_t> faults{0};
};

// What all threads of an import by people share.
struct PeopleRun {
    ImportRun& run;
    const ImportOptions& options;
    const PeopleOptions& people;
    const gateway::Url& url;
    LiveCounts counts;

    // Counts one fault of live delivery and says where.
    void fault(std::string_view where, std::string_view what);
};

// Whoever asks: requests over a connection of their own, from `local_address` if that is not empty.
ImportRequests requests_of(PeopleRun& shared,
                           const std::string& local_address,
                           Headers credential,
                           std::string whose);
// A ticket for the live socket.
std::optional<std::string> ticket_of(ImportRequests& requests);

class ExpertDesk {
  public:
    // `number` names the expert in lines, from 1.
    ExpertDesk(PeopleRun& shared, const PeopleOptions::Account& account, std::size_t number);
    ~ExpertDesk();
    ExpertDesk(const ExpertDesk&) = delete;
    ExpertDesk& operator=(const ExpertDesk&) = delete;

    // Logs in, says that the expert can be reached, and follows the inbox. False when the run
    // stops.
    bool sit_down();
    // Ends listening; what was not right is counted.
    void stand_up(const std::map<std::string, std::string>& expert_of);

    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const Headers& credential() const { return credential_; }
    InboxEar& inbox() { return inbox_; }

  private:
    bool log_in(ImportRequests& requests);
    void listen(const std::stop_token& stop, LiveSocket& socket);

    PeopleRun& shared_;
    const PeopleOptions::Account& account_;
    const std::string name_;
    std::string id_;
    Headers credential_;
    InboxEar inbox_;
    std::unique_ptr<ImportRequests> requests_;  // of the listener
    std::unique_ptr<LiveSocket> socket_;        // of the listener
    std::jthread listener_;
};

}  // namespace ops
