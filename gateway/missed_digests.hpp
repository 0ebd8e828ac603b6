#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "events/ids.hpp"
#include "gateway/services.hpp"

// Which mail tells an expert of a conversation: one for all that wait at the same time, and no
// other within a pause. What was begun when is in the outbox; here is only which mail may still be
// joined, so that none is once it went out. Lost in a crash, the next mail follows after the pause.
namespace gateway {

// What one mail covers at most; the rest waits for the next.
inline constexpr std::size_t kDigestConversationsMax = 1'000;
// A mail that nobody could hand over for so long is not joined any more.
inline constexpr std::chrono::milliseconds kDigestJoinedWithin{60'000};

class MissedDigests {
  public:
    // The services are borrowed. One thread at a time.
    MissedDigests(const Services& services, std::chrono::milliseconds pause)
        : services_(services), pause_(pause) {}

    // The mail that a further conversation of the expert's names now; nothing: it waits. The id of
    // a new one is made of the expert's last one, so two that begin it at once begin the same.
    // Blocks until the views show all that the tenant's log holds.
    std::optional<events::Uuid> mail_for(const events::TenantId& tenant,
                                         const events::Uuid& expert);
    // To be called before a mail is handed over: nobody joins it any more.
    void close(const events::TenantId& tenant, const events::Uuid& mail);

  private:
    struct Open {
        events::Uuid mail;
        std::int64_t until_ms = 0;
        std::size_t conversations = 0;
    };
    [[nodiscard]] bool may_be_joined(const events::TenantId& tenant, const Open& open) const;

    const Services& services_;
    std::chrono::milliseconds pause_;
    std::map<std::pair<events::TenantId, events::Uuid>, Open> open_;  // by expert
};

// Waits until the views show everything that the tenant's log holds; false when they do not within
// AwaitedAnswer::kLongest. For threads of the program's own. `services` outlives the call.
bool views_caught_up(const Services& services, const events::TenantId& tenant);

}  // namespace gateway
