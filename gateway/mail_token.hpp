#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "events/ids.hpp"
#include "events/key_ring.hpp"

// What a link in a mail carries: whom it is about, and a secret. The secret is made of the mail's
// id by the tenant's keys, so it lies nowhere: whoever asks for the mail keeps its SHA-256, whoever
// writes the mail makes it again.
namespace gateway {

// 64 hex digits. `keys` are those of the tenant that the mail's stream is in.
std::string mail_secret(const events::TenantKeys& keys, const events::Uuid& mail);

struct LinkToken {
    events::PublicId about;  // an account or an invitation
    std::string_view secret;
};
// TENANT-TAG-HEX-SECRET.
std::string link_token(std::string_view public_id, std::string_view secret);
// `text` outlives what is given; nothing for another form.
std::optional<LinkToken> parse_link_token(std::string_view text);

}  // namespace gateway
