#include "events/kafka_files.hpp"

#include <utility>

#include "events/kafka_side.hpp"

namespace events::kafka {
namespace {

// Kinds of notes in the copy.
constexpr char kMarkNote = 'm';
constexpr char kClaimNote = 'i';

template <class Message>
void name(Message& chunk, const FilePlace& place, std::uint32_t index) {
    chunk.set_tenant(std::string(place.tenant.view()));
    chunk.set_stream_kind(place.stream.kind);
    chunk.set_stream(std::string(place.stream.uuid.view()));
    chunk.set_file(std::string(place.file.view()));
    chunk.set_index(index);
}

template <class Message>
Result<FilePlace> place_of(const Message& chunk) {
    const auto tenant = TenantId::from_bytes(chunk.tenant());
    const auto stream = Uuid::from_bytes(chunk.stream());
    const auto file = Uuid::from_bytes(chunk.file());
    if (!tenant || !stream || !file) return fail(Errc::kDamaged, "a chunk names no file");
    return FilePlace{.tenant = *tenant, .stream = {chunk.stream_kind(), *stream}, .file = *file};
}

std::unexpected<Error> not_led() {
    return fail(Errc::kUnavailable, "the partition is not led here at the moment");
}

}  // namespace

void KafkaFiles::attach(Engine& engine, std::size_t topic) {
    engine_ = &engine;
    topic_ = topic;
}

Status KafkaFiles::put(const FilePlace& place, const std::vector<std::string>& frames) {
    const auto partition = partition_of(place.tenant, partitions_);
    const auto claim = engine_->own_claim(topic_, partition);
    if (!claim) return not_led();
    auto side = side_under(*claim);
    std::vector<Outgoing> records;
    for (std::uint32_t index = 0; index < frames.size(); ++index) {
        auto& chunk = *side.mutable_stored_chunk();
        name(chunk, place, index);
        chunk.set_frame(frames[index]);
        auto record = side_record(side, random_id<RecordKey>());
        if (!record) return std::unexpected(record.error());
        records.push_back(*std::move(record));
    }
    auto sent = append_and_wait(*engine_, topic_, partition, std::move(records));
    if (!sent) return sent;
    // What came back under another claim is void.
    const auto there = local_.get(place);
    return there && *there == frames ? Status() : Status(not_led());
}

Status KafkaFiles::keep(const FilePlace& place) {
    return local_.keep(place);
}

Result<std::vector<std::string>> KafkaFiles::get(const FilePlace& place) {
    return local_.get(place);
}

Status KafkaFiles::remove(const FilePlace& place) {
    const auto chunks = copy_.chunks(place);
    if (!chunks) return std::unexpected(chunks.error());
    if (chunks->empty()) return {};
    const auto partition = partition_of(place.tenant, partitions_);
    const auto claim = engine_->own_claim(topic_, partition);
    if (!claim) return not_led();
    auto side = side_under(*claim);
    std::vector<Outgoing> records;
    for (const auto& [index, key] : *chunks) {
        name(*side.mutable_chunk_removed(), place, index);
        auto record = side_record(side, key);
        if (!record) return std::unexpected(record.error());
        records.push_back(*std::move(record));
    }
    return append_and_wait(*engine_, topic_, partition, std::move(records));
}

Result<std::vector<FilePlace>> KafkaFiles::kept(const TenantId& tenant, const StreamId& stream) {
    return local_.kept(tenant, stream);
}

Result<std::vector<FilePlace>> KafkaFiles::waiting() {
    return local_.waiting();
}

Result<std::optional<Sink::Mark>> KafkaFiles::mark(Partition partition) {
    const auto note = copy_.note(kMarkNote, partition);
    if (!note) return std::unexpected(note.error());
    return *note ? parse_mark(**note) : std::nullopt;
}

Result<std::optional<ClaimRef>> KafkaFiles::in_force(Partition partition) {
    const auto note = copy_.note(kClaimNote, partition);
    if (!note) return std::unexpected(note.error());
    return *note ? parse_claim_bytes(**note) : std::nullopt;
}

Status KafkaFiles::take(const Back& back) {
    const auto side = read_side(back.frame);
    if (!side) return std::unexpected(side.error());
    copy_.note(kMarkNote, back.partition, mark_bytes({.offset = back.offset, .key = back.key}));
    if (back.verdict == Verdict::kClaimInForce) {
        copy_.note(kClaimNote, back.partition, claim_bytes(*back.head.claim));
    } else if (side->has_stored_chunk() && back.verdict == Verdict::kCounts) {
        const auto& chunk = side->stored_chunk();
        const auto place = place_of(chunk);
        if (!place) return std::unexpected(place.error());
        copy_.add(*place, chunk.index(), chunk.frame(), back.key);
    } else if (side->has_chunk_removed()) {
        // Whoever sent it: it names what it ends by its record key.
        const auto& chunk = side->chunk_removed();
        const auto place = place_of(chunk);
        if (!place) return std::unexpected(place.error());
        copy_.remove(*place, chunk.index());
    }
    return {};
}

Status KafkaFiles::write() {
    return copy_.write();
}

}  // namespace events::kafka
