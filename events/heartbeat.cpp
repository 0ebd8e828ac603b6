#include "events/heartbeat.hpp"

#include <string>
#include <utility>

#include "events/record.hpp"

namespace events {
namespace {

RecordKey heartbeat_key(Partition partition) {
    RecordKey key{.bytes = {'h', 'e', 'a', 'r', 't', 'b', 'e', 'a', 't'}};
    key.bytes[14] = static_cast<std::uint8_t>(partition.value >> 8U);
    key.bytes[15] = static_cast<std::uint8_t>(partition.value);
    return key;
}

}  // namespace

Result<Outgoing> heartbeat(Partition partition, const ClaimRef& claim) {
    Record record;
    record.set_term(claim.term.value);
    record.set_claim_id(std::string(claim.id.view()));
    record.mutable_heartbeat();
    auto frame = encode_record(record);
    if (!frame) return std::unexpected(frame.error());
    return Outgoing{.key = heartbeat_key(partition), .frame = *std::move(frame), .index = {}};
}

}  // namespace events
