#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "events/secret.hpp"
#include "gateway/engine.hpp"
#include "gateway/forward.hpp"
#include "gateway/live_hub.hpp"
#include "gateway/presence_tracker.hpp"
#include "gateway/services.hpp"
#include "gateway/settings.hpp"

// What makes an App one node among several: it owns some partitions, passes on what belongs to the
// others, and answers what the others pass on. Decision 0026.
namespace gateway {

class Cluster {
  public:
    struct Parts {
        Engine& engine;  // with an assignment
        NodeSettings node;
        events::Key256 master;
        const Services& services;
        LiveHub& hub;
        PresenceTracker& presence;
        // Beside what is done anyhow, when a partition was gained, before it is served; may block.
        std::function<void(events::Partition)> on_gained;
    };
    // All borrowed. From here on commands that cross tenants find their way.
    explicit Cluster(Parts parts);
    ~Cluster();  // stops
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    // For the writers' services.
    void held(events::Partition partition, bool holds);
    // Whether the partition's own work, policies and timers, is this node's.
    [[nodiscard]] bool is_ours(events::Partition partition) const;
    [[nodiscard]] bool serves(const events::TenantId& tenant) const;
    // As gateway::settled, for a tenant of another node's.
    net::awaitable<bool> settled_there(events::TenantId tenant, events::Seq position) const;

    // Begins to claim what is assigned here. As events::Assignment::start.
    events::Status start();
    // Gives up what it owns, so that the others take it over.
    void stop();

    // Around what answers here.
    [[nodiscard]] Handler handler(Handler local) const;
    [[nodiscard]] LiveUpgrade live(LiveUpgrade local) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
