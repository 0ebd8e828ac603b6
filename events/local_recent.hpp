#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "events/ids.hpp"
#include "events/local_keys.hpp"

// The newest part of the indexes by seq and by stream, in memory. What belongs together is gathered
// here before it goes to disk: the commits of a conversation come one by one over minutes and take
// one row instead of many. The journal, a row in the same synced write as the commits, holds what
// is in here; when it is in the indexes on disk, the journal's rows go. Knows no RocksDB.
namespace events::local {

// Where a commit lies, in the partition of its tenant.
struct CommitPlace {
    TenantId tenant;
    Seq seq;
    StreamId stream;
    Version first_version;
    Offset offset;
};

void append_place(std::string& journal, const CommitPlace& place);
// Nothing for bytes that append_place() did not write.
std::optional<std::vector<CommitPlace>> parse_places(std::string_view journal);

// The numbers of the rows that the journal has, from begin to before end.
struct JournalRows {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

// Commits gathered before the rows of them go to disk, spread over the writes that follow.
inline constexpr std::size_t kRecentCommitsMax = 32'768;
// Commits in one row of an index, so that a look-up never reads much more than it wants.
inline constexpr std::size_t kPlacesPerRowMax = 256;

// One thread changes it, with every function that is not const; any thread reads.
class Recent {
  public:
    // Makes commits that are durable visible; `journal` is the number of the row that holds them.
    void add(std::span<const CommitPlace> places, std::uint64_t journal);
    void clear();

    // Nothing when the commit is not among the newest: it may be on disk.
    [[nodiscard]] std::optional<Offset> offset_of(const TenantId& tenant, Seq seq) const;
    // The highest seq, 0 for none.
    [[nodiscard]] Seq head(const TenantId& tenant) const;
    // Commits of the stream from that version on, ascending; some may be on disk too.
    [[nodiscard]] std::vector<StreamPlace> places(const TenantId& tenant,
                                                  const StreamId& stream,
                                                  Version from) const;
    [[nodiscard]] std::vector<TenantId> tenants() const;
    [[nodiscard]] std::vector<StreamId> streams(const TenantId& tenant) const;
    // Commits that a next start would read from the journal.
    [[nodiscard]] std::size_t size() const;

    // Rows for the indexes on disk.
    struct Row {
        bool of_stream = false;  // else of seqs
        std::string key;
        std::string value;
    };
    struct Fold {
        std::vector<Row> rows;
        // Set with the last rows of a generation: journal rows before this one may go.
        std::optional<std::uint64_t> journal_done;
    };
    // What is to be written together with so many new commits. Nothing goes from memory before
    // folded() says that it was.
    Fold fold(std::size_t new_commits);
    // Everything there is; to be repeated until it gives no rows.
    Fold fold_all();
    void folded();

  private:
    struct StreamKey {
        TenantId tenant;
        StreamId stream;
        friend bool operator==(const StreamKey&, const StreamKey&) = default;
    };
    struct HashStream {
        std::size_t operator()(const StreamKey& key) const noexcept {
            return std::hash<TenantId>{}(key.tenant) ^ std::hash<StreamId>{}(key.stream);
        }
    };
    struct SeqRun {
        Seq first;
        std::vector<Offset> offsets;
    };
    struct Generation {
        std::unordered_map<StreamKey, std::vector<StreamPlace>, HashStream> streams;
        std::unordered_map<TenantId, std::vector<SeqRun>> seqs;
        std::size_t commits = 0;
        std::uint64_t journal_end = 0;
        [[nodiscard]] std::size_t nodes() const { return streams.size() + seqs.size(); }
    };
    static std::optional<Offset> find(const Generation& in, const TenantId& tenant, Seq seq);
    static Seq head_in(const Generation& in, const TenantId& tenant);
    Fold fold_nodes(std::size_t count);
    void turn_generation();

    mutable std::shared_mutex mutex_;
    Generation newest_;   // takes what is added
    Generation folding_;  // older; its rows are on their way to disk
    // What the last fold() chose: so many from the front of each map.
    std::size_t chosen_streams_ = 0;
    std::size_t chosen_seqs_ = 0;
};

}  // namespace events::local
