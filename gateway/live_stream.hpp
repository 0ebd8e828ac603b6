#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/live_client.hpp"

// One event stream on /api/v1/live/events: the same frames as `data:` lines, for who cannot have a
// WebSocket. What it follows is said once, in the request.
namespace gateway {

// A topic of the stream and behind what it begins.
struct StreamTopic {
    LiveTopic topic;
    std::string after;  // as text; empty: now
    std::optional<LivePosition> position;
};

// The positions of all topics, by which a stream goes on: as an event's id, and back. Empty ones
// read "-". Nothing when the count is another.
std::string write_event_id(const std::vector<std::string>& positions);
std::optional<std::vector<std::string>> read_event_id(std::string_view text, std::size_t topics);

class LiveStream final : public LiveClient {
  public:
    LiveStream(const LiveServices& live,
               std::shared_ptr<LiveSink> sink,
               std::vector<StreamTopic> topics);
    // Once, when a shared_ptr holds it.
    void start(LiveTicket ticket);
    void stop();

    void deliver(const LiveTopic& topic,
                 const LiveFrame& frame,
                 std::string_view position) override;

  private:
    void wait_for_heartbeat();

    const std::vector<StreamTopic> topics_;
    std::vector<std::string> positions_;  // by topic; on the hub's strand, after start()
    net::steady_timer heartbeat_;
};

}  // namespace gateway
