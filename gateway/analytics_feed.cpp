#include "gateway/analytics_feed.hpp"

#include <utility>

namespace gateway {

using events::Errc;
using events::Result;
using events::Seq;
using events::Status;

// The times of a company's commits grow with their seqs, but for a clock that was turned back.
Result<Seq> AnalyticsFeed::before_oldest(const events::TenantId& tenant, std::int64_t now_ms) {
    const auto head = services_.history.head(tenant);
    if (!head) return head;
    std::uint64_t low = 0;  // lies before
    std::uint64_t high = head->value + 1;
    while (high - low > 1) {
        const std::uint64_t middle = low + (high - low) / 2;
        const auto commit = reader_.at(tenant, Seq{middle});
        if (!commit) return std::unexpected(commit.error());
        const bool past =
            *commit && (!(*commit)->opened ||
                        events::is_past_pseudonyms((*commit)->opened->meta.time_unix_ms, now_ms));
        (past ? low : high) = middle;
    }
    return Seq{low};
}

Status AnalyticsFeed::tell(const ReadCommit& commit, std::int64_t now_ms, Piece& piece) {
    const auto& meta = commit.opened->meta;
    const auto key = keys_.key_of(meta.tenant, meta.time_unix_ms, now_ms);
    if (!key) return std::unexpected(key.error());
    auto events = projections::analytics_events(*commit.opened, projections::Pseudonyms(*key));
    if (!events) return std::unexpected(events.error());
    for (auto& event : *events) {
        piece.items.push_back({.event = std::move(event), .seq = meta.seq});
    }
    if (!events->empty()) piece.items.back().last_of_commit = true;
    return {};
}

Result<AnalyticsFeed::Piece> AnalyticsFeed::read(const events::TenantId& tenant,
                                                 std::optional<Seq> after,
                                                 std::size_t events_max) {
    const auto now_ms = services_.now_ms();
    if (!after) {
        const auto oldest = before_oldest(tenant, now_ms);
        if (!oldest) return std::unexpected(oldest.error());
        after = *oldest;
    }
    Piece piece{.items = {}, .up_to = *after};
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < kFeedCommitsMax; ++i) {
        if (piece.items.size() >= events_max || bytes >= kFeedBytesMax) return piece;
        const auto commit = reader_.at(tenant, Seq{piece.up_to.value + 1});
        if (!commit) return std::unexpected(commit.error());
        if (!*commit) {
            piece.at_end = true;
            return piece;
        }
        if ((*commit)->opened) {
            if (auto told = tell(**commit, now_ms, piece); !told) {
                // What was told so far stands; the next request is told why it goes no further.
                if (told.error().code == Errc::kErased && !piece.items.empty()) return piece;
                return std::unexpected(std::move(told.error()));
            }
        }
        ++piece.up_to.value;
        bytes += (*commit)->bytes;
    }
    return piece;
}

}  // namespace gateway
