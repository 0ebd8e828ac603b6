#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/secret.hpp"
#include "gateway/http.hpp"

// What a node says to another whose request it passes on: who it is, and from where the request
// came. A keyed hash over that and the request, under a key that only nodes with the same master
// key have, makes it believed; whoever has come one hop goes no further.
namespace gateway {

inline constexpr std::string_view kHopHeader = "parlour-hop";
// How far the clocks of two nodes may be apart.
inline constexpr std::int64_t kHopValidMs = 60'000;

// The key of the hop's hash, from the master key.
events::Key256 hop_key(const events::Key256& master);

// The header's value for a request that `node` passes on.
std::string write_hop(const events::Key256& key,
                      std::string_view node,
                      const Request& request,
                      std::int64_t now_ms);

struct Hop {
    std::string node;  // who passed it on
    PeerAddress peer;  // who had asked there
    bool secure = false;
};
// Nothing without the header, and for one that no node wrote for this request just now.
std::optional<Hop> read_hop(const events::Key256& key, const Request& request, std::int64_t now_ms);

}  // namespace gateway
