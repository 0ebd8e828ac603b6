#pragma once

#include <cstddef>
#include <string_view>

namespace mail {

inline constexpr std::size_t kLinkBytesMax = 2'000;

// Whether this may be a link in a mail: https with a host, or http where the host is this machine;
// visible ASCII without quotes, angle brackets, backslash, and nobody's name in front of the host.
bool is_link(std::string_view url);

// localhost, 127.x.x.x, [::1] (with or without brackets).
bool is_loopback(std::string_view host);

}  // namespace mail
