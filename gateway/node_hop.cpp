#include "gateway/node_hop.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdlib>

#include "events/crypto.hpp"
#include "events/ids.hpp"

namespace gateway {
namespace {

constexpr std::size_t kParts = 5;

std::string text_of(const PeerAddress::Bytes& bytes) {
    return events::to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string mac_of(const events::Key256& key, std::string_view said, const Request& request) {
    const auto body = events::sha256({request.body});
    const auto mac =
        events::keyed_hash(key,
                           {said,
                            request.method,
                            request.path,
                            request.query,
                            {reinterpret_cast<const char*>(body.data()), body.size()}});
    return events::to_hex({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

// "MS;NODE;PEER;SECURE;MAC", all five or nothing.
std::optional<std::array<std::string_view, kParts>> split(std::string_view text) {
    std::array<std::string_view, kParts> parts;
    for (std::size_t i = 0; i < kParts; ++i) {
        const auto end = text.find(';');
        if ((end == std::string_view::npos) != (i + 1 == kParts)) return std::nullopt;
        parts.at(i) = text.substr(0, end);
        if (end != std::string_view::npos) text.remove_prefix(end + 1);
    }
    return parts;
}

}  // namespace

events::Key256 hop_key(const events::Key256& master) {
    return events::derive_key(master, "parlour/node-hop/v1");
}

std::string write_hop(const events::Key256& key,
                      std::string_view node,
                      const Request& request,
                      std::int64_t now_ms) {
    std::string said = fmt::format(
        "{};{};{};{}", now_ms, node, text_of(request.peer.reveal()), request.secure ? 1 : 0);
    const auto mac = mac_of(key, said, request);
    return said + ';' + mac;
}

std::optional<Hop> read_hop(const events::Key256& key,
                            const Request& request,
                            std::int64_t now_ms) {
    const auto text = request.header(kHopHeader);
    if (!text) return std::nullopt;
    const auto parts = split(*text);
    if (!parts) return std::nullopt;
    const auto& [ms, node, peer, secure, mac] = *parts;
    const auto said = text->substr(0, text->size() - mac.size() - 1);
    if (!events::equal_secrets(mac, mac_of(key, said, request))) return std::nullopt;
    std::int64_t written_ms = 0;
    const auto number = std::from_chars(ms.data(), ms.data() + ms.size(), written_ms);
    if (number.ec != std::errc() || std::abs(now_ms - written_ms) > kHopValidMs) {
        return std::nullopt;
    }
    const auto address = events::from_hex(peer);
    PeerAddress::Bytes bytes{};
    if (!address || address->size() != bytes.size()) return std::nullopt;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes.at(i) = static_cast<std::uint8_t>((*address)[i]);
    }
    return Hop{.node = std::string(node), .peer = PeerAddress(bytes), .secure = secure == "1"};
}

}  // namespace gateway
