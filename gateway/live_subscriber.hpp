#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "events/ids.hpp"
#include "gateway/live_position.hpp"
#include "gateway/live_protocol.hpp"
#include "gateway/live_topics.hpp"

namespace gateway {

// One connection as the hub sees it. Tenant, form, actor, session and expert do not change while it
// follows anything; the rest is called on the hub's strands and must not block.
class LiveSubscriber {
  public:
    LiveSubscriber() = default;
    virtual ~LiveSubscriber() = default;
    LiveSubscriber(const LiveSubscriber&) = delete;
    LiveSubscriber& operator=(const LiveSubscriber&) = delete;

    [[nodiscard]] virtual events::TenantId tenant() const = 0;
    [[nodiscard]] virtual PositionForm form() const = 0;
    [[nodiscard]] virtual events::Uuid actor() const = 0;
    // The portal session that it came by, if any.
    [[nodiscard]] virtual std::optional<events::Uuid> session() const = 0;
    // The expert whose portal it is, if any.
    [[nodiscard]] virtual std::optional<events::Uuid> expert() const = 0;

    // The frame about the topic, and the position behind which the client goes on once it has it;
    // empty for a frame that stands nowhere.
    virtual void deliver(const LiveTopic& topic,
                         const LiveFrame& frame,
                         std::string_view position) = 0;
    [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
    // Its credential may stand for less than before, or for nothing any more.
    virtual void look_again() = 0;
};

}  // namespace gateway
