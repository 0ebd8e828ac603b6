#include "events/key_ring.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "events/key_ring_cache.hpp"
#include "events/key_ring_pool.hpp"
#include "events/key_ring_secrets.hpp"
#include "events/key_ring_store.hpp"
#include "events/record.hpp"

namespace events {
namespace {

using namespace std::string_view_literals;

constexpr char kIdentityVersion = 1;
// discard_unused() makes a write of what it has gathered when that many rows changed.
constexpr std::uint32_t kRowsPerWriteMax = 4096;

std::string_view view_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string join(std::initializer_list<std::string_view> parts) {
    std::string joined;
    for (const auto part : parts) joined.append(part);
    return joined;
}

// Associated data. Each purpose has its own label, ended by a NUL, so that no wrapped key passes
// for one of another purpose, tenant or id.
std::string tenant_key_place(const TenantId& tenant) {
    return join({"parlour/tenant-key/v1\0"sv, tenant.view()});
}
std::string data_key_place(const TenantId& tenant, const KeyId& id) {
    return join({"parlour/data-key/v1\0"sv, tenant.view(), id.view()});
}

std::string identity_of(const Key256& master, const Uuid& folder_id) {
    const Digest check =
        keyed_hash(derive_key(master, "parlour/ring-check/v1"), {folder_id.view()});
    return join({{&kIdentityVersion, 1}, folder_id.view(), view_of(check)});
}

Key256 random_key() {
    Key256 key;
    fill_random({key.data(), Key256::size()});
    return key;
}

std::optional<Key256> unwrap(const Key256& wrapping,
                             std::string_view place,
                             std::string_view wrapped) {
    auto plain = decrypt(wrapping, place, wrapped);
    if (!plain) return std::nullopt;
    Key256 key;
    const bool fits = plain->size() == Key256::size();
    if (fits) std::copy(plain->begin(), plain->end(), key.data());
    OPENSSL_cleanse(plain->data(), plain->size());
    return fits ? std::optional(key) : std::nullopt;
}

Result<std::string> frame_destroyed(const KeyId& id, const ClaimRef& claim) {
    Record record;
    record.set_term(claim.term.value);
    record.set_claim_id(std::string(claim.id.view()));
    record.mutable_key_destroyed()->set_key_id(std::string(id.view()));
    return encode_record(record);
}

std::string data_row(const KeyId& id) {
    return row_key(kRowDataKey, {id.view()});
}

}  // namespace

struct KeyRing::Impl {
    std::shared_ptr<RingStore> store;
    bool secondary;
    Key256 tenant_wrapping;  // from the master key
    KeyCache cache{kKeyLeaseMs};
    // Of a secondary: when it last looked at what the owner wrote, by the callers' clock.
    std::atomic<std::int64_t> looked_ms{std::numeric_limits<std::int64_t>::min()};
    std::shared_mutex tenants_mutex;
    std::unordered_map<TenantId, std::shared_ptr<const TenantKeys>> tenants;
    std::mutex making_tenant;
    SpaceGuard space;
    // Last, so that its thread ends before what it uses.
    std::unique_ptr<KeyPool> pool;

    Impl(std::shared_ptr<RingStore> opened,
         const Key256& master,
         const std::filesystem::path& dir,
         const KeyRingOptions& options)
        : store(std::move(opened)),
          secondary(options.secondary),
          tenant_wrapping(derive_key(master, "parlour/tenant-wrapping/v1")),
          space(dir, options.reserve) {
        if (secondary) return;
        pool = std::make_unique<KeyPool>(
            [this](const auto& tenant, const auto& claim, std::size_t count) {
                return make_keys(tenant, claim, count);
            },
            [this] { cache.turn(); });
    }

    // Looks twice for a row that a secondary may simply not have seen yet.
    Result<bool> get_fresh(const std::string& key, std::string& value) {
        auto found = store->get(key, value);
        if (!secondary || !found || *found) return found;
        if (auto caught_up = store->catch_up(); !caught_up) {
            return std::unexpected(caught_up.error());
        }
        return store->get(key, value);
    }

    // The time from which on a key read now may be cached. A secondary's view is as old as its last
    // look, and a destroyed key is forgotten one lease after that.
    Result<std::int64_t> lease_start(std::int64_t now_ms) {
        if (!secondary) return now_ms;
        const std::int64_t looked = looked_ms.load();
        if (looked <= now_ms && now_ms < looked + kKeyLeaseMs) return looked;
        if (auto reopened = store->reopen(); !reopened) {
            return std::unexpected(reopened.error());
        }
        looked_ms.store(now_ms);
        return now_ms;
    }

    std::shared_ptr<const TenantKeys> known_tenant(const TenantId& tenant) {
        const std::shared_lock lock(tenants_mutex);
        const auto found = tenants.find(tenant);
        return found == tenants.end() ? nullptr : found->second;
    }

    Result<Key256> make_tenant_key(const TenantId& tenant, const std::string& row) {
        Key256 key;
        fill_random({key.data(), Key256::size()});
        rocksdb::WriteBatch batch;
        batch.Put(row, encrypt(tenant_wrapping, tenant_key_place(tenant), key.reveal()));
        if (auto written = store->share(tenant, batch); !written) {
            return std::unexpected(written.error());
        }
        return key;
    }

    Result<Key256> tenant_key(const TenantId& tenant, bool may_make) {
        const std::string row = row_key(kRowTenant, {tenant.view()});
        std::string wrapped;
        const auto found = get_fresh(row, wrapped);
        if (!found) return std::unexpected(found.error());
        if (!*found && may_make && !secondary) return make_tenant_key(tenant, row);
        if (!*found) return store->error(Errc::kNotFound, "no key of tenant " + to_text(tenant));
        const auto key = unwrap(tenant_wrapping, tenant_key_place(tenant), wrapped);
        if (!key) return store->error(Errc::kDamaged, "the key of tenant " + to_text(tenant));
        return *key;
    }

    Result<std::shared_ptr<const TenantKeys>> tenant_keys(const TenantId& tenant, bool may_make) {
        if (auto known = known_tenant(tenant)) return known;
        const std::lock_guard making(making_tenant);
        if (auto known = known_tenant(tenant)) return known;
        const auto key = tenant_key(tenant, may_make);
        if (!key) return std::unexpected(key.error());
        auto keys = std::make_shared<const TenantKeys>(
            TenantKeys{.wrapping = derive_key(*key, "parlour/wrapping/v1"),
                       .command_ids = derive_key(*key, "parlour/command-ids/v1"),
                       .body_digests = derive_key(*key, "parlour/body-digests/v1"),
                       .blind_index = derive_key(*key, "parlour/blind-index/v1")});
        const std::unique_lock lock(tenants_mutex);
        tenants.emplace(tenant, keys);
        return keys;
    }

    Result<std::vector<DataKey>> make_keys(const TenantId& tenant,
                                           const ClaimRef& claim,
                                           std::size_t count) {
        const auto keys = tenant_keys(tenant, /*may_make=*/true);
        if (!keys) return std::unexpected(keys.error());
        Record record;
        record.set_term(claim.term.value);
        record.set_claim_id(std::string(claim.id.view()));
        auto& created = *record.mutable_key_created();
        created.set_tenant(std::string(tenant.view()));
        std::vector<DataKey> made;
        made.reserve(count);
        rocksdb::WriteBatch batch;
        std::string ids;
        for (std::size_t i = 0; i < count; ++i) {
            const DataKey& key = made.emplace_back(random_id<KeyId>(), random_key());
            created.set_key_id(std::string(key.id.view()));
            created.set_wrapped(
                encrypt((*keys)->wrapping, data_key_place(tenant, key.id), key.key.reveal()));
            auto frame = encode_record(record);
            if (!frame) return std::unexpected(frame.error());
            batch.Put(data_row(key.id), *frame);
            ids.append(key.id.view());
        }
        batch.Put(row_key(kRowBatch, {tenant.view(), random_id<Uuid>().view()}), ids);
        if (auto room = space.admit(batch.GetDataSize()); !room) {
            return std::unexpected(room.error());
        }
        if (auto written = store->share(tenant, batch); !written) {
            return std::unexpected(written.error());
        }
        return made;
    }

    // The record under a key id, into a message of this thread's. kNotFound, kDamaged.
    Result<const Record*> key_record(const KeyId& id) {
        thread_local std::string frame;
        const auto found = get_fresh(data_row(id), frame);
        if (!found) return std::unexpected(found.error());
        if (!*found) return store->error(Errc::kNotFound, "no such data key");
        thread_local Record record;
        if (auto decoded = decode_record(frame, record); !decoded) {
            return store->error(decoded.error().code, decoded.error().detail);
        }
        const bool fits =
            record.has_key_created()
                ? record.key_created().key_id() == id.view()
                : record.has_key_destroyed() && record.key_destroyed().key_id() == id.view();
        if (!fits) return store->error(Errc::kDamaged, "the row of a data key holds another");
        return &record;
    }

    // Puts the destruction of each key of a batch row that no commit names.
    Result<std::size_t> destroy_unbound(std::string_view ids,
                                        const std::function<Result<bool>(const KeyId&)>& is_bound,
                                        rocksdb::WriteBatch& batch) {
        std::size_t count = 0;
        for (; ids.size() >= KeyId::kSize; ids.remove_prefix(KeyId::kSize)) {
            KeyId id;
            std::copy_n(ids.begin(), KeyId::kSize, id.bytes.begin());
            const auto bound = is_bound(id);
            if (!bound) return std::unexpected(bound.error());
            if (*bound) continue;
            const auto record = key_record(id);
            if (!record) return std::unexpected(record.error());
            if ((*record)->has_key_destroyed()) continue;
            const auto claim_id = ClaimId::from_bytes((*record)->claim_id()).value_or(ClaimId{});
            const auto frame = frame_destroyed(id, {Term{(*record)->term()}, claim_id});
            if (!frame) return std::unexpected(frame.error());
            batch.Put(data_row(id), *frame);
            cache.drop(id);
            ++count;
        }
        return count;
    }
};

KeyRing::KeyRing(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeyRing::~KeyRing() = default;

namespace {

// Whose ring this is: written when it is new, checked when it is not.
Status check_identity(RingStore& store,
                      const Key256& master,
                      const Uuid& folder_id,
                      bool may_make) {
    const std::string row(1, kRowIdentity);
    const std::string ours = identity_of(master, folder_id);
    std::string theirs;
    const auto found = store.get(row, theirs);
    if (!found) return std::unexpected(found.error());
    if (!*found) {
        if (!store.is_empty()) return store.error(Errc::kDamaged, "it lacks its identity");
        if (!may_make) return store.error(Errc::kNotFound, "there is no key ring here");
        rocksdb::WriteBatch batch;
        batch.Put(row, ours);
        return store.write(batch);
    }
    if (theirs == ours) return {};
    if (theirs.empty() || theirs[0] != kIdentityVersion) {
        return store.error(Errc::kUnknownSchema, "its format is newer than this program");
    }
    if (theirs.size() != ours.size()) return store.error(Errc::kDamaged, "its identity is cut");
    const auto folder = theirs.substr(1, Uuid::kSize);
    if (folder != folder_id.view()) {
        return store.error(Errc::kInvalidArgument,
                           fmt::format("it belongs to data folder {}, this data folder is {}; give "
                                       "the two that belong together",
                                       to_hex(folder),
                                       to_hex(folder_id.view())));
    }
    return store.error(Errc::kWrongMasterKey,
                       "the master key is not the one this ring was made with; give the right "
                       "file, or make it again from the recovery text");
}

}  // namespace

Result<std::unique_ptr<KeyRing>> KeyRing::open(const std::filesystem::path& dir,
                                               const Key256& master,
                                               const Uuid& folder_id,
                                               bool may_create,
                                               const KeyRingOptions& options) {
    auto store = RingStore::open(dir,
                                 {.may_create = may_create,
                                  .secondary = options.secondary,
                                  .secondary_dir = options.secondary_dir,
                                  .env = options.env});
    if (!store) return std::unexpected(store.error());
    const bool may_make = may_create && !options.secondary;
    if (auto checked = check_identity(**store, master, folder_id, may_make); !checked) {
        return std::unexpected(checked.error());
    }
    return std::unique_ptr<KeyRing>(
        new KeyRing(std::make_unique<Impl>(std::move(*store), master, dir, options)));
}

std::string KeyRing::cluster_check(const Key256& master) {
    return identity_of(master, Uuid{});
}

Result<std::unique_ptr<KeyRing>> KeyRing::over(std::shared_ptr<RingStore> copy,
                                               const Key256& master,
                                               const KeyRingOptions& options) {
    const auto ours = cluster_check(master);
    const auto checked =
        copy->scan(kRowCluster, [&](std::string_view /*row*/, std::string_view check) -> Status {
            if (check == ours) return {};
            return copy->error(Errc::kWrongMasterKey,
                               "the keys of this cluster are under another master key; give every "
                               "node the same --master-key file");
        });
    if (!checked) return std::unexpected(checked.error());
    return std::unique_ptr<KeyRing>(
        new KeyRing(std::make_unique<Impl>(copy, master, copy->folder(), options)));
}

bool KeyRing::dropped_unsynced_write() const {
    return impl_->store->dropped_tail();
}

Result<std::shared_ptr<const TenantKeys>> KeyRing::tenant_keys(const TenantId& tenant) {
    return impl_->tenant_keys(tenant, /*may_make=*/true);
}

Result<DataKey> KeyRing::take(const TenantId& tenant, const ClaimRef& claim) {
    if (!impl_->pool) return impl_->store->error(Errc::kInvalidArgument, "opened for reading only");
    return impl_->pool->take(tenant, claim);
}

Result<Key256> KeyRing::find(const TenantId& tenant, const KeyId& id, std::int64_t now_ms) {
    auto cached = impl_->cache.get(tenant, id, now_ms);
    if (cached.key) return *cached.key;
    const auto since_ms = impl_->lease_start(now_ms);
    if (!since_ms) return std::unexpected(since_ms.error());
    const auto record = impl_->key_record(id);
    if (!record) return std::unexpected(record.error());
    if ((*record)->has_key_destroyed()) {
        return impl_->store->error(Errc::kErased, "the data key was destroyed");
    }
    const auto& created = (*record)->key_created();
    if (created.tenant() != tenant.view()) {
        return impl_->store->error(Errc::kNotFound, "no such data key");
    }
    const std::string wrapped = created.wrapped();
    const auto keys = impl_->tenant_keys(tenant, /*may_make=*/false);
    if (!keys) return std::unexpected(keys.error());
    const auto key = unwrap((*keys)->wrapping, data_key_place(tenant, id), wrapped);
    if (!key) return impl_->store->error(Errc::kDamaged, "a data key does not unwrap");
    impl_->cache.put(tenant, {id, *key}, *since_ms, cached.generation);
    return *key;
}

Result<std::size_t> KeyRing::discard_unused(
    const std::function<Result<bool>(const KeyId&)>& is_bound) {
    RingStore& store = *impl_->store;
    if (!impl_->pool) return store.error(Errc::kInvalidArgument, "opened for reading only");
    if (store.is_copy()) return store.error(Errc::kInvalidArgument, "a copy's keys are shared");
    if (impl_->pool->was_used()) {
        return store.error(Errc::kInvalidArgument, "unused keys are discarded before any is taken");
    }
    // A batch row goes in the same write as the destructions it led to, so a crash anywhere
    // repeats. A key that was taken may still have got no commit, so nothing drops these rows
    // before. The wrapped bytes of unbound keys seal nothing and leave the disk with the next
    // compaction.
    std::size_t count = 0;
    rocksdb::WriteBatch batch;
    auto scanned = store.scan(kRowBatch, [&](std::string_view row, std::string_view ids) -> Status {
        const auto destroyed = impl_->destroy_unbound(ids, is_bound, batch);
        if (!destroyed) return std::unexpected(destroyed.error());
        count += *destroyed;
        batch.Delete(rocksdb::Slice(row.data(), row.size()));
        if (batch.Count() < kRowsPerWriteMax) return {};
        auto written = store.write(batch);
        batch.Clear();
        return written;
    });
    if (!scanned) return std::unexpected(scanned.error());
    if (batch.Count() == 0) return count;
    if (auto written = store.write(batch); !written) return std::unexpected(written.error());
    return count;
}

Status KeyRing::destroy(const TenantId& tenant, const KeyId& id, const ClaimRef& claim) {
    RingStore& store = *impl_->store;
    if (impl_->secondary) return store.error(Errc::kInvalidArgument, "opened for reading only");
    const auto record = impl_->key_record(id);
    if (!record) return std::unexpected(record.error());
    if ((*record)->has_key_created()) {
        if ((*record)->key_created().tenant() != tenant.view()) {
            return store.error(Errc::kNotFound, "no such data key");
        }
        const auto frame = frame_destroyed(id, claim);
        if (!frame) return std::unexpected(frame.error());
        rocksdb::WriteBatch batch;
        batch.Put(data_row(id), *frame);
        if (auto written = store.share(tenant, batch); !written) return written;
    }
    impl_->cache.drop(id);
    // Also when it was destroyed before: a crash may have come between.
    return store.expunge(data_row(id));
}

Status KeyRing::put_secret(const TenantId& tenant,
                           std::string_view purpose,
                           const Uuid& id,
                           std::string_view secret) {
    if (impl_->secondary) {
        return impl_->store->error(Errc::kInvalidArgument, "opened for reading only");
    }
    const auto keys = tenant_keys(tenant);
    if (!keys) return std::unexpected(keys.error());
    return write_secret(*impl_->store, (*keys)->wrapping, {tenant, purpose, id}, secret);
}

Result<SecretText> KeyRing::get_secret(const TenantId& tenant,
                                       std::string_view purpose,
                                       const Uuid& id) {
    const auto keys = impl_->tenant_keys(tenant, /*may_make=*/false);
    if (!keys) return std::unexpected(keys.error());
    return read_secret(*impl_->store, (*keys)->wrapping, {tenant, purpose, id});
}

Status KeyRing::destroy_secret(const TenantId& tenant, std::string_view purpose, const Uuid& id) {
    if (impl_->secondary) {
        return impl_->store->error(Errc::kInvalidArgument, "opened for reading only");
    }
    return erase_secret(*impl_->store, {tenant, purpose, id});
}

Result<std::vector<Uuid>> KeyRing::secrets_of(const TenantId& tenant, std::string_view purpose) {
    return list_secrets(*impl_->store, tenant, purpose);
}

bool KeyRing::is_writable() const {
    return impl_->store->is_writable();
}

std::uint64_t KeyRing::size_bytes() const {
    return impl_->store->size_bytes();
}

Status KeyRing::refresh() {
    if (!impl_->secondary) {
        return impl_->store->error(Errc::kInvalidArgument, "only a secondary is refreshed");
    }
    auto reopened = impl_->store->reopen();
    impl_->cache.clear();
    return reopened;
}

}  // namespace events
