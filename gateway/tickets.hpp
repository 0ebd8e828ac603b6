#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "events/crypto.hpp"
#include "gateway/access.hpp"
#include "gateway/http.hpp"

// Tickets for the live socket: shown once, good for one greeting within 30 seconds, in memory only.
// So no lasting secret goes over a socket's first frame, nor stands in a URL.
namespace gateway {

inline constexpr std::string_view kTicketTag = "tkt";
inline constexpr std::int64_t kTicketValidMs = 30'000;
inline constexpr std::size_t kTicketsMax = 20'000;
inline constexpr std::size_t kTicketsOfOneMax = 100;  // of one principal, at once

// Whose the ticket is, and the credential that it stands for, to be looked at again while the
// socket lives. Not printed anywhere.
struct LiveTicket {
    Principal principal;
    Request credential;  // nothing but its credential's headers
};

// The request reduced to what says who asks.
Request credential_of(const Request& request);

class TicketBox {
  public:
    // Any thread. Nothing when too many are out: 429.
    std::optional<std::string> issue(const Principal& principal,
                                     const Request& request,
                                     std::int64_t now_ms);
    // Takes the ticket out. Nothing for one that is unknown, used or too old.
    std::optional<LiveTicket> redeem(std::string_view text, std::int64_t now_ms);

  private:
    struct Issued {
        LiveTicket ticket;
        std::int64_t until_ms;
    };
    void take_out(std::map<events::Digest, Issued>::iterator at);
    void drop_old(std::int64_t now_ms);

    std::mutex mutex_;                          // guards what follows
    std::map<events::Digest, Issued> tickets_;  // by the SHA-256 of the text
    std::deque<events::Digest> by_age_;         // may name some that are used
    std::unordered_map<events::Uuid, std::size_t> of_one_;
};

}  // namespace gateway
