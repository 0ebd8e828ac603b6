#include "events/local_recent.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "events/bytes.hpp"

namespace events::local {
namespace {

// tenant | seq | kind | stream | first version | offset
constexpr std::size_t kPlaceBytes = TenantId::kSize + 8 + 1 + Uuid::kSize + 8 + 8;

template <class Pieces, class Write>
void in_rows(const Pieces& pieces, const Write& write) {
    for (std::size_t from = 0; from < pieces.size(); from += kPlacesPerRowMax) {
        write(std::span(pieces).subspan(from, std::min(kPlacesPerRowMax, pieces.size() - from)),
              from);
    }
}

}  // namespace

void append_place(std::string& journal, const CommitPlace& place) {
    journal.append(place.tenant.view());
    append_number(journal, place.seq.value);
    journal.push_back(static_cast<char>(static_cast<std::uint8_t>(place.stream.kind)));
    journal.append(place.stream.uuid.view());
    append_number(journal, place.first_version.value);
    append_number(journal, place.offset.value);
}

std::optional<std::vector<CommitPlace>> parse_places(std::string_view journal) {
    if (journal.size() % kPlaceBytes != 0) return std::nullopt;
    std::vector<CommitPlace> places;
    places.reserve(journal.size() / kPlaceBytes);
    for (; !journal.empty(); journal.remove_prefix(kPlaceBytes)) {
        const char* at = journal.data();
        auto& place = places.emplace_back();
        place.tenant = *TenantId::from_bytes({at, TenantId::kSize});
        at += TenantId::kSize;
        place.seq = Seq{get_number<std::uint64_t>(at)};
        at += 8;
        place.stream.kind = static_cast<StreamKind>(static_cast<std::uint8_t>(*at++));
        place.stream.uuid = *Uuid::from_bytes({at, Uuid::kSize});
        at += Uuid::kSize;
        place.first_version = Version{get_number<std::uint64_t>(at)};
        place.offset = Offset{get_number<std::uint64_t>(at + 8)};
    }
    return places;
}

void Recent::add(std::span<const CommitPlace> places, std::uint64_t journal) {
    const std::unique_lock lock(mutex_);
    for (const auto& place : places) {
        newest_.streams[{place.tenant, place.stream}].push_back(
            {place.first_version, place.offset});
        auto& runs = newest_.seqs[place.tenant];
        if (runs.empty() ||
            runs.back().first.value + runs.back().offsets.size() != place.seq.value) {
            runs.push_back({.first = place.seq, .offsets = {}});
        }
        runs.back().offsets.push_back(place.offset);
    }
    newest_.commits += places.size();
    newest_.journal_end = journal + 1;
}

void Recent::clear() {
    const std::unique_lock lock(mutex_);
    newest_ = {};
    folding_ = {};
}

std::optional<Offset> Recent::find(const Generation& in, const TenantId& tenant, Seq seq) {
    const auto runs = in.seqs.find(tenant);
    if (runs == in.seqs.end()) return std::nullopt;
    for (auto run = runs->second.rbegin(); run != runs->second.rend(); ++run) {
        const auto index = seq.value - run->first.value;
        if (seq >= run->first && index < run->offsets.size()) return run->offsets[index];
    }
    return std::nullopt;
}

std::optional<Offset> Recent::offset_of(const TenantId& tenant, Seq seq) const {
    const std::shared_lock lock(mutex_);
    const auto found = find(newest_, tenant, seq);
    return found ? found : find(folding_, tenant, seq);
}

Seq Recent::head_in(const Generation& in, const TenantId& tenant) {
    Seq head;
    const auto runs = in.seqs.find(tenant);
    if (runs == in.seqs.end()) return head;
    for (const auto& run : runs->second) {
        head = std::max(head, Seq{run.first.value + run.offsets.size() - 1});
    }
    return head;
}

Seq Recent::head(const TenantId& tenant) const {
    const std::shared_lock lock(mutex_);
    return std::max(head_in(newest_, tenant), head_in(folding_, tenant));
}

std::vector<StreamPlace> Recent::places(const TenantId& tenant,
                                        const StreamId& stream,
                                        Version from) const {
    std::vector<StreamPlace> out;
    const std::shared_lock lock(mutex_);
    for (const auto* const generation : {&folding_, &newest_}) {
        const auto found = generation->streams.find({tenant, stream});
        if (found == generation->streams.end()) continue;
        for (const auto& place : found->second) {
            if (place.first_version >= from) out.push_back(place);
        }
    }
    return out;
}

std::vector<TenantId> Recent::tenants() const {
    std::vector<TenantId> out;
    const std::shared_lock lock(mutex_);
    for (const auto* const generation : {&folding_, &newest_}) {
        for (const auto& [tenant, ignored] : generation->seqs) out.push_back(tenant);
    }
    return out;
}

std::vector<StreamId> Recent::streams(const TenantId& tenant) const {
    std::vector<StreamId> out;
    const std::shared_lock lock(mutex_);
    for (const auto* const generation : {&folding_, &newest_}) {
        for (const auto& [key, ignored] : generation->streams) {
            if (key.tenant == tenant) out.push_back(key.stream);
        }
    }
    return out;
}

std::size_t Recent::size() const {
    const std::shared_lock lock(mutex_);
    return newest_.commits + folding_.commits;
}

void Recent::turn_generation() {
    const std::unique_lock lock(mutex_);
    folding_ = std::exchange(newest_, {});
}

Recent::Fold Recent::fold_nodes(std::size_t count) {
    Fold out;
    chosen_streams_ = std::min(count, folding_.streams.size());
    chosen_seqs_ = std::min(count - chosen_streams_, folding_.seqs.size());
    auto stream = folding_.streams.begin();
    for (std::size_t i = 0; i < chosen_streams_; ++i, ++stream) {
        const auto& [id, places] = *stream;
        in_rows(places, [&](std::span<const StreamPlace> part, std::size_t) {
            auto& row = out.rows.emplace_back();
            row.of_stream = true;
            const auto key = stream_key(id.tenant, id.stream, part.front().first_version);
            row.key.assign(key.data(), key.size());
            for (const auto& place : part) append_stream_place(row.value, place);
        });
    }
    auto tenant = folding_.seqs.begin();
    for (std::size_t i = 0; i < chosen_seqs_; ++i, ++tenant) {
        for (const auto& run : tenant->second) {
            in_rows(run.offsets, [&](std::span<const Offset> part, std::size_t from) {
                auto& row = out.rows.emplace_back();
                const auto key = seq_key(tenant->first, Seq{run.first.value + from});
                row.key.assign(key.data(), key.size());
                for (const auto& offset : part) append_number(row.value, offset.value);
            });
        }
    }
    if (!out.rows.empty() && chosen_streams_ + chosen_seqs_ == folding_.nodes()) {
        out.journal_done = folding_.journal_end;
    }
    return out;
}

// Spread so that the older generation is on disk when the newest one is full.
Recent::Fold Recent::fold(std::size_t new_commits) {
    if (folding_.nodes() == 0) {
        if (newest_.commits < kRecentCommitsMax) return {};
        turn_generation();
    }
    const auto taken = newest_.commits + new_commits;
    const auto room = kRecentCommitsMax - std::min(kRecentCommitsMax, taken);
    if (room == 0) return fold_nodes(folding_.nodes());
    return fold_nodes(folding_.nodes() * new_commits / (room + new_commits) + 1);
}

Recent::Fold Recent::fold_all() {
    if (folding_.nodes() == 0) turn_generation();
    return fold_nodes(folding_.nodes());
}

void Recent::folded() {
    if (chosen_streams_ + chosen_seqs_ == 0) return;
    const std::unique_lock lock(mutex_);
    folding_.streams.erase(
        folding_.streams.begin(),
        std::next(folding_.streams.begin(), static_cast<std::ptrdiff_t>(chosen_streams_)));
    folding_.seqs.erase(
        folding_.seqs.begin(),
        std::next(folding_.seqs.begin(), static_cast<std::ptrdiff_t>(chosen_seqs_)));
    chosen_streams_ = chosen_seqs_ = 0;
    if (folding_.nodes() == 0) folding_ = {};
}

}  // namespace events::local
