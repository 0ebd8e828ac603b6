#pragma once

#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <string>
#include <vector>

// schemas/fields.lock: one line for every field, enum value and reserved number of every .proto
// file, so that a number which stands in stored bytes is never given another meaning.
namespace schema_check {

using Lines = std::set<std::string>;

struct Schemas {
    Lines lines;                      // "message.field=number:type"
    std::vector<std::string> faults;  // what does not build; enums whose zero is not UNSPECIFIED
};

// Reads the files of the package "parlour", as the compiler gives them with their imports.
Schemas read_schemas(const google::protobuf::FileDescriptorSet& files);

Lines read_lock(const std::string& file);

// What is to be done, a line each: added fields to write down, and changes that must not be.
std::vector<std::string> compare(const Lines& locked, const Lines& now);

}  // namespace schema_check
