#include "events/key_ring_secrets.hpp"

#include "events/crypto.hpp"
#include "events/key_ring.hpp"

namespace events {
namespace {

using namespace std::string_view_literals;

// The first byte of a value.
constexpr char kSealed = 1;

std::string row_of(const SecretPlace& place) {
    return row_key(kRowSecret, {place.tenant.view(), place.id.view(), place.purpose});
}

std::string associated(const SecretPlace& place) {
    std::string bytes("parlour/secret/v1\0"sv);
    bytes.append(place.tenant.view()).append(place.id.view()).append(place.purpose);
    return bytes;
}

Status put_row(RingStore& store,
               const TenantId& tenant,
               const std::string& row,
               std::string_view value) {
    rocksdb::WriteBatch batch;
    batch.Put(row, rocksdb::Slice(value.data(), value.size()));
    return store.share(tenant, batch);
}

}  // namespace

Status write_secret(RingStore& store,
                    const Key256& wrapping,
                    const SecretPlace& place,
                    std::string_view secret) {
    if (secret.size() > kSecretBytesMax) {
        return store.error(Errc::kTooLarge, "a secret exceeds its limit");
    }
    const std::string row = row_of(place);
    std::string before;
    const auto found = store.get(row, before);
    if (!found) return std::unexpected(found.error());
    if (*found && before == kDestroyedSecret) {
        return store.error(Errc::kErased, "the secret was destroyed");
    }
    const std::string value = kSealed + encrypt(wrapping, associated(place), secret);
    if (auto written = put_row(store, place.tenant, row, value); !written) return written;
    return *found ? store.expunge(row) : Status{};
}

Result<SecretText> read_secret(RingStore& store, const Key256& wrapping, const SecretPlace& place) {
    std::string value;
    const auto found = store.get(row_of(place), value);
    if (!found) return std::unexpected(found.error());
    if (!*found) return store.error(Errc::kNotFound, "no such secret");
    if (value == kDestroyedSecret) return store.error(Errc::kErased, "the secret was destroyed");
    if (value.empty() || value.front() != kSealed) {
        return store.error(Errc::kUnknownSchema, "a secret of a newer program");
    }
    auto plain = decrypt(wrapping, associated(place), std::string_view(value).substr(1));
    if (!plain) return store.error(Errc::kDamaged, "a secret does not unseal");
    return SecretText(*std::move(plain));
}

Status erase_secret(RingStore& store, const SecretPlace& place) {
    const std::string row = row_of(place);
    std::string before;
    const auto found = store.get(row, before);
    if (!found) return std::unexpected(found.error());
    if (!*found) return {};
    if (before != kDestroyedSecret) {
        if (auto written = put_row(store, place.tenant, row, kDestroyedSecret); !written)
            return written;
    }
    return store.expunge(row);  // also when it was destroyed before: a crash may have come between
}

Result<std::vector<Uuid>> list_secrets(RingStore& store,
                                       const TenantId& tenant,
                                       std::string_view purpose) {
    constexpr std::size_t kPurposeAt = TenantId::kSize + Uuid::kSize;
    std::vector<Uuid> ids;
    const auto visit = [&](std::string_view key, std::string_view value) -> Status {
        key.remove_prefix(1);
        const bool fits = key.size() >= kPurposeAt && key.starts_with(tenant.view()) &&
                          key.substr(kPurposeAt) == purpose;
        const auto id =
            fits ? Uuid::from_bytes(key.substr(TenantId::kSize, Uuid::kSize)) : std::nullopt;
        if (id && value != kDestroyedSecret) ids.push_back(*id);
        return {};
    };
    if (auto scanned = store.scan(kRowSecret, visit); !scanned) {
        return std::unexpected(scanned.error());
    }
    return ids;
}

}  // namespace events
