#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "events/ids.hpp"

// Keys of rows: one letter for the kind of row, the tenant, then fixed-width parts, numbers
// big-endian, so that the byte order of the keys is the order of the numbers.
namespace projections {

inline std::string number_key(std::uint64_t value) {
    std::string key(sizeof(value), '\0');
    for (std::size_t i = 0; i < sizeof(value); ++i) {
        key[sizeof(value) - 1 - i] = static_cast<char>((value >> (8 * i)) & 0xffU);
    }
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
