#include "events/commit.hpp"

#include <google/protobuf/descriptor.h>

#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "events/bytes.hpp"
#include "parlour/options/v1/options.pb.h"
#include "schemas/envelope.hpp"

namespace events {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using parlour::log::v1::SealedPart;

// With its terminating NUL, so that no other tag can be a prefix of it.
constexpr std::string_view kCommitmentTag{"parlour/commitment/v1", 22};

bool is_personal(const FieldDescriptor& field) {
    const auto data = field.options().GetExtension(parlour::options::v1::data);
    return data != parlour::options::v1::DATA_UNSPECIFIED &&
           data != parlour::options::v1::DATA_PUBLIC;
}

// The personal fields of an event type, found once.
const std::vector<const FieldDescriptor*>& personal_fields_of(const Descriptor* type) {
    static std::shared_mutex mutex;
    static std::unordered_map<const Descriptor*, std::vector<const FieldDescriptor*>> known;
    {
        const std::shared_lock lock(mutex);
        if (const auto found = known.find(type); found != known.end()) return found->second;
    }
    std::vector<const FieldDescriptor*> fields;
    for (int i = 0; i < type->field_count(); ++i) {
        if (is_personal(*type->field(i))) fields.push_back(type->field(i));
    }
    const std::unique_lock lock(mutex);
    return known.try_emplace(type, std::move(fields)).first->second;
}

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

void fill_header(const CommitMeta& meta, CommitHeader& header) {
    header.set_tenant(std::string(meta.tenant.view()));
    header.set_seq(meta.seq.value);
    header.set_stream_kind(meta.stream.kind);
    header.set_stream(std::string(meta.stream.uuid.view()));
    header.set_first_version(meta.first_version.value);
    header.set_command_id(std::string(meta.command.view()));
    if (meta.causation) header.set_causation_id(std::string(meta.causation->view()));
    if (meta.correlation) header.set_correlation_id(std::string(meta.correlation->view()));
    header.set_actor_kind(meta.actor_kind);
    if (meta.actor) header.set_actor_id(std::string(meta.actor->view()));
    header.set_time_unix_ms(meta.time_unix_ms);
    header.set_key_id(std::string(meta.key_id.view()));
}

}  // namespace

std::string take_personal_fields(Message& envelope) {
    const auto* reflection = envelope.GetReflection();
    const auto* descriptor = envelope.GetDescriptor();
    const auto* set = reflection->GetOneofFieldDescriptor(envelope, descriptor->oneof_decl(0));
    if (set == nullptr) return {};
    const auto& fields = personal_fields_of(set->message_type());
    if (fields.empty()) return {};
    const std::unique_ptr<Message> personal(envelope.New());
    auto* const from = reflection->MutableMessage(&envelope, set);
    auto* const into = reflection->MutableMessage(personal.get(), set);
    from->GetReflection()->SwapFields(from, into, fields);
    return personal->SerializeAsString();
}

std::string associated_data(const TenantId& tenant,
                            const StreamId& stream,
                            Version version,
                            std::uint32_t type,
                            const KeyId& key_id) {
    std::string data;
    data.reserve(TenantId::kSize + 1 + Uuid::kSize + 8 + 4 + KeyId::kSize);
    data.append(tenant.view());
    data.push_back(static_cast<char>(stream.kind));
    data.append(stream.uuid.view());
    append_number(data, version.value);
    append_number(data, type);
    data.append(key_id.view());
    return data;
}

void seal_commit(const CommitMeta& meta,
                 const Key256& data_key,
                 const BodyDigest& digest,
                 const std::vector<Message*>& envelopes,
                 Commit& out) {
    thread_local CommitHeader header;
    thread_local SealedPart part;
    header.Clear();
    out.Clear();
    fill_header(meta, header);
    std::uint64_t version = meta.first_version.value;
    for (auto* const envelope : envelopes) {
        const auto type = static_cast<std::uint32_t>(schemas::event_type_of(*envelope));
        part.Clear();
        part.set_personal_fields(take_personal_fields(*envelope));
        if (version == meta.first_version.value) part.set_body_digest(digest.data(), digest.size());
        auto* const entry = header.add_events();
        entry->set_type(type);
        envelope->SerializeToString(entry->mutable_public_fields());
        std::string plain = part.SerializeAsString();
        *out.add_sealed() =
            encrypt(data_key,
                    associated_data(meta.tenant, meta.stream, Version{version}, type, meta.key_id),
                    plain);
        OPENSSL_cleanse(plain.data(), plain.size());
        ++version;
    }
    header.SerializeToString(out.mutable_header());
    std::array<std::uint8_t, 32> salt{};
    fill_random(salt);
    out.set_salt(salt.data(), salt.size());
    const Digest commitment = commitment_of(out);
    out.set_commitment(commitment.data(), commitment.size());
}

Digest commitment_of(const Commit& commit) {
    std::string ciphertexts;
    for (const auto& sealed : commit.sealed()) {
        append_number(ciphertexts, static_cast<std::uint32_t>(sealed.size()));
        ciphertexts.append(sealed);
    }
    const Digest digest = sha256({ciphertexts});
    return sha256({kCommitmentTag, commit.salt(), commit.header(), view_of(digest)});
}

bool opens(const Commit& commit) {
    constexpr std::size_t kSaltBytes = 32;
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
    thread_local SealedPart part;
    const bool parsed = part.ParseFromString(*plain);
    OPENSSL_cleanse(plain->data(), plain->size());
    if (!parsed) return fail(Errc::kDamaged, "a sealed event does not parse");
    Unsealed unsealed;
    unsealed.personal_fields = std::move(*part.mutable_personal_fields());
    if (part.body_digest().size() == sizeof(BodyDigest)) {
        BodyDigest digest{};
        std::copy(part.body_digest().begin(), part.body_digest().end(), digest.begin());
        unsealed.digest = digest;
    }
    return unsealed;
}

}  // namespace events
