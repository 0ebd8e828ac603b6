#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "events/error.hpp"
#include "events/log.hpp"
#include "events/pseudonym_keys.hpp"
#include "gateway/commit_reader.hpp"
#include "gateway/services.hpp"
#include "projections/analytics_event.hpp"

// What analytics is told of one company, made anew from the log for each reader: nothing of it is
// stored, so what is erased is told no more from then on. It reaches back as far as there are keys
// for pseudonyms (decision 0029).
namespace gateway {

// Bounds of one piece.
inline constexpr std::size_t kFeedCommitsMax = 1'000;
inline constexpr std::size_t kFeedBytesMax = std::size_t{512} * 1024;

class AnalyticsFeed {
  public:
    // All borrowed.
    AnalyticsFeed(events::Log& log, events::PseudonymKeys& keys, const Services& services)
        : reader_(log, services), keys_(keys), services_(services) {}

    // An event and the commit that it is of.
    struct Item {
        projections::AnalyticsEvent event;
        events::Seq seq;
        bool last_of_commit = false;
    };
    struct Piece {
        std::vector<Item> items;
        events::Seq up_to;    // what follows begins behind this commit
        bool at_end = false;  // nothing more is to be told now
    };
    // What follows behind `after`, in whole commits, ending with the one that reaches `events_max`
    // or a bound above; nothing: from the oldest that can still be told. Reads the disk; any
    // thread. kErased when something behind `after` can be told no more; kUnknownSchema, kDamaged,
    // kStorage.
    events::Result<Piece> read(const events::TenantId& tenant,
                               std::optional<events::Seq> after,
                               std::size_t events_max);

  private:
    events::Result<events::Seq> before_oldest(const events::TenantId& tenant, std::int64_t now_ms);
    events::Status tell(const ReadCommit& commit, std::int64_t now_ms, Piece& piece);

    CommitReader reader_;
    events::PseudonymKeys& keys_;
    const Services& services_;
};

}  // namespace gateway
