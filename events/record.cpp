#include "events/record.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstdint>
#include <memory>

#include "events/frame_sum.hpp"

namespace events {
namespace {

using parlour::log::v1::Commit;

constexpr char kMagic = 'P';
constexpr char kFormatVersion = 1;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kHeadBytes = 2 + kChecksumBytes;

void put_checksum(std::uint64_t checksum, char* out) {
    for (std::size_t i = 0; i < kChecksumBytes; ++i) {
        out[i] = static_cast<char>((checksum >> (8 * i)) & 0xffU);
    }
}

std::uint64_t get_checksum(const char* in) {
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < kChecksumBytes; ++i) {
        checksum |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(in[i])) << (8 * i);
    }
    return checksum;
}

// Record::Clear() frees the commit with all its strings, although most records are commits: here
// they keep their memory for the next one.
void clear_for_reuse(Record& record) {
    std::unique_ptr<Commit> kept(record.has_commit() ? record.release_commit() : nullptr);
    record.Clear();
    if (!kept) return;
    kept->Clear();
    record.set_allocated_commit(kept.release());
}

bool parse(std::string_view payload, Record& out) {
    clear_for_reuse(out);
    const google::protobuf::StringPiece bytes(payload.data(), payload.size());
    if (!out.ParseFrom<Record::kMerge>(bytes)) return false;
    // A commit without a header is none of ours, or left standing by a payload without a body.
    if (!out.has_commit() || !out.commit().header().empty()) return true;
    return out.ParseFrom<Record::kParse>(bytes);
}

}  // namespace

Result<std::string> encode_frame(const google::protobuf::MessageLite& message) {
    const std::size_t payload = message.ByteSizeLong();
    if (payload + kHeadBytes > kRecordBytesMax) {
        return fail(Errc::kTooLarge,
                    fmt::format("a record of {} bytes exceeds the limit of {} bytes",
                                payload + kHeadBytes,
                                kRecordBytesMax));
    }
    std::string frame(kHeadBytes + payload, '\0');
    frame[0] = kMagic;
    frame[1] = kFormatVersion;
    message.SerializeWithCachedSizesToArray(
        reinterpret_cast<std::uint8_t*>(frame.data() + kHeadBytes));
    put_checksum(XXH3_64bits(frame.data() + kHeadBytes, payload), frame.data() + 2);
    return frame;
}

Result<std::string> encode_record(const Record& record) {
    return encode_frame(record);
}

std::optional<std::string_view> payload_of(std::string_view frame) {
    const bool ours =
        frame.size() >= kHeadBytes && frame[0] == kMagic && frame[1] == kFormatVersion;
    return ours ? std::optional(frame.substr(kHeadBytes)) : std::nullopt;
}

std::optional<std::uint64_t> checked_sum(std::string_view frame) {
    const auto payload = payload_of(frame);
    if (!payload) return std::nullopt;
    const auto checksum = get_checksum(frame.data() + 2);
    if (XXH3_64bits(payload->data(), payload->size()) != checksum) return std::nullopt;
    return checksum;
}

Status decode_record(std::string_view frame, Record& out) {
    if (frame.size() < kHeadBytes || frame[0] != kMagic) {
        return fail(Errc::kDamaged, "not a record: the frame is cut or foreign");
    }
    const auto payload = frame.substr(kHeadBytes);
    if (XXH3_64bits(payload.data(), payload.size()) != get_checksum(frame.data() + 2)) {
        return fail(Errc::kDamaged, "the record's checksum does not fit its bytes");
    }
    if (frame[1] != kFormatVersion) {
        return fail(Errc::kUnknownSchema,
                    fmt::format("record format {} is newer than this program", frame[1] + 0));
    }
    if (!parse(payload, out)) {
        return fail(Errc::kDamaged, "the record does not parse");
    }
    if (out.body_case() == Record::BODY_NOT_SET) {
        return fail(Errc::kUnknownSchema, "a record of a kind this program does not know");
    }
    return {};
}

}  // namespace events
