#pragma once

#include <map>
#include <optional>
#include <set>

#include "events/fence.hpp"

// What a reader of a key partition knows after each record: which data keys can be used, which are
// destroyed, and which void wrappings still lie there. Rules F2, K1, K2, T1 and V1 of the log
// protocol as one pure fold. It sees no key: those are wrapped, and the ring unwraps them.
namespace events {

class KeyFold {
  public:
    Verdict apply(const RecordKey& key, const parlour::log::v1::Record& record);

    [[nodiscard]] const std::optional<ClaimRef>& in_force() const { return fence_.in_force(); }
    // Created by a record that counts, and not destroyed.
    [[nodiscard]] bool is_usable(const KeyId& id) const;
    [[nodiscard]] bool is_destroyed(const KeyId& id) const { return destroyed_.contains(id); }

    [[nodiscard]] const std::set<KeyId>& destroyed() const { return destroyed_; }

    struct Wrapping {
        TenantId tenant;
        KeyId id;
        ClaimRef made_under;
    };
    // Those that count and are still there, by the key of their record.
    [[nodiscard]] const std::map<RecordKey, Wrapping>& wrappings() const { return wrappings_; }
    // Void ones that nothing stands over (V1).
    [[nodiscard]] const std::map<RecordKey, Wrapping>& void_wrappings() const { return voids_; }

  private:
    Fence fence_;
    std::map<RecordKey, Wrapping> wrappings_;
    std::map<RecordKey, Wrapping> voids_;
    std::set<KeyId> destroyed_;
};

}  // namespace events
