#pragma once

#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/bytes.hpp"
#include "events/crypto.hpp"
#include "events/kafka_engine.hpp"
#include "events/record.hpp"
#include "parlour/log/v1/side.pb.h"

// What the topics beside the log have in common: records under a claim, a write that waits until
// they are back, and the rows that tell how far a copy has read.
namespace events::kafka {

using parlour::log::v1::SideRecord;

inline SideRecord side_under(const ClaimRef& claim) {
    SideRecord side;
    side.set_term(claim.term.value);
    side.set_claim_id(std::string(claim.id.view()));
    return side;
}

inline Result<Outgoing> side_record(const SideRecord& side, const RecordKey& key) {
    auto frame = encode_frame(side);
    if (!frame) return std::unexpected(frame.error());
    return Outgoing{.key = key, .frame = *std::move(frame), .index = {}};
}

// kDamaged for another program's bytes; kUnknownSchema for a kind of a newer one.
inline Result<SideRecord> read_side(std::string_view frame) {
    const auto payload = payload_of(frame);
    SideRecord side;
    if (!payload || !side.ParseFromArray(payload->data(), static_cast<int>(payload->size()))) {
        return fail(Errc::kDamaged, "it does not parse");
    }
    if (side.body_case() == SideRecord::BODY_NOT_SET) {
        return fail(Errc::kUnknownSchema, "it is of a kind this program does not know");
    }
    return side;
}

// Returns when all of them were read back. Not on the engine's thread.
inline Status append_and_wait(Engine& engine,
                              std::size_t topic,
                              Partition partition,
                              std::vector<Outgoing> records) {
    std::promise<Status> promise;
    auto done = promise.get_future();
    engine.append(topic, partition, std::move(records), [&promise](const Status& status) {
        promise.set_value(status);
    });
    return done.get();
}

// u64(offset) | record key.
inline std::string mark_bytes(const Sink::Mark& mark) {
    std::string bytes;
    append_number(bytes, mark.offset.value);
    return bytes.append(mark.key.view());
}
inline std::optional<Sink::Mark> parse_mark(std::string_view bytes) {
    if (bytes.size() != 8 + RecordKey::kSize) return std::nullopt;
    return Sink::Mark{.offset = Offset{get_number<std::uint64_t>(bytes.data())},
                      .key = *RecordKey::from_bytes(bytes.substr(8))};
}

// u64(term) | claim id.
inline std::string claim_bytes(const ClaimRef& claim) {
    std::string bytes;
    append_number(bytes, claim.term.value);
    return bytes.append(claim.id.view());
}
inline std::optional<ClaimRef> parse_claim_bytes(std::string_view bytes) {
    if (bytes.size() != 8 + ClaimId::kSize) return std::nullopt;
    return ClaimRef{.term = Term{get_number<std::uint64_t>(bytes.data())},
                    .id = *ClaimId::from_bytes(bytes.substr(8))};
}

}  // namespace events::kafka
