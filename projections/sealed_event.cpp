#include "projections/sealed_event.hpp"

#include <fmt/format.h>

#include "schemas/envelope.hpp"

namespace projections {

using events::Errc;
using events::fail;

events::Status read_event(const events::OpenedHeader& opened,
                          int index,
                          google::protobuf::Message& envelope) {
    const auto& entry = opened.header.events(index);
    if (!envelope.ParseFromString(entry.public_fields())) {
        return fail(Errc::kDamaged, "the public fields of an event do not parse");
    }
    const int type = schemas::event_type_of(envelope);
    if (static_cast<std::uint32_t>(type) == entry.type()) return {};
    if (type != 0) return fail(Errc::kDamaged, "an event is not of the type its header states");
    return fail(Errc::kUnknownSchema,
                fmt::format("event type {} of {} in commit {} of tenant {}",
                            entry.type(),
                            envelope.GetDescriptor()->name(),
                            opened.meta.seq.value,
                            to_text(opened.meta.tenant)));
}

void keep_sealed(const Committed& committed, int index, parlour::views::v1::SealedEvent& out) {
    const auto& meta = committed.opened.meta;
    out.set_seq(meta.seq.value);
    out.set_version(meta.first_version.value + static_cast<std::uint64_t>(index));
    out.set_type(committed.opened.header.events(index).type());
    out.set_time_unix_ms(meta.time_unix_ms);
    out.set_key_id(meta.key_id.bytes.data(), meta.key_id.bytes.size());
    out.set_sealed(committed.commit.sealed(index));
}

events::Result<const events::Key256*> Unsealer::find_key(const events::TenantId& tenant,
                                                         const events::KeyId& id) {
    if (last_ && last_->id == id) return &last_->key;
    last_.reset();
    auto key = keys_.find(tenant, id, now_ms_);
    if (key) {
        return &last_.emplace(events::DataKey{.id = id, .key = *key}).key;
    }
    if (key.error().code == Errc::kErased) return nullptr;
    if (key.error().code == Errc::kNotFound) {
        return fail(Errc::kDamaged,
                    "the key ring never held the data key " + events::to_hex(id.view()));
    }
    return std::unexpected(key.error());
}

void Unsealer::wipe() {
    OPENSSL_cleanse(opened_.data(), opened_.size());
}

events::Result<std::optional<std::string_view>> Unsealer::open(const events::TenantId& tenant,
                                                               const events::StreamId& stream,
                                                               const Sealed& event) {
    const auto key_id = events::KeyId::from_bytes(event.key_id);
    if (!key_id) return fail(Errc::kDamaged, "a row's key id is not 16 bytes");
    const auto key = find_key(tenant, *key_id);
    if (!key) return std::unexpected(key.error());
    if (*key == nullptr) return std::nullopt;
    auto unsealed = events::unseal_event(
        **key,
        events::associated_data(tenant, stream, event.version, event.type, *key_id),
        event.sealed);
    if (!unsealed) return std::unexpected(unsealed.error());
    wipe();
    opened_ = std::move(unsealed->personal_fields);
    return opened_;
}

events::Result<bool> Unsealer::open(const events::TenantId& tenant,
                                    const events::StreamId& stream,
                                    const parlour::views::v1::SealedEvent& event,
                                    google::protobuf::Message& envelope) {
    const auto opened = open(tenant,
                             stream,
                             Sealed{.version = events::Version{event.version()},
                                    .type = event.type(),
                                    .key_id = event.key_id(),
                                    .sealed = event.sealed()});
    if (!opened) return std::unexpected(opened.error());
    if (!*opened) return false;
    if (envelope.ParseFromArray((*opened)->data(), static_cast<int>((*opened)->size()))) {
        return true;
    }
    return fail(Errc::kDamaged, "the personal fields of an event do not parse");
}

}  // namespace projections
