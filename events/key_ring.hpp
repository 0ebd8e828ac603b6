#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/crypto.hpp"
#include "events/error.hpp"
#include "events/free_space.hpp"
#include "events/ids.hpp"
#include "events/secret.hpp"

namespace rocksdb {
class Env;
}

// The key ring: a store of its own, outside the data folder. Master key -> tenant key -> one data
// key per stream. A data key is written once under a fresh id, later destroyed under the same id,
// never rewrapped (K1). Ring values are record frames (KeyCreated, KeyDestroyed), and sealed
// secrets. Any thread.
namespace events {

// A data key is cached at most this long, so a destroyed one is forgotten (erasure bound).
inline constexpr std::int64_t kKeyLeaseMs = 60'000;
// Keys made ahead per tenant in one synced write; refilled in the background at a quarter.
inline constexpr std::size_t kKeyPoolSize = 256;
inline constexpr std::size_t kSecretBytesMax = std::size_t{64} * 1024;

// The keys derived from a tenant's key, one for each purpose.
struct TenantKeys {
    Key256 wrapping;      // wraps data keys
    Key256 command_ids;   // names commands and the streams they create
    Key256 body_digests;  // digests of request bodies
    Key256 blind_index;   // look-ups by address or other personal values
};

struct DataKey {
    KeyId id;
    Key256 key;
};

class RingStore;

struct KeyRingOptions {
    bool secondary = false;               // read beside a running program
    std::filesystem::path secondary_dir;  // with secondary: an empty scratch folder of the caller's
    DiskReserve reserve;                  // of the device of the ring, which no new key touches
    rocksdb::Env* env = nullptr;          // tests only: a file system that fails; outlives the ring
};

class KeyRing {
  public:
    // `folder_id` is the data folder's id: a ring belongs to one data folder. Makes the ring when
    // `dir` does not exist or is empty and `may_create` is set. kWrongMasterKey, kInUse, kStorage;
    // kNotFound when there is no ring and none may be made.
    static Result<std::unique_ptr<KeyRing>> open(const std::filesystem::path& dir,
                                                 const Key256& master,
                                                 const Uuid& folder_id,
                                                 bool may_create,
                                                 const KeyRingOptions& options = {});
    // The ring of a cluster's node, whose folder is a copy (RingStore::follow) that is filled
    // already. kWrongMasterKey: the cluster's keys are under another one.
    static Result<std::unique_ptr<KeyRing>> over(std::shared_ptr<RingStore> copy,
                                                 const Key256& master,
                                                 const KeyRingOptions& options);
    // What tells a cluster's master key from another one.
    static std::string cluster_check(const Key256& master);
    ~KeyRing();
    KeyRing(const KeyRing&) = delete;
    KeyRing& operator=(const KeyRing&) = delete;

    // As LocalLog's.
    [[nodiscard]] bool dropped_unsynced_write() const;

    // The tenant's keys, made durable on first use (not by a secondary: kNotFound). Cached.
    Result<std::shared_ptr<const TenantKeys>> tenant_keys(const TenantId& tenant);

    // A fresh data key that no stream uses yet, already durable, made under `claim` (K6). Waits for
    // one sync only when the pool is empty. kStorageFull: none made ahead is left and the disk has
    // no room for more; kStorage: the ring takes nothing more before it is opened again.
    Result<DataKey> take(const TenantId& tenant, const ClaimRef& claim);

    // The key under that id. kErased once destroyed; kNotFound if the ring never held it; kDamaged.
    // `now_ms` judges the cache's lease.
    Result<Key256> find(const TenantId& tenant, const KeyId& id, std::int64_t now_ms);

    // Destroys keys that were made ahead under an earlier claim and that no commit names (K6).
    // `is_bound` asks the log. Call once after opening, before the first take(). Gives how many.
    Result<std::size_t> discard_unused(const std::function<Result<bool>(const KeyId&)>& is_bound);

    // Writes the non-null destruction record, synced, and drops the cached key.
    Status destroy(const TenantId& tenant, const KeyId& id, const ClaimRef& claim);

    // Secrets that are no keys: hashes of passwords, tokens of other services. Each is sealed under
    // its tenant's key and named by a purpose (a fixed word) and an id that is never used again.
    // All may wait for the disk. kStorage, kDamaged; of a secondary kInvalidArgument for changes.
    // Durable when it returns. Another value under that name is replaced, its bytes gone from every
    // file. kTooLarge beyond kSecretBytesMax; kErased when it was destroyed before.
    Status put_secret(const TenantId& tenant,
                      std::string_view purpose,
                      const Uuid& id,
                      std::string_view secret);
    // kNotFound when there is none; kErased once destroyed.
    Result<SecretText> get_secret(const TenantId& tenant, std::string_view purpose, const Uuid& id);
    // Its bytes are in no file of the ring when this returns. Nothing to do when there is none.
    Status destroy_secret(const TenantId& tenant, std::string_view purpose, const Uuid& id);
    // Those of a purpose that are not destroyed.
    Result<std::vector<Uuid>> secrets_of(const TenantId& tenant, std::string_view purpose);

    // False once a write has failed: new streams are refused until it is opened again.
    [[nodiscard]] bool is_writable() const;
    // Bytes on disk.
    [[nodiscard]] std::uint64_t size_bytes() const;
    // Secondary only: takes in what has been written since.
    Status refresh();

  private:
    struct Impl;
    explicit KeyRing(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Reads a master key file: exactly 32 bytes, a regular file readable by its owner only, else
// kWrongMasterKey with what to do.
Result<Key256> read_master_key(const std::filesystem::path& file);
// Makes one (0600, synced, with its folder). kInUse when the file exists.
Result<Key256> make_master_key(const std::filesystem::path& file);
// Writes a given one the same way.
Status write_master_key(const std::filesystem::path& file, const Key256& master);
// The master key as text to write down, in groups, with a check sum; and back.
std::string recovery_text(const Key256& master);
std::optional<Key256> parse_recovery_text(std::string_view text);

}  // namespace events
