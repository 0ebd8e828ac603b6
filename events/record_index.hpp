#pragma once

#include <string_view>

#include "events/error.hpp"
#include "events/log.hpp"

// Where a record belongs, read from its frame: for an engine that did not write it.
namespace events {

// Of a commit and of a claim; nothing of other kinds. Checks as decode_record() does: kDamaged,
// kUnknownSchema.
Result<decltype(Outgoing::index)> read_index(std::string_view frame);

}  // namespace events
