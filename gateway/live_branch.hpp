#pragma once

#include <boost/asio/strand.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "events/fence.hpp"
#include "events/record.hpp"
#include "gateway/live_feed.hpp"
#include "gateway/live_hub.hpp"
#include "gateway/live_replay.hpp"

// The hub's part for one partition: its followers, and the place up to which they were told. For
// live_hub.cpp.
namespace gateway {

struct LiveBranchParts {
    LiveParts live;
    LiveHub::Snapshot presence;
    LiveHub::Shows shows;
};

class LiveBranch : public std::enable_shared_from_this<LiveBranch> {
  public:
    LiveBranch(std::shared_ptr<const LiveBranchParts> parts, events::Partition partition);

    // As the hub's, for a tenant of this partition. Any thread.
    void subscribe(std::shared_ptr<LiveSubscriber> who,
                   const LiveTopic& topic,
                   std::optional<LivePosition> after);
    void unsubscribe(std::shared_ptr<LiveSubscriber> who, const LiveTopic& topic);
    void leave(std::shared_ptr<LiveSubscriber> who);
    void tell(const events::TenantId& tenant,
              const LiveTopic& topic,
              std::string event_json,
              std::optional<events::Uuid> except);
    void tell_rosters(const events::TenantId& tenant, const events::Uuid& expert, bool available);
    void look_again();
    void moved();
    void stop();

  private:
    struct Subscription {
        std::shared_ptr<LiveSubscriber> who;
        std::uint64_t id = 0;
        std::shared_ptr<LiveReplay> replay;  // null: live
        events::Offset until;                // the replay's; `waiting` begins there
        std::vector<ReadyFrame> waiting;     // what came meanwhile
    };
    using Clock = std::chrono::steady_clock;
    struct Followed {
        std::vector<Subscription> subscriptions;
        Clock::time_point told_changed;  // of a roster
        bool change_pending = false;
    };
    struct Tenant {
        std::unordered_map<LiveTopic, Followed> topics;
        std::size_t inboxes = 0;  // topics of that kind
    };
    // One subscription on its way through the pool and back.
    struct Handle {
        events::TenantId tenant;
        LiveTopic topic;
        std::uint64_t id = 0;
        events::Offset until;
    };
    struct Replayed {
        std::optional<LiveReplay::Start> start;  // of the first piece
        LiveReplay::Piece piece;
    };

    // All of the rest: on the strand.
    events::Status begin();
    void begin_subscription(std::shared_ptr<LiveSubscriber> who,
                            const LiveTopic& topic,
                            std::optional<LivePosition> after);
    void replay_first(const Handle& handle,
                      std::shared_ptr<LiveReplay> replay,
                      std::optional<LivePosition> after);
    void replay_next(const Handle& handle);
    void take_piece(const Handle& handle, events::Result<Replayed> outcome);
    void go_live(Subscription& subscription, const LiveTopic& topic);
    void drop(const Handle& handle, const LiveFrame& frame);
    void remove(const events::TenantId& tenant, const LiveTopic& topic, const LiveSubscriber* who);
    Subscription* find(const Handle& handle);

    void drain();
    events::Status take(const events::Entry& entry);
    events::Status dispatch(const events::OpenedHeader& opened, events::Offset offset);
    events::Status deliver(const events::TenantId& tenant,
                           const TopicItems& told,
                           events::Offset offset);
    void roster_changed(const events::TenantId& tenant, const events::StreamId& stream);
    events::Status access_changed(const events::OpenedHeader& opened);
    void tell_changed(const events::TenantId& tenant, const LiveTopic& topic);
    void tell_now(const events::TenantId& tenant,
                  const LiveTopic& topic,
                  const std::string& event_json,
                  const std::optional<events::Uuid>& except);
    void fail(const events::Error& error);

    const std::shared_ptr<const LiveBranchParts> parts_;
    const events::Partition partition_;
    net::strand<net::any_io_executor> strand_;
    std::atomic<bool> active_{false};     // somebody follows something
    std::atomic<bool> scheduled_{false};  // drain() is posted
    bool stopped_ = false;
    std::uint64_t last_id_ = 0;
    std::unordered_map<events::TenantId, Tenant> tenants_;
    std::unordered_map<const LiveSubscriber*, std::vector<LiveTopic>> topics_of_;
    // Up to before this the followers were told; of use while active.
    std::atomic<std::uint64_t> next_{0};
    events::Fence fence_;
    events::Record record_;
    events::OpenedHeader opened_;
};

}  // namespace gateway
