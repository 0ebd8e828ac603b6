#pragma once

#include <set>
#include <string>
#include <vector>

// schemas/fields.lock: one line for every field, enum value and reserved number of every .proto
// file, so that a number which stands in stored bytes is never given another meaning.
namespace schema_check {

using Lines = std::set<std::string>;

struct Schemas {
    Lines lines;                      // "message.field=number:type"
    std::vector<std::string> faults;  // what does not parse; enums whose zero is not UNSPECIFIED
};

// Reads every .proto file under `root`, as the compiler would, without any generated code.
Schemas read_schemas(const std::string& root);

Lines read_lock(const std::string& file);

// What is to be done, a line each: added fields to write down, and changes that must not be.
std::vector<std::string> compare(const Lines& locked, const Lines& now);

}  // namespace schema_check
