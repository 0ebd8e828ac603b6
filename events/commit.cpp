#include "events/commit.hpp"

#include <algorithm>
#include <utility>

#include "events/bytes.hpp"
#include "events/split_event.hpp"
#include "events/wiped.hpp"
#include "events/wire.hpp"

namespace events {
namespace {

using google::protobuf::Message;
using parlour::log::v1::EventEntry;
using parlour::log::v1::SealedPart;

// With its terminating NUL, so that no other tag can be a prefix of it.
constexpr std::string_view kCommitmentTag{"parlour/commitment/v1", 22};
constexpr std::size_t kSaltBytes = 32;

template <class AnyId>
bool take_id(std::string_view raw, AnyId& out) {
    const auto id = AnyId::from_bytes(raw);
    if (id) out = *id;
    return id.has_value();
}

template <class AnyId>
bool take_optional_id(std::string_view raw, std::optional<AnyId>& out) {
    out.reset();
    if (raw.empty()) return true;
    out = AnyId::from_bytes(raw);
    return out.has_value();
}

std::string_view view_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

void append_associated_data(const TenantId& tenant,
                            const StreamId& stream,
                            Version version,
                            std::uint32_t type,
                            const KeyId& key_id,
                            std::string& out) {
    out.append(tenant.view());
    out.push_back(static_cast<char>(stream.kind));
    out.append(stream.uuid.view());
    append_number(out, version.value);
    append_number(out, type);
    out.append(key_id.view());
}

// A serialised CommitHeader but for its events, which stand last.
void put_header(const CommitMeta& meta, std::string& out) {
    const auto id = [&out](int field, const auto& given) {
        if (given) wire::put_bytes(out, field, given->view());
    };
    wire::put_bytes(out, CommitHeader::kTenantFieldNumber, meta.tenant.view());
    wire::put_number(out, CommitHeader::kSeqFieldNumber, meta.seq.value);
    wire::put_number(
        out, CommitHeader::kStreamKindFieldNumber, static_cast<std::uint64_t>(meta.stream.kind));
    wire::put_bytes(out, CommitHeader::kStreamFieldNumber, meta.stream.uuid.view());
    wire::put_number(out, CommitHeader::kFirstVersionFieldNumber, meta.first_version.value);
    wire::put_bytes(out, CommitHeader::kCommandIdFieldNumber, meta.command.view());
    id(CommitHeader::kCausationIdFieldNumber, meta.causation);
    id(CommitHeader::kCorrelationIdFieldNumber, meta.correlation);
    wire::put_number(
        out, CommitHeader::kActorKindFieldNumber, static_cast<std::uint64_t>(meta.actor_kind));
    id(CommitHeader::kActorIdFieldNumber, meta.actor);
    wire::put_number(
        out, CommitHeader::kTimeUnixMsFieldNumber, static_cast<std::uint64_t>(meta.time_unix_ms));
    wire::put_bytes(out, CommitHeader::kKeyIdFieldNumber, meta.key_id.view());
}

void put_event(std::uint32_t type, std::string_view public_fields, std::string& out) {
    thread_local std::string entry;
    entry.clear();
    wire::put_number(entry, EventEntry::kTypeFieldNumber, type);
    wire::put_bytes(entry, EventEntry::kPublicFieldsFieldNumber, public_fields);
    wire::put_message(out, CommitHeader::kEventsFieldNumber, entry);
}

// Seals one event's personal fields, and in a commit's first event the digest.
void seal_event(const CommitMeta& meta,
                Version version,
                const SplitEvent& event,
                const BodyDigest* digest,
                const Key256& data_key,
                std::string& out) {
    thread_local std::string plain;
    thread_local std::string associated;
    const Wiped wiped(plain);
    plain.clear();
    wire::put_bytes(plain, SealedPart::kPersonalFieldsFieldNumber, event.personal_fields);
    if (digest != nullptr) {
        wire::put_bytes(plain,
                        SealedPart::kBodyDigestFieldNumber,
                        {reinterpret_cast<const char*>(digest->data()), digest->size()});
    }
    associated.clear();
    append_associated_data(meta.tenant, meta.stream, version, event.type, meta.key_id, associated);
    out = encrypt(data_key, associated, plain);
}

}  // namespace

std::string take_personal_fields(Message& envelope) {
    SplitEvent parts;
    split_event(envelope, parts);
    envelope.ParseFromString(parts.public_fields);
    return std::move(parts.personal_fields);
}

std::string associated_data(const TenantId& tenant,
                            const StreamId& stream,
                            Version version,
                            std::uint32_t type,
                            const KeyId& key_id) {
    std::string data;
    data.reserve(TenantId::kSize + 1 + Uuid::kSize + 8 + 4 + KeyId::kSize);
    append_associated_data(tenant, stream, version, type, key_id, data);
    return data;
}

void seal_commit(const CommitMeta& meta,
                 const Key256& data_key,
                 const BodyDigest& digest,
                 const std::vector<Message*>& envelopes,
                 Commit& out) {
    thread_local SplitEvent event;
    out.Clear();
    auto& header = *out.mutable_header();
    put_header(meta, header);
    auto version = meta.first_version;
    for (const auto* const envelope : envelopes) {
        split_event(*envelope, event);
        const Wiped wiped(event.personal_fields);
        put_event(event.type, event.public_fields, header);
        const bool is_first = version == meta.first_version;
        seal_event(meta, version, event, is_first ? &digest : nullptr, data_key, *out.add_sealed());
        ++version.value;
    }
    auto& salt = *out.mutable_salt();
    salt.resize(kSaltBytes);
    fill_random({reinterpret_cast<std::uint8_t*>(salt.data()), salt.size()});
    const Digest commitment = commitment_of(out);
    out.set_commitment(commitment.data(), commitment.size());
}

Digest commitment_of(const Commit& commit) {
    thread_local std::string ciphertexts;
    ciphertexts.clear();
    for (const auto& sealed : commit.sealed()) {
        append_number(ciphertexts, static_cast<std::uint32_t>(sealed.size()));
        ciphertexts.append(sealed);
    }
    const Digest digest = sha256({ciphertexts});
    return sha256({kCommitmentTag, commit.salt(), commit.header(), view_of(digest)});
}

bool opens(const Commit& commit) {
    return commit.salt().size() == kSaltBytes &&
           view_of(commitment_of(commit)) == commit.commitment();
}

Status read_header(const Commit& commit, OpenedHeader& out) {
    auto& header = out.header;
    auto& meta = out.meta;
    if (!header.ParseFromString(commit.header())) {
        return fail(Errc::kDamaged, "the commit's header does not parse");
    }
    const bool ids =
        take_id(header.tenant(), meta.tenant) && take_id(header.stream(), meta.stream.uuid) &&
        take_id(header.command_id(), meta.command) && take_id(header.key_id(), meta.key_id) &&
        take_optional_id(header.causation_id(), meta.causation) &&
        take_optional_id(header.correlation_id(), meta.correlation) &&
        take_optional_id(header.actor_id(), meta.actor);
    if (!ids || header.seq() == 0 || header.first_version() == 0 || header.events_size() == 0 ||
        header.events_size() != commit.sealed_size()) {
        return fail(Errc::kDamaged, "the commit's header is not one this program writes");
    }
    meta.seq = Seq{header.seq()};
    meta.stream.kind = header.stream_kind();
    meta.first_version = Version{header.first_version()};
    meta.actor_kind = header.actor_kind();
    meta.time_unix_ms = header.time_unix_ms();
    return {};
}

Result<Unsealed> unseal_event(const Key256& data_key,
                              std::string_view associated,
                              std::string_view sealed) {
    auto plain = decrypt(data_key, associated, sealed);
    if (!plain) return fail(Errc::kDamaged, "a sealed event does not open under its key");
    const Wiped wiped(*plain);
    Unsealed unsealed;
    std::string_view rest = *plain;
    for (wire::Field field; wire::take_field(rest, field);) {
        if (field.number == SealedPart::kPersonalFieldsFieldNumber) {
            unsealed.personal_fields = field.bytes;
        } else if (field.number == SealedPart::kBodyDigestFieldNumber &&
                   field.bytes.size() == sizeof(BodyDigest)) {
            std::ranges::copy(field.bytes, unsealed.digest.emplace().begin());
        }
    }
    if (!rest.empty()) return fail(Errc::kDamaged, "a sealed event does not parse");
    return unsealed;
}

}  // namespace events
