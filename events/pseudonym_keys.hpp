#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"

// The keys by which the analytics feed replaces ids: a random one for each tenant and week, in the
// key ring, destroyed when the week is over. From then on nobody can say which of its pseudonyms
// was whose, and what happened in it is told no more (decision 0029).
namespace events {

inline constexpr std::int64_t kPseudonymWeekMs = std::int64_t{7} * 24 * 3'600 * 1'000;
// How long behind its end a week can still be read: for who reads once a day.
inline constexpr std::int64_t kPseudonymGraceMs = std::int64_t{24} * 3'600 * 1'000;

// Weeks begin on Mondays at 00:00 UTC; week 0 is that of 1970-01-01. Nothing before 1970.
std::int64_t pseudonym_week(std::int64_t time_unix_ms);
// Whether the key of the week of `time_unix_ms` is no more, or must not be used any more.
bool is_past_pseudonyms(std::int64_t time_unix_ms, std::int64_t now_ms);

// Any thread; may wait for the disk.
class PseudonymKeys {
  public:
    // Borrowed; one object for each ring.
    explicit PseudonymKeys(KeyRing& ring) : ring_(ring) {}

    // The key for what happened at `time_unix_ms`; made, and durable, at its first use. kErased for
    // a week that is past. Else as KeyRing's secrets.
    Result<Key256> key_of(const TenantId& tenant, std::int64_t time_unix_ms, std::int64_t now_ms);

    // Destroys the tenant's keys of weeks that are past; gives how many there were.
    Result<std::size_t> destroy_past(const TenantId& tenant, std::int64_t now_ms);

  private:
    using Name = std::pair<TenantId, std::int64_t>;  // a tenant, and a week
    Result<Key256> read_or_make(const Name& name);

    KeyRing& ring_;
    std::mutex mutex_;
    std::map<Name, Key256> known_;  // under mutex_; of weeks that are not past
};

}  // namespace events
