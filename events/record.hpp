#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "events/error.hpp"
#include "parlour/log/v1/record.pb.h"

// The bytes of one record. Format page: schemas/log_format.md.
namespace events {

using parlour::log::v1::Record;

// A frame is at most this long: a message of 64 KiB, sealed, with room; below Kafka's 1 MiB
// default.
inline constexpr std::size_t kRecordBytesMax = std::size_t{512} * 1024;

// Magic, format version, checksum, then the record in protobuf.
// kTooLarge if the frame would exceed kRecordBytesMax: nothing is to be given a seq then.
Result<std::string> encode_record(const Record& record);

// The reverse, into `out`, whose memory is reused from call to call.
// kDamaged for anything encode_record did not write (a cut, a flipped bit, foreign bytes);
// kUnknownSchema for a format version or record kind of a newer program.
Status decode_record(std::string_view frame, Record& out);

// The protobuf in a frame of this format, its checksum not looked at; nothing for other bytes.
std::optional<std::string_view> payload_of(std::string_view frame);

// The frame of another message that stands beside the log's. kTooLarge as encode_record.
Result<std::string> encode_frame(const google::protobuf::MessageLite& message);

}  // namespace events
