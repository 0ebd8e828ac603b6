#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"
#include "parlour/expert/v1/events.pb.h"
#include "projections/file_ref.hpp"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct ExpertTagItem {
    parlour::expert::v1::TagKind kind{};
    events::Personal value;
};

// Which ways to reach an expert are open.
struct ExpertChannels {
    bool chat = true;
    bool audio = true;
    bool video = true;
    bool booking = true;
};

struct ExpertItem {
    events::Uuid id;
    events::Seq added;                     // the order of the directory
    events::Version version;               // of the newest event
    std::optional<events::Personal> name;  // what to call the expert; nothing when it was erased
    events::Personal title;
    events::Personal description;
    events::Personal availability;
    std::vector<ExpertTagItem> tags;
    ExpertChannels channels;
    std::optional<FileRef> photo;
};

struct ExpertQuery {
    std::vector<events::Uuid> tags;  // ids of tags; an expert must have all
    // Whether the expert may be shown at all; empty: every one.
    std::function<bool(const events::Uuid&)> wanted;
    events::Seq after;       // experts added behind this; 0: from the first
    std::size_t limit = 50;  // at least 1
};
struct ExpertPage {
    std::vector<ExpertItem> items;  // in the order they were added
    bool more = false;
    events::Seq cursor;  // `after` of the next page
};

// The experts of a company who can be asked, in the order they were added, and by their tags, whose
// ids are keyed hashes: a search unseals nothing but what it shows. Those who are still to come and
// those who were deactivated are not among them, but for read() and channels(). Rows: 'e' tenant 8
// | seq 8 -> ExpertRow, in the order they were added
//       'i' tenant 8 | expert 16 -> the seq, to tell whether there is one
//       'p' tenant 8 | expert 16 -> ExpertProfileRow
//       't' tenant 8 | tag id 16 | seq 8 -> expert 16
class ExpertDirectory final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "expert-directory"; }
    [[nodiscard]] unsigned version() const override { return 4; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Queries: any thread; they read the disk; kDamaged, kStorage.
    events::Result<bool> exists(Store& store,
                                const events::TenantId& tenant,
                                const events::Uuid& expert) const;
    // kNotFound when nobody can be asked.
    events::Result<events::Uuid> first(Store& store, const events::TenantId& tenant) const;
    // All of them. Empty for an unknown tenant.
    events::Result<std::vector<ExpertItem>> list(Store& store,
                                                 events::KeyRing& keys,
                                                 const events::TenantId& tenant,
                                                 std::int64_t now_ms) const;
    // Those asked for, a page at a time.
    events::Result<ExpertPage> find(Store& store,
                                    events::KeyRing& keys,
                                    const events::TenantId& tenant,
                                    const ExpertQuery& query,
                                    std::int64_t now_ms) const;
    // kNotFound for an unknown expert.
    events::Result<ExpertItem> read(Store& store,
                                    events::KeyRing& keys,
                                    const events::TenantId& tenant,
                                    const events::Uuid& expert,
                                    std::int64_t now_ms) const;
    // The expert's place in the order of the directory; kNotFound for an unknown one.
    events::Result<events::Seq> added(Store& store,
                                      const events::TenantId& tenant,
                                      const events::Uuid& expert) const;
    // Of the photos of all experts but one.
    events::Result<std::uint64_t> picture_bytes(Store& store,
                                                const events::TenantId& tenant,
                                                const events::Uuid& but) const;
    // All open for an unknown expert.
    events::Result<ExpertChannels> channels(Store& store,
                                            const events::TenantId& tenant,
                                            const events::Uuid& expert) const;
    // What the wanted experts can be searched by, each tag once; at most kTagValuesMax.
    events::Result<std::vector<ExpertTagItem>> tag_values(
        Store& store,
        events::KeyRing& keys,
        const events::TenantId& tenant,
        const std::function<bool(const events::Uuid&)>& wanted,
        std::int64_t now_ms) const;
};
inline constexpr std::size_t kTagValuesMax = 1'000;

}  // namespace projections
