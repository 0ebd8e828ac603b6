#include "events/record_index.hpp"

#include <optional>
#include <variant>

#include "events/commit.hpp"
#include "events/record.hpp"
#include "events/record_head.hpp"

namespace events {

Result<decltype(Outgoing::index)> read_index(std::string_view frame) {
    thread_local Record record;
    if (auto decoded = decode_record(frame, record); !decoded) {
        return std::unexpected(decoded.error());
    }
    if (record.has_claim()) {
        const auto claim = head_of(record).claim;
        if (!claim) return std::monostate{};
        return ClaimIndex{*claim};
    }
    if (!record.has_commit()) return std::monostate{};
    thread_local OpenedHeader opened;
    if (auto read = read_header(record.commit(), opened); !read) {
        return std::unexpected(read.error());
    }
    const auto& meta = opened.meta;
    // A stream's key is bound by its first commit (K3).
    return CommitIndex{
        .tenant = meta.tenant,
        .seq = meta.seq,
        .stream = meta.stream,
        .first_version = meta.first_version,
        .binds_key = meta.first_version == Version{1} ? std::optional(meta.key_id) : std::nullopt};
}

}  // namespace events
