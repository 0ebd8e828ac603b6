#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

// What can fall due. The number stands in keys of rows: never renumber.
enum class TimerKind : std::uint8_t {
    kConfirmation = 1,  // an account whose address nobody confirmed in time
    kReservation = 2,   // something reserved and not confirmed in time
    kMail = 3,          // a mail's next attempt
    // A message that a side has neither read nor been told of: the first one, or, once some of
    // those that waited were read, the last one. By the widget only.
    kUnreadByExpert = 4,
    kUnreadByVisitor = 5,
    kInvitation = 6,  // an invitation that nobody accepted in time
};

struct Timer {
    TimerKind kind{};
    events::TenantId tenant;
    events::StreamId stream;
    events::Version version;  // of the event that set it: whoever acts on it checks this
    std::int64_t at_unix_ms = 0;
};

// Nobody is told by mail of a message after this time: a timer of an unread message gives way to
// that of a message which comes so much later, and what waits longer is left alone.
inline constexpr std::int64_t kUnreadMailedForMs = std::int64_t{72} * 60 * 60 * 1000;

// What waits for its time, of all tenants. A stream has at most one timer of a kind: an event sets
// it, replaces it or clears it, so it needs no bookkeeping of its own and a rebuild gives the same.
// Rows: 'd' kind 1 | at 8 | tenant 8 | stream 16 -> TimerRow, in the order in which they fall due
//       's' tenant 8 | stream 16 | kind 1 -> at 8
//       'u' tenant 8 | conversation 16 | kind 1 -> UnreadRow, in place of 's' for unread messages
//       'w' tenant 8 | conversation 16 -> nothing: it came through the widget
class TimerView final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "timers"; }
    [[nodiscard]] unsigned version() const override { return 2; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // The timers of a kind whose time is from `since_unix_ms` to `until_unix_ms`, both included,
    // earliest first, at most `limit`. Any thread; reads the disk; kDamaged, kStorage.
    events::Result<std::vector<Timer>> due(Store& store,
                                           TimerKind kind,
                                           std::int64_t until_unix_ms,
                                           std::size_t limit,
                                           std::int64_t since_unix_ms = 0) const;
};

}  // namespace projections
