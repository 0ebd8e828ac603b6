#include "gateway/mail_token.hpp"

#include "events/crypto.hpp"

namespace gateway {

std::string mail_secret(const events::TenantKeys& keys, const events::Uuid& mail) {
    const auto key = events::derive_key(keys.command_ids, "parlour/mail-token/v1");
    const auto secret = events::keyed_hash(key, {mail.view()});
    return events::to_hex({reinterpret_cast<const char*>(secret.data()), secret.size()});
}

std::string link_token(std::string_view public_id, std::string_view secret) {
    return std::string(public_id).append("-").append(secret);
}

std::optional<LinkToken> parse_link_token(std::string_view text) {
    const auto dash = text.rfind('-');
    if (dash == std::string_view::npos) return std::nullopt;
    auto about = events::parse_public_id(text.substr(0, dash));
    const auto secret = text.substr(dash + 1);
    if (!about || secret.size() != 2 * events::Digest{}.size() || !events::from_hex(secret)) {
        return std::nullopt;
    }
    return LinkToken{.about = *std::move(about), .secret = secret};
}

}  // namespace gateway
