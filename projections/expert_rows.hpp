#pragma once

#include <string_view>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "parlour/views/v1/rows.pb.h"

// What the two halves of the directory of experts, its changes and its searches, know in common.
namespace projections {

inline constexpr char kExpertKind = 'e';
inline constexpr char kExpertIdKind = 'i';
inline constexpr char kProfileKind = 'p';
inline constexpr char kTagKind = 't';

// The expert's id; the row itself into `row`. kDamaged.
events::Result<events::Uuid> parse_expert_row(std::string_view bytes,
                                              parlour::views::v1::ExpertRow& row);

// Whether visitors may meet the expert.
inline bool can_be_asked(const parlour::views::v1::ExpertRow& row) {
    return !row.to_come() && !row.deactivated();
}

}  // namespace projections
