#include "gateway/commit_reader.hpp"

#include <utility>

#include "events/record.hpp"

namespace gateway {

using events::Errc;
using events::Result;

Result<std::optional<ReadCommit>> CommitReader::at(const events::TenantId& tenant,
                                                   events::Seq seq) {
    const auto partition = events::partition_of(tenant, services_.history.partitions());
    const auto offset = services_.history.offset_of(tenant, seq);
    if (!offset && offset.error().code == Errc::kNotFound) return std::nullopt;
    if (!offset) return std::unexpected(offset.error());
    if (*offset >= services_.runner.reached(partition)) return std::nullopt;
    const auto entries = log_.read(partition, *offset, {.records = 1});
    if (!entries) return std::unexpected(entries.error());
    if (entries->empty() || entries->front().offset != *offset) {
        return events::fail(Errc::kDamaged, "a commit is not where the index says");
    }
    const auto& frame = *entries->front().frame;
    events::Record record;
    if (auto decoded = events::decode_record(frame, record); !decoded) {
        return std::unexpected(std::move(decoded.error()));
    }
    ReadCommit commit{
        .opened = std::nullopt, .bytes = frame.size(), .frame = entries->front().frame};
    if (record.has_commit()) {
        if (auto read = events::read_header(record.commit(), commit.opened.emplace()); !read) {
            return std::unexpected(std::move(read.error()));
        }
    }
    return commit;
}

}  // namespace gateway
