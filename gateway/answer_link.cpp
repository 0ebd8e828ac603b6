#include "gateway/answer_link.hpp"

#include "events/bytes.hpp"
#include "events/crypto.hpp"

namespace gateway {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::size_t kMacBytes = 16;
constexpr std::size_t kVersionAt = events::Uuid::kSize;
constexpr std::size_t kMinuteAt = kVersionAt + sizeof(std::uint64_t);
constexpr std::size_t kClearBytes = kMinuteAt + sizeof(std::uint32_t);

std::string mac_of(const events::TenantKeys& keys,
                   const events::TenantId& tenant,
                   std::string_view clear) {
    const auto key = events::derive_key(keys.command_ids, "parlour/answer-link/v1");
    const auto mac = events::keyed_hash(key, {tenant.view(), clear});
    return {reinterpret_cast<const char*>(mac.data()), kMacBytes};
}

}  // namespace

std::string write_answer_link(const events::TenantKeys& keys,
                              const events::TenantId& tenant,
                              const AnswerLink& link) {
    std::string bytes(link.conversation.view());
    events::append_number(bytes, link.from.value);
    events::append_number(bytes, static_cast<std::uint32_t>(link.until_unix_ms / kMinuteMs));
    bytes.append(mac_of(keys, tenant, bytes));
    return events::to_text(tenant).append("-").append(kAnswerLinkTag).append("-") +
           events::to_hex(bytes);
}

std::optional<AnswerLink> read_answer_link(const events::TenantKeys& keys,
                                           const TokenText& text,
                                           std::int64_t now_ms) {
    if (text.rest.size() != 2 * (kClearBytes + kMacBytes)) return std::nullopt;
    const auto bytes = events::from_hex(text.rest);
    if (!bytes) return std::nullopt;
    const auto clear = std::string_view(*bytes).substr(0, kClearBytes);
    const auto mac = std::string_view(*bytes).substr(kClearBytes);
    if (!events::equal_secrets(mac_of(keys, text.tenant, clear), mac)) return std::nullopt;
    const auto minute = events::get_number<std::uint32_t>(clear.data() + kMinuteAt);
    const AnswerLink link{
        .conversation = *events::Uuid::from_bytes(clear.substr(0, kVersionAt)),
        .from = events::Version{events::get_number<std::uint64_t>(clear.data() + kVersionAt)},
        .until_unix_ms = std::int64_t{minute} * kMinuteMs};
    if (now_ms >= link.until_unix_ms) return std::nullopt;
    return link;
}

}  // namespace gateway
