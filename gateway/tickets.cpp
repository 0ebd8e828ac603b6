#include "gateway/tickets.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace gateway {

Request credential_of(const Request& request) {
    Request reduced{
        .method = "GET", .path = "/api/v1/live", .query = {}, .headers = {}, .body = {}};
    reduced.secure = request.secure;
    for (const std::string_view name : {"authorization", "cookie"}) {
        if (const auto value = request.header(name)) reduced.headers.emplace_back(name, *value);
    }
    return reduced;
}

std::optional<std::string> TicketBox::issue(const Principal& principal,
                                            const Request& request,
                                            std::int64_t now_ms) {
    constexpr std::size_t kSecretBytes = 32;
    std::array<std::uint8_t, kSecretBytes> secret{};
    events::fill_random(secret);
    std::string text =
        fmt::format("{}-{}-{}",
                    events::to_text(principal.tenant),
                    kTicketTag,
                    events::to_hex({reinterpret_cast<const char*>(secret.data()), secret.size()}));
    const auto digest = events::sha256({text});
    const std::lock_guard lock(mutex_);
    drop_old(now_ms);
    auto& mine = of_one_[principal.actor];
    if (by_age_.size() >= kTicketsMax || mine >= kTicketsOfOneMax) {
        if (mine == 0) of_one_.erase(principal.actor);
        return std::nullopt;
    }
    ++mine;
    tickets_.emplace(
        digest,
        Issued{.ticket = {.principal = principal, .credential = credential_of(request)},
               .until_ms = now_ms + kTicketValidMs});
    by_age_.push_back(digest);
    return text;
}

std::optional<LiveTicket> TicketBox::redeem(std::string_view text, std::int64_t now_ms) {
    const auto digest = events::sha256({text});
    const std::lock_guard lock(mutex_);
    drop_old(now_ms);
    const auto found = tickets_.find(digest);
    if (found == tickets_.end()) return std::nullopt;
    LiveTicket ticket = found->second.ticket;
    take_out(found);
    return ticket;
}

void TicketBox::take_out(std::map<events::Digest, Issued>::iterator at) {
    const auto mine = of_one_.find(at->second.ticket.principal.actor);
    if (mine != of_one_.end() && --mine->second == 0) of_one_.erase(mine);
    tickets_.erase(at);
}

void TicketBox::drop_old(std::int64_t now_ms) {
    while (!by_age_.empty()) {
        const auto oldest = tickets_.find(by_age_.front());
        if (oldest != tickets_.end()) {
            if (now_ms < oldest->second.until_ms) return;
            take_out(oldest);
        }
        by_age_.pop_front();
    }
}

}  // namespace gateway
