#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/limits.hpp"
#include "gateway/live_port.hpp"
#include "gateway/server_lane.hpp"

// The bounded queue between the application and one connection's I/O thread.
namespace gateway {

class Outbox final : public LiveSink {
  public:
    explicit Outbox(const Limits& limits);

    bool send(std::shared_ptr<const std::string> frame) override;
    void close(std::uint16_t code, std::string reason) override;
    [[nodiscard]] std::size_t queued_bytes() const override;

    // The rest is for the connection, on its lane's thread.

    // From here on the connection is woken when there is something to take.
    void attach(std::weak_ptr<Connection> connection, Lane& lane);
    // Drops what is queued and refuses what comes.
    void retire();
    // The next frame; nothing when the queue is empty.
    std::shared_ptr<const std::string> take();

    struct Closing {
        std::uint16_t code;
        std::string reason;
        bool overflow = false;  // frames were dropped
    };
    // How to end, once take() gives nothing; nothing while that was not asked for.
    std::optional<Closing> closing();

  private:
    void wake();

    const std::size_t bytes_max_;
    const std::size_t frames_max_;
    mutable std::mutex mutex_;  // guards everything below
    std::vector<std::shared_ptr<const std::string>> frames_;
    std::size_t first_ = 0;  // of frames_: those before were taken
    std::size_t bytes_ = 0;
    std::optional<Closing> closing_;
    bool open_ = true;
    bool woken_ = false;
    std::weak_ptr<Connection> connection_;
    Lane* lane_ = nullptr;  // while attached
};

}  // namespace gateway
