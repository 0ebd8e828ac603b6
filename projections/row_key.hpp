#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "events/bytes.hpp"
#include "events/ids.hpp"

// Keys of rows: one letter for the kind of row, the tenant, then fixed-width parts, numbers
// big-endian, so that the byte order of the keys is the order of the numbers.
namespace projections {

inline std::string number_key(std::uint64_t value) {
    std::string key;
    events::append_number(key, value);
    return key;
}

inline std::string row_key(char kind,
                           const events::TenantId& tenant,
                           std::string_view middle = {},
                           std::string_view last = {}) {
    std::string key;
    key.reserve(1 + events::TenantId::kSize + middle.size() + last.size());
    key.push_back(kind);
    key.append(tenant.view()).append(middle).append(last);
    return key;
}

}  // namespace projections
