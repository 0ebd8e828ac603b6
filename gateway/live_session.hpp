#pragma once

#include "gateway/live_client.hpp"

// One WebSocket on /api/v1/live: a greeting with a ticket first, then topics (live_protocol.hpp).
namespace gateway {

class LiveSession final : public LiveConnection, public LiveClient {
  public:
    // To be started once a shared_ptr holds it.
    LiveSession(const LiveServices& live, std::shared_ptr<LiveSink> sink);
    void start();

    void on_frame(std::string frame) override;
    void on_closed() override;
    void deliver(const LiveTopic& topic,
                 const LiveFrame& frame,
                 std::string_view position) override;

  private:
    // On the strand.
    void take(const std::string& frame);
    void handle(const HelloFrame& hello);
    void handle(const SubscribeFrame& subscribe);
    void handle(const UnsubscribeFrame& unsubscribe);
    void handle(const TypingFrame& typing_in);
    void handle(const PingFrame& ping);

    net::steady_timer hello_timer_;
};

}  // namespace gateway
