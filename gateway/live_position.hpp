#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/ids.hpp"
#include "events/key_ring.hpp"

// Places in a tenant's log as clients are told them (ops/decisions/0011). Staff and integrators get
// the seq; visitors a token that only this tenant's key opens, since a seq tells how much a company
// does.
namespace gateway {

// Behind a commit, or behind the first events of one.
struct LivePosition {
    events::Seq seq;         // 0: before everything
    std::uint32_t part = 0;  // events of that commit; 0: all of them
    friend bool operator==(const LivePosition&, const LivePosition&) = default;
};

// Whether `one` lies before `other`.
bool is_before(const LivePosition& one, const LivePosition& other);

enum class PositionForm : std::uint8_t { kPlain, kOpaque };

// Plain: "12", "12.1" behind the first event of commit 12. Opaque: hex of AES-256-GCM, other bytes
// each time.
std::string to_text(const LivePosition& position,
                    PositionForm form,
                    const events::TenantKeys& keys,
                    const events::TenantId& tenant);
// That text as a JSON value: a number where it is one, else a string.
std::string position_json(std::string_view text);
// Nothing for a text of another form, tenant or purpose. "0" is the beginning in either form.
std::optional<LivePosition> parse_position(std::string_view text,
                                           PositionForm form,
                                           const events::TenantKeys& keys,
                                           const events::TenantId& tenant);

// The place where the next page of a list goes on, opaque for everybody: it means nothing outside
// its list. `list` names the list and whose it is.
std::string write_cursor(events::Seq place,
                         std::string_view list,
                         const events::TenantKeys& keys,
                         const events::TenantId& tenant);
std::optional<events::Seq> read_cursor(std::string_view text,
                                       std::string_view list,
                                       const events::TenantKeys& keys,
                                       const events::TenantId& tenant);

}  // namespace gateway
