#include "gateway/live_position.hpp"

#include <fmt/format.h>

#include <limits>

#include "events/bytes.hpp"
#include "events/crypto.hpp"
#include "gateway/query.hpp"

namespace gateway {
namespace {

constexpr std::string_view kPositionPurpose = "position";
constexpr std::size_t kPositionBytes = sizeof(std::uint64_t) + sizeof(std::uint32_t);

std::uint64_t place_in_commit(const LivePosition& position) {
    return position.part == 0 ? std::numeric_limits<std::uint64_t>::max() : position.part;
}

events::Key256 position_key(const events::TenantKeys& keys) {
    return events::derive_key(keys.command_ids, "parlour/positions/v1");
}

std::string associated(std::string_view purpose, const events::TenantId& tenant) {
    std::string data(tenant.view());
    return data.append(purpose);
}

std::string seal(std::string_view plain,
                 std::string_view purpose,
                 const events::TenantKeys& keys,
                 const events::TenantId& tenant) {
    return events::to_hex(events::encrypt(position_key(keys), associated(purpose, tenant), plain));
}

// Nothing when it was not sealed for this purpose, or holds another number of bytes.
std::optional<std::string> open(std::string_view text,
                                std::string_view purpose,
                                const events::TenantKeys& keys,
                                const events::TenantId& tenant,
                                std::size_t bytes) {
    constexpr std::size_t kSealBytes = events::kNonceBytes + events::kTagBytes;
    if (text.size() != 2 * (kSealBytes + bytes)) return std::nullopt;
    const auto sealed = events::from_hex(text);
    if (!sealed) return std::nullopt;
    return events::decrypt(position_key(keys), associated(purpose, tenant), *sealed);
}

std::optional<LivePosition> parse_plain(std::string_view text) {
    const auto dot = text.find('.');
    const auto seq = parse_unsigned(text.substr(0, dot));
    if (!seq || *seq == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
    if (dot == std::string_view::npos) return LivePosition{.seq = events::Seq{*seq}, .part = 0};
    const auto part = parse_unsigned(text.substr(dot + 1));
    if (!part || *part == 0 || *part > std::numeric_limits<std::uint32_t>::max() || *seq == 0) {
        return std::nullopt;
    }
    return LivePosition{.seq = events::Seq{*seq}, .part = static_cast<std::uint32_t>(*part)};
}

}  // namespace

bool is_before(const LivePosition& one, const LivePosition& other) {
    if (one.seq != other.seq) return one.seq < other.seq;
    return place_in_commit(one) < place_in_commit(other);
}

std::string to_text(const LivePosition& position,
                    PositionForm form,
                    const events::TenantKeys& keys,
                    const events::TenantId& tenant) {
    if (form == PositionForm::kPlain) {
        if (position.part == 0) return fmt::format("{}", position.seq.value);
        return fmt::format("{}.{}", position.seq.value, position.part);
    }
    std::string plain;
    events::append_number(plain, position.seq.value);
    events::append_number(plain, position.part);
    return seal(plain, kPositionPurpose, keys, tenant);
}

std::string position_json(std::string_view text) {
    constexpr std::size_t kDigitsMax = std::numeric_limits<std::uint64_t>::digits10 + 1;
    const bool number = text.size() <= kDigitsMax && parse_unsigned(text).has_value();
    return number ? std::string(text) : fmt::format("\"{}\"", text);
}

std::optional<LivePosition> parse_position(std::string_view text,
                                           PositionForm form,
                                           const events::TenantKeys& keys,
                                           const events::TenantId& tenant) {
    if (text == "0") return LivePosition{};
    if (form == PositionForm::kPlain) return parse_plain(text);
    const auto plain = open(text, kPositionPurpose, keys, tenant, kPositionBytes);
    if (!plain) return std::nullopt;
    return LivePosition{
        .seq = events::Seq{events::get_number<std::uint64_t>(plain->data())},
        .part = events::get_number<std::uint32_t>(plain->data() + sizeof(std::uint64_t))};
}

std::string write_cursor(events::Seq place,
                         std::string_view list,
                         const events::TenantKeys& keys,
                         const events::TenantId& tenant) {
    std::string plain;
    events::append_number(plain, place.value);
    return seal(plain, std::string("list ").append(list), keys, tenant);
}

std::optional<events::Seq> read_cursor(std::string_view text,
                                       std::string_view list,
                                       const events::TenantKeys& keys,
                                       const events::TenantId& tenant) {
    const auto plain =
        open(text, std::string("list ").append(list), keys, tenant, sizeof(std::uint64_t));
    if (!plain) return std::nullopt;
    return events::Seq{events::get_number<std::uint64_t>(plain->data())};
}

}  // namespace gateway
