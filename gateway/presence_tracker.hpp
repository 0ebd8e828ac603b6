#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "commands/presence.hpp"
#include "events/error.hpp"
#include "gateway/availability.hpp"
#include "projections/conversation_view.hpp"
#include "projections/presence_board.hpp"
#include "projections/store.hpp"

// Who can be reached this moment. An expert says so and must be heard of within the lease; what
// visitors see changes at once, what is recorded only when it lasts. Leases are in memory: after a
// restart the board is as it was recorded and the leases begin anew.
namespace gateway {

// An open conversation without a message for this long does not keep its expert busy.
inline constexpr std::chrono::minutes kLiveConversationIdle{30};

// How an expert is seen.
struct ShownPresence {
    commands::Reach reach{};
    parlour::presence::v1::OfflineReason reason{};  // with kOffline; unspecified: never online
    parlour::presence::v1::BusyCause cause{};       // with kBusy
    std::int64_t since_unix_ms = 0;                 // 0: ever since
};

class PresenceTracker final : public Availability {
  public:
    struct ExpertRef {
        events::TenantId tenant;
        events::Uuid expert;
        friend auto operator<=>(const ExpertRef&, const ExpertRef&) = default;
    };
    struct Parts {
        projections::Store& store;
        const projections::PresenceBoard& board;
        const projections::ConversationView& conversations;
        // Records a change that lasted, and tells once whether it was. `actor` is the account that
        // asked for it, if one did.
        std::function<void(const ExpertRef&,
                           const commands::RecordReach&,
                           std::optional<events::Uuid> actor,
                           std::function<void(bool)> done)>
            record;
        // Told of every change of what is seen, in order. Must not block nor call back.
        std::function<void(const ExpertRef&, const ShownPresence&)> on_change;
        std::function<std::int64_t()> now_ms;
    };
    struct Times {
        std::chrono::milliseconds lease{60'000};
        std::chrono::milliseconds grace{30'000};
        std::chrono::milliseconds look_every{1'000};
    };
    // All borrowed.
    PresenceTracker(Parts parts, Times times);
    ~PresenceTracker() override;

    // Whose experts; nothing: everybody's.
    using Whose = std::function<bool(const events::TenantId&)>;
    // Takes the board over as it was recorded, for them. Before anything else of theirs. Reads the
    // disk.
    events::Status restore(const Whose& whose = {});
    // Knows nothing of their experts any more: another node does.
    void forget(const Whose& whose);
    // Looks by itself, on the executor, until stop(); look() is the same by hand. Reads the disk.
    void start(const boost::asio::any_io_executor& executor);
    void look();
    // Ends looking, and records at once who asked to be offline, so that a restart does not bring
    // them back; waits for that, at most two seconds.
    void stop();

    // The rest: any thread; never blocks.

    // What the expert wants to be seen as. Renews the lease.
    void want(const ExpertRef& who, commands::Reach wanted, std::optional<events::Uuid> account);
    // A portal's connection is a sign of life as long as it is open; several count once.
    void connected(const ExpertRef& who);
    void disconnected(const ExpertRef& who);

    [[nodiscard]] ShownPresence shown(const ExpertRef& who) const;
    // Those of the tenant who are not simply offline.
    [[nodiscard]] std::vector<std::pair<events::Uuid, ShownPresence>> of_tenant(
        const events::TenantId& tenant) const;
    [[nodiscard]] bool is_available(const events::TenantId& tenant,
                                    const events::Uuid& expert) const override;
    [[nodiscard]] bool is_offline(const events::TenantId& tenant,
                                  const events::Uuid& expert) const override;

  private:
    struct Core;
    std::shared_ptr<Core> core_;
};

// "offline", "online", "busy".
std::string_view name_of(commands::Reach reach);

}  // namespace gateway
