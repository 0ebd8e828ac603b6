#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "events/error.hpp"
#include "events/log.hpp"
#include "projections/projection.hpp"
#include "projections/store.hpp"

// What is put right about the rows before any view is read on: rows that nobody reads any more, and
// rows of a past that the log does not have. Once, after Store::open, before anybody follows the
// log into the store. What is dropped and still wanted is read from the log again.
namespace projections {

// Drops the rows of everything that has read farther than the log reaches: the log was brought back
// from an older copy, or its disk lost what it had promised to keep. What is appended next would
// stand at places that those views believe to have read. Gives how many were dropped; kStorage,
// kDamaged.
events::Result<std::size_t> drop_rows_ahead(Store& store,
                                            events::Log& log,
                                            std::uint16_t partitions);

// Drops the rows of other versions of these views, and of rebuilds that never ended. What has
// another name is left alone. Gives how many were dropped; kStorage.
events::Result<std::size_t> drop_unused_rows(Store& store, const std::vector<Projection*>& views);

}  // namespace projections
