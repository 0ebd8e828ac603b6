#include "commands/streams.hpp"

#include "events/record.hpp"

namespace commands {

using events::Errc;
using events::Result;
using events::Status;
using events::Version;

Result<Stream*> Streams::find(const Work& work) {
    const Key key{work.meta.tenant, work.stream};
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
        recent_.splice(recent_.begin(), recent_, found->second);
        return &found->second->second;
    }
    Stream stream;
    stream.state = work.new_state();
    if (const Status loaded = load(work, stream); !loaded) return std::unexpected(loaded.error());
    recent_.emplace_front(key, std::move(stream));
    by_key_.emplace(key, recent_.begin());
    evict();
    return &recent_.front().second;
}

void Streams::clear() {
    by_key_.clear();
    recent_.clear();
}

void Streams::evict() {
    auto candidate = recent_.end();
    while (recent_.size() > cached_max_ && candidate != std::next(recent_.begin())) {
        --candidate;
        if (candidate->second.in_flight > 0) continue;
        by_key_.erase(candidate->first);
        candidate = recent_.erase(candidate);
    }
}

Status Streams::load(const Work& work, Stream& into) {
    const events::ReadLimit limit;
    while (true) {
        const auto entries = history_.read_stream(
            work.meta.tenant, work.stream, Version{into.version.value + 1}, limit);
        if (!entries) return std::unexpected(entries.error());
        for (const auto& entry : *entries) {
            if (const Status applied = apply(entry, work.meta.now_ms, into); !applied) {
                return applied;
            }
        }
        if (entries->empty()) return {};
    }
}

Status Streams::apply(const events::Entry& entry, std::int64_t now_ms, Stream& into) {
    events::Record record;
    if (const Status decoded = events::decode_record(*entry.frame, record); !decoded)
        return decoded;
    if (!record.has_commit()) return events::fail(Errc::kErased, "the stream was erased");
    events::OpenedHeader opened;
    if (const Status read = events::read_header(record.commit(), opened); !read) return read;
    const auto& meta = opened.meta;
    if (meta.first_version.value != into.version.value + 1) {
        return events::fail(Errc::kDamaged, "a stream's versions have a gap");
    }
    const auto data_key = keys_.find(meta.tenant, meta.key_id, now_ms);
    if (!data_key) return std::unexpected(data_key.error());
    std::optional<events::BodyDigest> digest;
    for (int i = 0; i < opened.header.events_size(); ++i) {
        const auto& entry_event = opened.header.events(i);
        const Version version{into.version.value + 1};
        const auto unsealed = events::unseal_event(
            *data_key,
            events::associated_data(
                meta.tenant, meta.stream, version, entry_event.type(), meta.key_id),
            record.commit().sealed(i));
        if (!unsealed) return std::unexpected(unsealed.error());
        const auto envelope = into.state->new_envelope();
        if (!envelope->ParseFromString(entry_event.public_fields()) ||
            !envelope->MergeFromString(unsealed->personal_fields)) {
            return events::fail(Errc::kDamaged, "an event does not parse");
        }
        if (!into.state->evolve(*envelope)) {
            return events::fail(Errc::kUnknownSchema, "an event of a newer program");
        }
        if (i == 0) digest = unsealed->digest;
        into.version = version;
    }
    into.key = meta.key_id;
    into.last_seq = meta.seq;
    into.commands.put(meta.command,
                      Remembered{.seq = meta.seq, .version = into.version, .digest = digest});
    return {};
}

}  // namespace commands
