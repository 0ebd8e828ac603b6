#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring_store.hpp"
#include "events/secret.hpp"

// The ring's rows of secrets: sealed under the tenant's wrapping key, bound to their place, and
// overwritten by a mark when they are destroyed, so that no older copy of a row can come back
// unnoticed. Row layout: schemas/log_format.md.
namespace events {

// The value of a row whose secret was destroyed.
inline constexpr std::string_view kDestroyedSecret("\0", 1);

struct SecretPlace {
    TenantId tenant;
    std::string_view purpose;  // a fixed word; borrowed
    Uuid id;
};

Status write_secret(RingStore& store,
                    const Key256& wrapping,
                    const SecretPlace& place,
                    std::string_view secret);
Result<SecretText> read_secret(RingStore& store, const Key256& wrapping, const SecretPlace& place);
Status erase_secret(RingStore& store, const SecretPlace& place);
Result<std::vector<Uuid>> list_secrets(RingStore& store,
                                       const TenantId& tenant,
                                       std::string_view purpose);

}  // namespace events
