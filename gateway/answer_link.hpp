#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "gateway/auth.hpp"

// What the link of a mail "an answer waits" carries behind its "#": TENANT-ans- and
// hex(conversation 16 | version 8 | minute of its end 4 | MAC 16). It opens one thing, the answers
// of one conversation from a version on, for reading, until its end; it is no visitor's token and
// opens no route of theirs (decision 0037). It says everything by itself and is stored nowhere.
namespace gateway {

inline constexpr std::string_view kAnswerLinkTag = "ans";
inline constexpr std::int64_t kAnswerLinkValidMs = std::int64_t{7} * 24 * 60 * 60 * 1000;

struct AnswerLink {
    events::Uuid conversation;
    events::Version from;            // the first version that it shows
    std::int64_t until_unix_ms = 0;  // whole minutes are kept
};

// `keys` are the tenant's. Secret: behind a "#" and in a header only, never in a path or a query.
std::string write_answer_link(const events::TenantKeys& keys,
                              const events::TenantId& tenant,
                              const AnswerLink& link);

// Nothing for a text that these keys did not write for this tenant, and for one that is over.
std::optional<AnswerLink> read_answer_link(const events::TenantKeys& keys,
                                           const TokenText& text,
                                           std::int64_t now_ms);

}  // namespace gateway
