#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/live_feed.hpp"
#include "gateway/live_subscriber.hpp"

// Follows what the views have read and tells it to whoever follows a topic: each frame is made once
// for staff and once for visitors, however many connections get it. What nobody follows is not even
// read.
namespace gateway {

class LiveBranch;
struct LiveBranchParts;

class LiveHub {
  public:
    // `parts` are borrowed and outlive the hub and what it posted to their executor.
    explicit LiveHub(LiveParts parts);
    ~LiveHub();
    LiveHub(const LiveHub&) = delete;
    LiveHub& operator=(const LiveHub&) = delete;

    // Who can be reached now, as event objects: told to whoever begins to follow "presence". Set
    // before the first subscription; called on a strand, must not block.
    using Snapshot = std::function<std::vector<std::string>(const events::TenantId&)>;
    void set_presence_snapshot(Snapshot snapshot);
    // Whether visitors of the widget may see the expert; without it they see none. Set likewise;
    // may read the disk.
    using Shows = std::function<bool(
        const events::TenantId&, const events::Uuid& widget, const events::Uuid& expert)>;
    void set_shows(Shows shows);

    // All of the following: any thread, never block.

    // Begins with what lies behind `after`, if given, in the order of positions and without hole or
    // double; then goes on live. Answers with frames: subscribed, gap or error. A topic followed
    // already is begun anew.
    void subscribe(std::shared_ptr<LiveSubscriber> who,
                   const LiveTopic& topic,
                   std::optional<LivePosition> after);
    void unsubscribe(std::shared_ptr<LiveSubscriber> who, const LiveTopic& topic);
    // Ends all that it follows; it is not called any more afterwards, but for what runs already.
    void leave(std::shared_ptr<LiveSubscriber> who);

    // Tells followers of a topic what stands nowhere in the log; not the connections of `except`.
    void tell(const events::TenantId& tenant,
              const LiveTopic& topic,
              std::string event_json,
              std::optional<events::Uuid> except = std::nullopt);
    // The expert can be reached from now on, or no longer: to the rosters that show the expert.
    void tell_rosters(const events::TenantId& tenant, const events::Uuid& expert, bool available);

    // Everybody who follows something of the partition looks again whether it still may.
    void look_again(events::Partition partition);
    // The views may have moved.
    void moved();
    // Nothing is told any more; what was posted does nothing. Call before the executor's end.
    void stop();

  private:
    LiveBranch& branch_of(const events::TenantId& tenant) const;

    std::shared_ptr<LiveBranchParts> parts_;
    std::vector<std::shared_ptr<LiveBranch>> branches_;  // by partition
};

}  // namespace gateway
