#pragma once

#include "gateway/http.hpp"
#include "gateway/server_live.hpp"

// A response whose body is sent as it comes about: chunked in HTTP/1.1, until the connection ends
// in HTTP/1.0. The connection serves no further request. A body that did not end as it should has
// no last chunk, so the client can tell.
namespace gateway {

class StreamSocket final : public LiveSocket {
  public:
    // Takes the connection over; `head` goes out first.
    static void begin(std::unique_ptr<Channel> channel,
                      BodyStream stream,
                      std::string_view head,
                      bool chunked,
                      const Limits& limits,
                      Lane& lane);

    StreamSocket(std::unique_ptr<Channel> channel,
                 std::shared_ptr<Outbox> outbox,
                 BodyStream stream,
                 bool chunked,
                 const Limits& limits,
                 Lane& lane);

  private:
    Fill fill() override;
    bool wants_input() override { return true; }
    void on_input(std::string_view bytes) override;
    // Nothing can be asked of the client; that it is gone shows in TCP.
    Clock::time_point idle_deadline() override { return Clock::time_point::max(); }
    void on_idle() override {}
    void on_end() override;

    void end_if_asked();

    BodyStream stream_;
    bool chunked_;
    std::size_t input_bytes_ = 0;
};

}  // namespace gateway
