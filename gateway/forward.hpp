#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "events/secret.hpp"
#include "gateway/client_links.hpp"
#include "gateway/http.hpp"
#include "gateway/live_port.hpp"
#include "gateway/node_hop.hpp"
#include "gateway/ownership.hpp"

// Any node takes any request: what belongs to a tenant whose partition another node owns goes
// there, once, and the answer comes back as it is. Decision 0027.
namespace gateway {

// Behind this only nodes are answered.
inline constexpr std::string_view kNodePrefix = "/node/v1/";

class Forwarder {
  public:
    struct Parts {
        const Ownership& ownership;
        ClientLinks& links;
        std::uint16_t partitions;
        std::string node;
        events::Key256 hop_key;
        std::function<std::int64_t()> now_ms;
    };
    // All borrowed.
    explicit Forwarder(Parts parts) : parts_(std::move(parts)) {}

    // `local` answers what is served here and what belongs nowhere; `nodes` what other nodes ask
    // for themselves. 503 "owner-unknown", "owner-unreachable" or "not-owner", all with
    // Retry-After, when nobody can at the moment; 403 "hop-invalid" for a request that claims to
    // come from a node and does not.
    Handler handler(Handler local, Handler nodes) const;

    // For a listener of the nodes' own: `all`, for what a node has passed on; 404 for the rest.
    static Handler for_nodes(Handler all);

    // Sockets likewise: whose they are is known from the ticket in their first frame.
    LiveUpgrade live(LiveUpgrade local) const;

    // A request of this node's own to whoever leads the partition. kUnavailable also when nobody is
    // known to.
    net::awaitable<events::Result<Response>> ask(events::Partition partition,
                                                 Request request) const;

    struct Counts {
        std::uint64_t passed_on = 0;
        std::uint64_t failed = 0;         // of these: no answer came
        std::uint64_t owner_unknown = 0;  // not passed on, for want of an address
        std::uint64_t taken = 0;          // from other nodes
    };
    [[nodiscard]] Counts counts() const;

  private:
    friend class LivePasser;
    net::awaitable<Response> answer(Request request,
                                    const Handler* local,
                                    const Handler* nodes) const;
    net::awaitable<Response> pass_on(std::string address, Request request) const;
    [[nodiscard]] HeaderFields hop_of(const Request& request) const;

    const Parts parts_;
    mutable std::atomic<std::uint64_t> passed_on_{0};
    mutable std::atomic<std::uint64_t> failed_{0};
    mutable std::atomic<std::uint64_t> owner_unknown_{0};
    mutable std::atomic<std::uint64_t> taken_{0};
};

}  // namespace gateway
