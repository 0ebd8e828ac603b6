#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/limits.hpp"
#include "gateway/server_channel.hpp"
#include "gateway/server_lane.hpp"
#include "gateway/server_outbox.hpp"

// A connection that has left request and answer behind: frames go out as the application sends
// them, and what comes in is read as it comes. What frames look like is the derived class's
// business; this one gathers what is ready into few writes, keeps the limits of time, and ends.
// Holds no buffers while nothing is under way.
namespace gateway {

class LiveSocket : public Connection {
  public:
    // Both are used from start() on.
    LiveSocket(std::unique_ptr<Channel> channel,
               std::shared_ptr<Outbox> outbox,
               const Limits& limits,
               Lane& lane);

    void stop() final;
    void on_wake() final { pump(); }
    void abandon() final { end(); }

  protected:
    // Begins; what was put before is written first.
    void start();

    // Appends bytes to be written; pump() writes them.
    void put(std::string_view bytes) {
        if (!finishing_) output_.append(bytes);
    }
    [[nodiscard]] bool may_put_more() const { return output_.size() - written_ < kGatherBytes; }
    enum class Fill : std::uint8_t {
        kNothing,  // there is nothing more
        kMore,     // there is
        kLater     // there will be, and pump() is called then
    };
    // Has fill() called and writes what can be written without waiting.
    void pump();
    // The same, soon: for those who are in the middle of something.
    void pump_soon();
    // Reads what has come, after wants_input() was false.
    void read();

    // Ends at the latest then.
    void must_end_within(std::chrono::milliseconds time);
    // Ends once everything put so far is written; input is dropped. A client that may still be
    // sending gets the time to read the last of it.
    enum class Client : std::uint8_t { kMaySend, kIsDone };
    void finish(Client client);
    // Ends now.
    void end();
    [[nodiscard]] bool ended() const { return ended_; }

    [[nodiscard]] const Limits& limits() const { return limits_; }
    [[nodiscard]] Outbox& outbox() { return *outbox_; }
    void watch();

  private:
    static constexpr std::size_t kGatherBytes = TlsSession::kRecordBytesMax;

    // Puts frames while may_put_more().
    virtual Fill fill() = 0;
    virtual bool wants_input() = 0;
    // Takes all of it.
    virtual void on_input(std::string_view bytes) = 0;
    // When on_idle() is called next, and that.
    virtual Clock::time_point idle_deadline() = 0;
    virtual void on_idle() = 0;
    // Once, when it finishes or ends: nothing else of this is called any more.
    virtual void on_end() = 0;

    void on_deadline() final;
    bool write();
    void wait_to_write(IoState wanted);
    void wait_to_read(IoState wanted);
    bool drop_input(std::size_t count);
    void say_end();

    std::unique_ptr<Channel> channel_;
    std::shared_ptr<Outbox> outbox_;
    const Limits& limits_;
    std::string output_;
    std::size_t written_ = 0;  // of output_
    Clock::time_point write_deadline_ = Clock::time_point::max();
    Clock::time_point end_deadline_ = Clock::time_point::max();
    std::size_t dropped_ = 0;
    bool waits_to_write_ = false;
    bool waits_to_read_ = false;
    bool pump_is_coming_ = false;
    bool finishing_ = false;  // nothing is put any more
    bool finished_ = false;   // nothing is written any more
    bool lingers_ = true;     // then input is dropped until the client ends
    bool end_is_said_ = false;
    bool ended_ = false;
};

}  // namespace gateway
