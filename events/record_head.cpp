#include "events/record_head.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <array>

#include "events/record.hpp"

namespace events {
namespace {

constexpr int kFirstSideKind = 16;

using google::protobuf::internal::WireFormatLite;
using parlour::log::v1::Record;

// Records of the side topics have kinds of their own (side.proto). To the fence they are
// like any other that counts under its claim only.
Record::BodyCase kind_of(int field) {
    return field < kFirstSideKind ? static_cast<Record::BodyCase>(field) : Record::BODY_NOT_SET;
}

}  // namespace

RecordHead head_of(const Record& record) {
    RecordHead head{.claim = {}, .kind = record.body_case()};
    if (const auto id = ClaimId::from_bytes(record.claim_id())) {
        head.claim = ClaimRef{.term = Term{record.term()}, .id = *id};
    }
    return head;
}

std::optional<RecordHead> read_head(std::string_view frame) {
    const auto payload = payload_of(frame);
    if (!payload) return std::nullopt;
    google::protobuf::io::CodedInputStream in(
        reinterpret_cast<const std::uint8_t*>(payload->data()), static_cast<int>(payload->size()));
    std::uint64_t term = 0;
    std::array<std::uint8_t, ClaimId::kSize> id{};
    bool has_id = false;
    // Fields are written in the order of their numbers: the body stands behind the claim.
    for (std::uint32_t tag = in.ReadTag(); tag != 0; tag = in.ReadTag()) {
        const int field = WireFormatLite::GetTagFieldNumber(tag);
        if (field == Record::kTermFieldNumber) {
            if (!in.ReadVarint64(&term)) return std::nullopt;
        } else if (field == Record::kClaimIdFieldNumber) {
            std::uint32_t size = 0;
            if (!in.ReadVarint32(&size)) return std::nullopt;
            has_id = size == id.size() && in.ReadRaw(id.data(), static_cast<int>(id.size()));
            if (!has_id) return std::nullopt;
        } else {
            RecordHead head{.claim = {}, .kind = kind_of(field)};
            if (has_id) head.claim = ClaimRef{.term = Term{term}, .id = ClaimId{id}};
            return head;
        }
    }
    return std::nullopt;
}

}  // namespace events
