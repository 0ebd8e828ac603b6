#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

// The rule about personal data as a check over an aggregate's envelope: every string and bytes
// field of its events is marked, a personal one names a subject whose erasure erases the stream,
// and stands where sealing finds it.
namespace schema_check {

// One line for each fault, naming the field; empty when all is well.
std::vector<std::string> faults_of_envelope(const google::protobuf::Descriptor& envelope);

}  // namespace schema_check
