#include "events/pseudonym_keys.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <string>

#include "events/bytes.hpp"
#include "events/crypto.hpp"

namespace events {
namespace {

constexpr std::string_view kPurpose = "pseudonyms";
constexpr std::int64_t kDayMs = std::int64_t{24} * 3'600 * 1'000;
// 1970-01-01 was a Thursday.
constexpr std::int64_t kMondayShiftMs = 3 * kDayMs;

std::int64_t end_of_week_ms(std::int64_t week) {
    return (week + 1) * kPseudonymWeekMs - kMondayShiftMs;
}

bool is_past_week(std::int64_t week, std::int64_t now_ms) {
    return now_ms >= end_of_week_ms(week) + kPseudonymGraceMs;
}

// A secret's id is a number here, so that the weeks of a tenant can be listed.
Uuid id_of_week(std::int64_t week) {
    Uuid id;
    const auto bytes = number_bytes(static_cast<std::uint64_t>(week));
    std::memcpy(id.bytes.data() + Uuid::kSize - bytes.size(), bytes.data(), bytes.size());
    return id;
}

std::int64_t week_of_id(const Uuid& id) {
    const auto number = id.view().substr(Uuid::kSize - sizeof(std::uint64_t));
    return static_cast<std::int64_t>(get_number<std::uint64_t>(number.data()));
}

std::optional<Key256> key_from(const SecretText& secret) {
    const auto bytes = secret.reveal();
    if (bytes.size() != Key256::size()) return std::nullopt;
    Key256 key;
    std::memcpy(key.data(), bytes.data(), bytes.size());
    return key;
}

}  // namespace

std::int64_t pseudonym_week(std::int64_t time_unix_ms) {
    return (time_unix_ms + kMondayShiftMs) / kPseudonymWeekMs;
}

bool is_past_pseudonyms(std::int64_t time_unix_ms, std::int64_t now_ms) {
    return is_past_week(pseudonym_week(time_unix_ms), now_ms);
}

Result<Key256> PseudonymKeys::key_of(const TenantId& tenant,
                                     std::int64_t time_unix_ms,
                                     std::int64_t now_ms) {
    const Name name{tenant, pseudonym_week(time_unix_ms)};
    if (is_past_week(name.second, now_ms)) {
        return fail(Errc::kErased, "the pseudonyms of that week are over");
    }
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(name); found != known_.end()) return found->second;
    auto key = read_or_make(name);
    if (key) known_.emplace(name, *key);
    return key;
}

Result<Key256> PseudonymKeys::read_or_make(const Name& name) {
    const auto& [tenant, week] = name;
    const auto secret = ring_.get_secret(tenant, kPurpose, id_of_week(week));
    if (secret) {
        const auto key = key_from(*secret);
        if (key) return *key;
        return fail(Errc::kDamaged, "a key of pseudonyms has another size");
    }
    if (secret.error().code != Errc::kNotFound) return std::unexpected(secret.error());
    Key256 made;
    fill_random({made.data(), Key256::size()});
    if (auto kept = ring_.put_secret(tenant, kPurpose, id_of_week(week), made.reveal()); !kept) {
        return std::unexpected(kept.error());
    }
    return made;
}

Result<std::size_t> PseudonymKeys::destroy_past(const TenantId& tenant, std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    std::erase_if(known_, [&](const auto& known) {
        return known.first.first == tenant && is_past_week(known.first.second, now_ms);
    });
    const auto ids = ring_.secrets_of(tenant, kPurpose);
    if (!ids) return std::unexpected(ids.error());
    std::size_t destroyed = 0;
    for (const auto& id : *ids) {
        if (!is_past_week(week_of_id(id), now_ms)) continue;
        if (auto gone = ring_.destroy_secret(tenant, kPurpose, id); !gone) {
            return std::unexpected(gone.error());
        }
        ++destroyed;
    }
    return destroyed;
}

}  // namespace events
