#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "events/ids.hpp"
#include "events/key_ring.hpp"

// The nonce by which the widget's frame knows the page around it: made for an origin that may show
// the widget, good for a few minutes, and checked without having been stored. It proves that the
// server saw that origin a moment ago; it opens nothing but a visitor's token.
namespace gateway {

inline constexpr std::int64_t kBootstrapValidMs = std::int64_t{10} * 60 * 1000;

struct Bootstrap {
    events::TenantId tenant;
    events::Uuid widget;
    std::string_view origin;  // in the one spelling that browsers send
};

std::string make_nonce(const events::TenantKeys& keys,
                       const Bootstrap& bootstrap,
                       std::int64_t now_ms);
// Whether it was made for this, and is still good.
bool is_nonce(const events::TenantKeys& keys,
              const Bootstrap& bootstrap,
              std::string_view nonce,
              std::int64_t now_ms);

}  // namespace gateway
