#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "gateway/client_websocket.hpp"
#include "ops/import_run.hpp"
#include "ops/import_told.hpp"

// One person's live socket during an import. When it is cut it is opened again and goes on behind
// the last frame of each topic, as the pages do. One thread.
namespace ops {

class LiveSocket {
  public:
    // A ticket for the greeting; nothing when the run stops.
    using GiveTicket = std::function<std::optional<std::string>()>;
    LiveSocket(ImportRun& run,
               gateway::Url url,
               gateway::ClientOptions options,
               GiveTicket give_ticket);

    // Begins behind `after`, a position as JSON; "": now.
    void follow(const std::string& topic, const std::string& after);
    void unfollow(const std::string& topic);
    // The next frame; nothing within the time, or when the run stops.
    std::optional<LiveNote> next(std::chrono::milliseconds time);
    // What has come already, without opening anything again.
    std::optional<LiveNote> next_of_old();

    [[nodiscard]] std::chrono::steady_clock::time_point open_since() const { return open_since_; }
    [[nodiscard]] std::uint64_t reopened() const { return opened_ > 0 ? opened_ - 1 : 0; }

  private:
    bool ensure_open();
    bool greet();
    bool subscribe(const std::string& topic, const std::string& after);
    LiveNote take(const std::string& frame);

    ImportRun& run_;
    const gateway::Url url_;
    const gateway::ClientOptions options_;
    const GiveTicket give_ticket_;
    std::optional<gateway::WebSocketClient> socket_;
    std::map<std::string, std::string> topics_;  // each with the position to go on behind
    std::chrono::steady_clock::time_point open_since_;
    std::uint64_t opened_ = 0;
};

}  // namespace ops
