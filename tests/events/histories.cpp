#include "tests/events/histories.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace histories {

using namespace events;

namespace {

CommandId command_id(std::uint8_t byte) {
    return samples::id<CommandId>(byte);
}

// A commitment that no other commit has.
std::string commitment(const ClaimRef& under, std::uint64_t seq, std::uint8_t command) {
    auto bytes = samples::fill(32, command);
    bytes[0] = static_cast<char>(seq);
    std::memcpy(bytes.data() + 1, under.id.bytes.data(), 8);
    return bytes;
}

CommitHeader header(std::uint64_t seq, const StreamId& stream, std::uint8_t command) {
    CommitHeader made;
    made.set_tenant(samples::text(kTenant));
    made.set_seq(seq);
    made.set_stream_kind(stream.kind);
    made.set_stream(samples::text(stream.uuid));
    made.set_first_version(1);
    made.set_command_id(samples::text(command_id(command)));
    made.set_time_unix_ms(1);
    for (int i = 0; i < 2; ++i) made.add_events()->set_type(1);
    return made;
}

Sent send(Record record) {
    return {.key = fresh_key(), .record = std::move(record), .decides = {}};
}

}  // namespace

RecordKey fresh_key() {
    static std::uint64_t last = 0;
    ++last;
    RecordKey key;
    std::memcpy(key.bytes.data(), &last, sizeof(last));
    return key;
}

Sent claim(const ClaimRef& ref) {
    return send(samples::claim_record(ref));
}

Sent commit(const ClaimRef& under, const Written& written) {
    auto record = samples::commit_record(under);
    auto made = header(written.seq, written.stream, written.command);
    made.set_key_id(samples::text(written.data_key));
    record.mutable_commit()->set_header(made.SerializeAsString());
    record.mutable_commit()->set_commitment(commitment(under, written.seq, written.command));
    return send(std::move(record));
}

// In a stream of its own, under a key of its own.
Sent decision(const ClaimRef& under, std::uint64_t seq, Decides decides) {
    const auto byte = static_cast<std::uint8_t>(0xd0 + seq);
    const StreamId stream{.kind = parlour::log::v1::STREAM_KIND_COMPANY,
                          .uuid = samples::id<Uuid>(byte)};
    auto made = commit(
        under,
        {.seq = seq, .stream = stream, .command = byte, .data_key = samples::id<KeyId>(byte)});
    made.decides = std::move(decides);
    return made;
}

Sent erasure(const ClaimRef& under, std::uint64_t seq, const Erases& erases) {
    return decision(under, seq, erases);
}

Sent end_of_erasure(const ClaimRef& under, std::uint64_t seq, const Uuid& case_id) {
    return decision(under, seq, EndsErasure{case_id});
}

Sent hold(const ClaimRef& under, std::uint64_t seq, const StreamId& stream) {
    return decision(under, seq, Holds{stream});
}

Sent tombstone(const ClaimRef& under, const Sent& over, const Uuid& case_id) {
    CommitHeader covered;
    covered.ParseFromString(over.record.commit().header());
    auto record = samples::record_under(under);
    auto& made = *record.mutable_tombstone();
    made.set_tenant(covered.tenant());
    made.set_seq(covered.seq());
    made.set_commitment(over.record.commit().commitment());
    made.set_stream_kind(covered.stream_kind());
    made.set_stream(covered.stream());
    made.set_case_id(samples::text(case_id));
    made.set_command_id(covered.command_id());
    return {.key = over.key, .record = std::move(record), .decides = {}};
}

Sent void_tombstone(const ClaimRef& under, const Sent& over) {
    auto record = samples::record_under(under);
    record.mutable_void_tombstone();
    return {.key = over.key, .record = std::move(record), .decides = {}};
}

Sent key_created(const ClaimRef& under, const KeyId& id) {
    auto record = samples::key_created_record(under);
    record.mutable_key_created()->set_key_id(samples::text(id));
    return send(std::move(record));
}

Sent key_destroyed(const ClaimRef& under, const Sent& created) {
    auto record = samples::record_under(under);
    record.mutable_key_destroyed()->set_key_id(created.record.key_created().key_id());
    return {.key = created.key, .record = std::move(record), .decides = {}};
}

PartitionFold fold(const Log& log) {
    PartitionFold made;
    for (const auto& sent : log) made.apply(sent.key, sent.record, sent.decides);
    return made;
}

KeyFold fold_keys(const Log& log) {
    KeyFold made;
    for (const auto& sent : log) made.apply(sent.key, sent.record);
    return made;
}

std::vector<Log> compactions(const Log& log) {
    std::vector<Log> all{{}};
    for (std::size_t i = 0; i < log.size(); ++i) {
        const bool replaced = std::any_of(
            log.begin() + static_cast<std::ptrdiff_t>(i) + 1, log.end(), [&](const Sent& later) {
                return later.key == log[i].key;
            });
        const auto without = replaced ? all : std::vector<Log>{};
        for (auto& left : all) left.push_back(log[i]);
        all.insert(all.end(), without.begin(), without.end());
    }
    return all;
}

Log compacted(const Log& log) {
    return std::ranges::min(compactions(log), {}, &Log::size);
}

std::string told(const PartitionFold& fold) {
    std::string out = fold.in_force() ? to_hex(fold.in_force()->id.view()) : "nobody";
    for (const auto& [seq, place] : fold.tenant(kTenant).places) {
        out += fmt::format(" {}:{}:{}",
                           seq.value,
                           place.covered ? "covered" : to_hex(place.key->view()),
                           to_hex(place.commitment));
    }
    return out;
}

bool all_readers_agree(const Log& log) {
    const auto live = fold(log);
    if (live.tenant(kTenant).contradiction) return false;
    return std::ranges::all_of(compactions(log), [&](const Log& left) {
        const auto reader = fold(left);
        return told(reader) == told(live) && reader.tenant(kTenant).gaps().empty();
    });
}

bool holds_payload(const Log& log) {
    return std::ranges::any_of(log, [](const Sent& sent) {
        const bool decides = !std::holds_alternative<std::monostate>(sent.decides);
        return (sent.record.has_commit() && !decides) || sent.record.has_key_created();
    });
}

}  // namespace histories
