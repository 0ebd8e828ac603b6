#include "gateway/http_forwarded.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/http_head.hpp"

namespace gateway {

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// What one proxy wrote: who came to it, and how. Nothing where it cannot be read.
struct Hop {
    std::optional<PeerAddress> from;
    std::optional<bool> secure;
};

std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlank = " \t";
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool is_port_or_nothing(std::string_view text) {
    constexpr std::size_t kDigitsMax = 5;
    if (text.empty()) return true;
    return text.size() > 1 && text.size() <= 1 + kDigitsMax && text.front() == ':' &&
           text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

// An address with or without a port; IPv6 with a port in brackets.
std::optional<PeerAddress> parse_node(std::string_view text) {
    if (text.starts_with('[')) {
        const auto bracket = text.find(']');
        if (bracket == std::string_view::npos) return std::nullopt;
        if (!is_port_or_nothing(text.substr(bracket + 1))) return std::nullopt;
        return PeerAddress::parse(text.substr(1, bracket - 1));
    }
    if (const auto address = PeerAddress::parse(text)) return address;
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || !is_port_or_nothing(text.substr(colon))) {
        return std::nullopt;
    }
    return PeerAddress::parse(text.substr(0, colon));
}

// The grammar of one Forwarded field, left to right: a quoted text may hold every separator.
class ForwardedReader {
  public:
    explicit ForwardedReader(std::string_view text) : rest_(text) {}

    // The hops; nothing when the text breaks the grammar.
    std::optional<std::vector<Hop>> read() {
        std::vector<Hop> hops;
        do {
            Hop hop;
            bool any = false;
            named_ = false;
            do {
                skip_blanks();
                if (at_end_of_pair()) continue;
                if (!read_pair(hop)) return std::nullopt;
                any = true;
                skip_blanks();
            } while (take(';'));
            if (any) hops.push_back(hop);
        } while (take(','));
        if (!rest_.empty()) return std::nullopt;
        return hops;
    }

  private:
    bool take(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void skip_blanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    }
    [[nodiscard]] bool at_end_of_pair() const {
        return rest_.empty() || rest_.front() == ';' || rest_.front() == ',';
    }

    std::optional<std::string> read_token() {
        const std::string_view token = rest_.substr(0, rest_.find_first_of("=;, \t\""));
        if (!is_token(token)) return std::nullopt;
        rest_.remove_prefix(token.size());
        return std::string(token);
    }

    std::optional<std::string> read_quoted() {
        std::string text;
        while (!rest_.empty()) {
            if (take('"')) return text;
            take('\\');
            if (rest_.empty()) break;
            text += rest_.front();
            rest_.remove_prefix(1);
        }
        return std::nullopt;
    }

    bool read_pair(Hop& hop) {
        const auto name = read_token();
        if (!name || !take('=')) return false;
        const auto value = take('"') ? read_quoted() : read_token();
        if (!value) return false;
        if (equals_ignoring_case(*name, "for")) {
            if (std::exchange(named_, true)) return false;
            hop.from = parse_node(*value);
        } else if (equals_ignoring_case(*name, "proto")) {
            hop.secure = equals_ignoring_case(*value, "https");
        }
        return true;
    }

    std::string_view rest_;
    bool named_ = false;  // the hop being read has its "for"
};

std::vector<Hop> forwarded_hops(const Fields& fields) {
    std::vector<Hop> hops;
    for (const auto& [name, value] : fields) {
        if (name != "forwarded") continue;
        const auto read = ForwardedReader(value).read();
        if (read) {
            hops.insert(hops.end(), read->begin(), read->end());
        } else {
            hops.emplace_back();
        }
    }
    return hops;
}

std::vector<std::string_view> list_of(const Fields& fields, std::string_view field) {
    std::vector<std::string_view> items;
    for (const auto& [name, value] : fields) {
        if (name != field) continue;
        std::string_view rest = value;
        for (;;) {
            const auto comma = rest.find(',');
            items.push_back(trim(rest.substr(0, comma)));
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
    }
    return items;
}

std::vector<Hop> x_forwarded_hops(const Fields& fields) {
    const auto from = list_of(fields, "x-forwarded-for");
    const auto protocols = list_of(fields, "x-forwarded-proto");
    std::vector<Hop> hops;
    for (std::size_t i = 0; i < from.size(); ++i) {
        Hop hop{.from = parse_node(from[i]), .secure = std::nullopt};
        // Most proxies write one protocol, those in a row one for each address.
        if (!protocols.empty()) {
            const auto protocol = protocols.size() == from.size() ? protocols[i] : protocols.back();
            hop.secure = equals_ignoring_case(protocol, "https");
        }
        hops.push_back(hop);
    }
    return hops;
}

bool is_trusted(const PeerAddress& address, const ProxyTrust& trust) {
    return std::ranges::any_of(trust.proxies,
                               [&](const AddressRange& range) { return range.contains(address); });
}

}  // namespace

Origin origin_of(const Fields& fields, const Origin& connection, const ProxyTrust& trust) {
    Origin origin = connection;
    if (!is_trusted(connection.peer, trust)) return origin;
    const auto hops =
        trust.fields == ForwardedBy::kForwarded ? forwarded_hops(fields) : x_forwarded_hops(fields);
    for (auto hop = hops.rbegin(); hop != hops.rend() && is_trusted(origin.peer, trust); ++hop) {
        if (!hop->from) break;
        origin.peer = *hop->from;
        origin.secure = hop->secure.value_or(connection.secure);
    }
    return origin;
}

}  // namespace gateway
