#pragma once

#include <rocksdb/write_batch.h>

#include <cstddef>
#include <deque>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "events/error.hpp"
#include "projections/projection.hpp"
#include "projections/store_database.hpp"

// What a batch changes in one view: kept here until the end, so that a row changed many times in a
// batch is written once. Seen by store*.cpp only.
namespace projections {

// The key in a family of what a view knows as `key`; positions lie beside the rows.
inline constexpr char kPositionPrefix = 'p';
inline constexpr char kRowPrefix = 'r';
void put_key(char prefix, std::string_view key, std::string& out);

class ViewChanges final : public Rows {
  public:
    // `memory` is the batch's and goes with it.
    ViewChanges(Database& database, std::string name, std::pmr::memory_resource* memory);

    events::Result<std::optional<std::string>> get(std::string_view key) override;
    void put(std::string_view key, std::string_view value) override;
    void erase(std::string_view key) override;
    // As it stands in the family, with its prefix.
    void set_position(std::string_view full_key, std::string_view value);

    events::Status write_to(rocksdb::WriteBatch& batch);
    // Once the batch is in the database: rows that are kept in memory are what was written.
    void wrote();

  private:
    struct Change {
        Change(std::string_view for_key, std::pmr::memory_resource* memory)
            : key(for_key, memory), value(memory) {}
        std::pmr::string key;
        std::pmr::string value;
        bool erased = false;
    };
    Change& change_of(std::string_view full_key);
    std::string_view full_key(std::string_view key);

    Database& database_;
    std::string name_;
    Database::Place place_;
    std::string key_;  // scratch
    std::pmr::memory_resource* memory_;
    // In the order in which rows were first changed: rows of one conversation mostly ascend.
    std::pmr::deque<Change> changes_;
    std::pmr::unordered_map<std::string_view, Change*> by_key_;
};

}  // namespace projections
