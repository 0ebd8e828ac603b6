#pragma once

#include <optional>
#include <string_view>

#include "events/ids.hpp"
#include "parlour/log/v1/record.pb.h"

// Under which claim a record was sent and of what kind it is: all that the fence looks at, read
// from a frame without decoding the rest.
namespace events {

struct RecordHead {
    std::optional<ClaimRef> claim;  // nothing when its claim id is not 16 bytes
    parlour::log::v1::Record::BodyCase kind = parlour::log::v1::Record::BODY_NOT_SET;
};

RecordHead head_of(const parlour::log::v1::Record& record);

// Without looking at the checksum: for frames whose bytes somebody else vouches for. Nothing for
// what is no frame of a known version.
std::optional<RecordHead> read_head(std::string_view frame);

}  // namespace events
