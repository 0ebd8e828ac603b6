#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "events/ids.hpp"

// A run: consecutive records of one partition that were written together, in one row of the
// database. Writing, scanning and storing one row of many records costs a fraction of as many rows.
// Bytes: schemas/log_format.md. Knows no RocksDB.
namespace events::local {

// A run that has reached this takes no more, so that reading one record never reads much more.
inline constexpr std::size_t kRunBytesMax = std::size_t{16} * 1024;

// Adds a record behind those of the run.
void append_to_run(std::string& run, const RecordKey& key, std::string_view frame);

// Goes through a run, whose bytes must outlive it.
class RunWalk {
  public:
    RunWalk(Offset first, std::string_view run) : rest_(run), next_(first) {}

    // To the first record, then to the next one. False behind the last, and when the bytes are not
    // a run: see is_damaged().
    bool next();
    [[nodiscard]] bool is_damaged() const { return damaged_; }

    // Of the record that next() went to.
    [[nodiscard]] Offset offset() const { return {next_.value - 1}; }
    [[nodiscard]] const RecordKey& key() const { return key_; }
    [[nodiscard]] std::string_view frame() const { return frame_; }
    // Where the record behind it would lie.
    [[nodiscard]] Offset next_offset() const { return next_; }

  private:
    std::string_view rest_;
    Offset next_;
    RecordKey key_;
    std::string_view frame_;
    bool damaged_ = false;
};

}  // namespace events::local
