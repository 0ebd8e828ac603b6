#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "gateway/auth.hpp"
#include "gateway/live_hub.hpp"
#include "gateway/live_port.hpp"
#include "gateway/presence_tracker.hpp"
#include "gateway/tickets.hpp"

// One live connection, whichever way it came: who it is, what it follows, and whether it still may.
namespace gateway {

inline constexpr std::size_t kTopicsOfOneMax = 64;

struct LiveTimes {
    std::chrono::milliseconds hello{5'000};       // for the first frame
    std::chrono::milliseconds recheck{30'000};    // between two looks at the credential
    std::chrono::milliseconds heartbeat{15'000};  // of an event stream
    std::chrono::milliseconds typing{1'000};      // between two typing frames that are passed on
};

// What live connections work with; borrowed, all outlive them.
struct LiveServices {
    const Services& services;
    Authenticator& authenticator;
    LiveHub& hub;
    PresenceTracker& presence;
    TicketBox& tickets;
    LiveTimes times;
    // Whether this program serves the tenant now; nothing: it serves all.
    using Serves = std::function<bool(const events::TenantId&)>;
    Serves serves{};
};

// Whom live routes are for.
Access live_access();

class LiveClient : public LiveSubscriber, public std::enable_shared_from_this<LiveClient> {
  public:
    LiveClient(const LiveServices& live, std::shared_ptr<LiveSink> sink);

    [[nodiscard]] events::TenantId tenant() const override { return tenant_; }
    [[nodiscard]] PositionForm form() const override { return form_; }
    [[nodiscard]] events::Uuid actor() const override { return actor_; }
    [[nodiscard]] std::optional<events::Uuid> session() const override { return session_; }
    [[nodiscard]] std::optional<events::Uuid> expert() const override { return expert_; }
    [[nodiscard]] std::size_t queued_bytes() const override { return sink_->queued_bytes(); }
    void look_again() override;

  protected:
    using Strand = net::strand<net::thread_pool::executor_type>;
    template <class Derived>
    std::shared_ptr<Derived> self() {
        return std::static_pointer_cast<Derived>(shared_from_this());
    }
    const Strand& strand() const { return strand_; }
    LiveSink& sink() { return *sink_; }
    const LiveServices& live() const { return live_; }

    // All of the rest: on the strand. The connection is from now on this principal's.
    void admit(const LiveTicket& ticket);
    [[nodiscard]] const std::optional<Principal>& principal() const { return principal_; }
    [[nodiscard]] bool has_ended() const { return ended_; }
    // Follows the topic where it may; else says why not, in a frame.
    static net::awaitable<void> follow(std::shared_ptr<LiveClient> client,
                                       LiveTopic topic,
                                       std::optional<LivePosition> after);
    void unfollow(const LiveTopic& topic);
    // Tells the others who follow the conversation; often is as good as once a second.
    void typing(const events::Uuid& conversation);
    // A frame that is about the connection, or about a topic that it does not follow.
    void send(const LiveFrame& frame) { deliver({}, frame, {}); }
    void close(std::uint16_t code, std::string reason);
    // The connection is no more.
    void end();

  private:
    static net::awaitable<std::optional<LiveRefusal>> refusal_for(
        std::shared_ptr<LiveClient> client, LiveTopic topic);
    static net::awaitable<void> recheck(std::shared_ptr<LiveClient> client);
    void wait_for_recheck();

    const LiveServices& live_;
    const std::shared_ptr<LiveSink> sink_;
    Strand strand_;
    net::steady_timer recheck_timer_;
    // Set by admit(), before the hub knows of this.
    events::TenantId tenant_;
    PositionForm form_{};
    events::Uuid actor_;
    std::optional<events::Uuid> session_;
    std::optional<events::Uuid> expert_;
    std::optional<Principal> principal_;
    Request credential_;
    std::optional<PresenceTracker::ExpertRef> present_;  // whose sign of life this is
    std::set<LiveTopic> topics_;
    std::map<events::Uuid, std::chrono::steady_clock::time_point> typed_;  // of topics_ only
    bool ended_ = false;
};

// For co_spawn: what escapes a live coroutine ends nothing but itself.
void log_live_failure(std::exception_ptr failure);

}  // namespace gateway
