#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "events/crypto.hpp"
#include "events/ids.hpp"
#include "events/record.hpp"

// Short factories for records and ids that a test does not care about.
namespace samples {

// An id whose bytes are all `byte`.
template <class AnyId>
AnyId id(std::uint8_t byte) {
    AnyId made;
    made.bytes.fill(byte);
    return made;
}

inline events::TenantId tenant(std::uint8_t byte = 0x11) {
    return id<events::TenantId>(byte);
}
inline events::ClaimRef claim(std::uint64_t term = 1, std::uint8_t byte = 0xc1) {
    return {events::Term{term}, id<events::ClaimId>(byte)};
}
inline std::string text(const auto& any_id) {
    return std::string(any_id.view());
}
inline std::string fill(std::size_t size, std::uint8_t byte) {
    return std::string(size, static_cast<char>(byte));
}

// The bytes with one bit turned.
inline std::string flipped(std::string bytes, std::size_t at, unsigned bit) {
    bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << bit));
    return bytes;
}

inline events::Record record_under(const events::ClaimRef& under) {
    events::Record record;
    record.set_term(under.term.value);
    record.set_claim_id(text(under.id));
    return record;
}
inline events::Record claim_record(const events::ClaimRef& claim) {
    auto record = record_under(claim);
    record.mutable_claim()->set_node("node-1");
    record.mutable_claim()->set_address("127.0.0.1:8080");
    record.mutable_claim()->set_schema_level(1);
    return record;
}
inline events::Record commit_record(const events::ClaimRef& under) {
    auto record = record_under(under);
    auto& commit = *record.mutable_commit();
    commit.set_header("header");
    commit.add_sealed("sealed one");
    commit.add_sealed("sealed two");
    commit.set_salt(fill(32, 0x5a));
    commit.set_commitment(fill(32, 0xcc));
    return record;
}
inline events::Record key_created_record(const events::ClaimRef& under) {
    auto record = record_under(under);
    auto& created = *record.mutable_key_created();
    created.set_key_id(fill(16, 0x4b));
    created.set_tenant(text(tenant()));
    created.set_wrapped(fill(60, 0x77));
    return record;
}
inline events::Record key_destroyed_record(const events::ClaimRef& under) {
    auto record = record_under(under);
    record.mutable_key_destroyed()->set_key_id(fill(16, 0x4b));
    return record;
}
inline events::Record tombstone_record(const events::ClaimRef& under) {
    auto record = record_under(under);
    auto& tombstone = *record.mutable_tombstone();
    tombstone.set_tenant(text(tenant()));
    tombstone.set_seq(7);
    tombstone.set_commitment(fill(32, 0xcc));
    tombstone.set_stream_kind(parlour::log::v1::STREAM_KIND_CONVERSATION);
    tombstone.set_stream(fill(16, 0x57));
    tombstone.set_case_id(fill(16, 0xca));
    tombstone.set_command_id(fill(16, 0xcd));
    return record;
}

}  // namespace samples
