#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "projections/conversation_view.hpp"
#include "projections/store.hpp"

// The lists that people see their conversations in: an expert's inbox, a visitor's own. Queries
// over the conversation view's rows. Any thread; they read the disk; kDamaged, kStorage.
namespace projections {

inline constexpr std::size_t kListItemsMax = 200;

struct ListedConversation {
    events::Uuid id;
    events::Seq place;  // in the list; `before` of a request that goes on behind it
    ConversationHead head;
};

struct ConversationList {
    std::vector<ListedConversation> items;
    bool more = false;
};

enum class InboxFilter : std::uint8_t { kAll, kOpen, kClosed };

struct InboxRequest {
    InboxFilter filter{};
    std::optional<events::Seq> before;  // nothing: from the top
    std::size_t limit = 0;              // 1 to kListItemsMax, else kInvalidArgument
};

// The expert's conversations, the one with the newest message first, none twice. One that is closed
// or opened again while the list is read may be missing from a list of all; a new message brings it
// to the top in any case.
events::Result<ConversationList> expert_inbox(Store& store,
                                              const ConversationView& view,
                                              const events::TenantId& tenant,
                                              const events::Uuid& expert,
                                              const InboxRequest& request);

struct VisitorListRequest {
    std::optional<events::Seq> before;
    std::size_t limit = 0;
};

// The visitor's own, the last opened first.
events::Result<ConversationList> visitor_conversations(Store& store,
                                                       const ConversationView& view,
                                                       const events::TenantId& tenant,
                                                       const events::Uuid& visitor,
                                                       const VisitorListRequest& request);

// How many conversations the visitor opened with this expert through the widget, as far as the view
// has come.
events::Result<std::uint64_t> opened_with(Store& store,
                                          const ConversationView& view,
                                          const events::TenantId& tenant,
                                          const events::Uuid& visitor,
                                          const events::Uuid& expert);

// How many of the expert's open conversations had a message at or after that time, counted up to
// `most`.
struct LiveCountRequest {
    std::int64_t since_unix_ms = 0;
    std::size_t most = 0;
};
events::Result<std::size_t> count_live(Store& store,
                                       const ConversationView& view,
                                       const events::TenantId& tenant,
                                       const events::Uuid& expert,
                                       const LiveCountRequest& request);

}  // namespace projections
