#pragma once

#include <string>
#include <string_view>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "parlour/views/v1/rows.pb.h"
#include "projections/conversation_view.hpp"

// The keys and rows of the conversation view, for its own files only.
namespace projections {

inline constexpr char kConversationRow = 'c';
inline constexpr char kMessageRow = 'm';
inline constexpr char kOpenList = 'o';
inline constexpr char kClosedList = 'x';
inline constexpr char kVisitorList = 'v';

// Behind list keys, so that the higher seq comes first.
std::string newest_first(events::Seq seq);

std::string conversation_key(const events::TenantId& tenant, const events::Uuid& conversation);
std::string message_key(const events::TenantId& tenant,
                        const events::Uuid& conversation,
                        std::uint64_t version);

// kErased for a row without its opening: the conversation is being erased. kDamaged.
events::Result<ConversationHead> parse_conversation_row(std::string_view value);

}  // namespace projections
