#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"
#include "parlour/conversation/v1/events.pb.h"
#include "parlour/views/v1/rows.pb.h"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct MessageItem {
    events::Uuid id;
    parlour::conversation::v1::Author author{};
    std::int64_t time_unix_ms = 0;
    events::Seq seq;
    events::Version version;
    std::optional<events::Personal> text;  // verbatim; nothing when it was erased
};

struct PageRequest {
    events::Version after;  // messages behind this version; 0: from the first
    std::size_t limit = 0;  // 1 to kPageMessagesMax
};
inline constexpr std::size_t kPageMessagesMax = 200;

struct ConversationPage {
    events::Uuid visitor;
    events::Uuid expert;
    std::int64_t opened_unix_ms = 0;
    std::uint64_t messages = 0;                        // in the whole conversation
    parlour::conversation::v1::ConnectionMode mode{};  // unspecified until one is chosen
    std::vector<MessageItem> items;                    // oldest first
    bool more = false;                                 // messages lie behind the last item
    events::Version cursor;  // `after` of the next page: the last item's version, or this page's
};

// Conversations and their messages in order.
// Rows: 'c' tenant 8 | stream 16 -> ConversationRow
//       'm' tenant 8 | stream 16 | version 8 -> MessageRow, so that a page is one range.
class ConversationView final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "conversation"; }
    [[nodiscard]] unsigned version() const override { return 1; }
    // On one thread at a time; the queries below from any.
    events::Status apply(const Committed& committed, Rows& rows) override;

    // kNotFound for an unknown conversation, kErased for one that is being erased, kInvalidArgument
    // for a limit out of bounds, kDamaged, kStorage. Reads the disk.
    events::Result<ConversationPage> page(Store& store,
                                          events::KeyRing& keys,
                                          const events::TenantId& tenant,
                                          const events::StreamId& stream,
                                          const PageRequest& request,
                                          std::int64_t now_ms) const;

  private:
    events::Status apply_event(const Committed& committed, int index, Rows& rows);
    events::Status open_conversation(const Committed& committed, Rows& rows);
    events::Status read_conversation(const std::string& key, Rows& rows);
    events::Status choose_mode(const Committed& committed, Rows& rows);
    events::Status add_message(const Committed& committed, int index, Rows& rows);

    // Kept from call to call for their memory.
    parlour::conversation::v1::ConversationEvent event_;
    parlour::views::v1::ConversationRow conversation_;
    parlour::views::v1::MessageRow message_;
};

}  // namespace projections
