#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/crypto.hpp"
#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/secret.hpp"
#include "parlour/log/v1/record.pb.h"

// Commits as aggregates and views see them, and their sealed form. Personal fields are taken out at
// encoding and sealed; what stays readable in a frame holds no personal data.
namespace events {

using parlour::log::v1::Commit;
using parlour::log::v1::CommitHeader;

using BodyDigest = std::array<std::uint8_t, 16>;

// Everything about a commit but its events.
struct CommitMeta {
    TenantId tenant;
    Seq seq;
    StreamId stream;
    Version first_version;
    CommandId command;
    std::optional<CommandId> causation;
    std::optional<CommandId> correlation;
    parlour::log::v1::ActorKind actor_kind{};
    std::optional<Uuid> actor;
    std::int64_t time_unix_ms = 0;
    KeyId key_id;
};

// Takes the personal fields out of `envelope` (an aggregate's, e.g. ConversationEvent) and gives
// them as an envelope of the same type, serialised; empty when there are none.
std::string take_personal_fields(google::protobuf::Message& envelope);

// Builds the sealed commit. `envelopes` (1 to kEventsPerCommitMax) are consumed: their personal
// fields are taken out. The digest goes into the first event's sealed part.
inline constexpr std::size_t kEventsPerCommitMax = 64;
void seal_commit(const CommitMeta& meta,
                 const Key256& data_key,
                 const BodyDigest& digest,
                 const std::vector<google::protobuf::Message*>& envelopes,
                 Commit& out);

// SHA-256(tag, salt, header, SHA-256 over the ciphertexts with their lengths).
Digest commitment_of(const Commit& commit);
// Whether the stored commitment is the one its parts give.
bool opens(const Commit& commit);

// The clear part, with its ids checked for their sizes. kDamaged otherwise.
struct OpenedHeader {
    CommitMeta meta;
    CommitHeader header;
};
Status read_header(const Commit& commit, OpenedHeader& out);

// The additional data that binds a ciphertext to its place.
std::string associated_data(const TenantId& tenant,
                            const StreamId& stream,
                            Version version,
                            std::uint32_t type,
                            const KeyId& key_id);

// Unseals one event: the personal fields (serialised envelope) and the digest it carried, if any.
// kDamaged when key, place or bytes do not fit.
struct Unsealed {
    std::string personal_fields;
    std::optional<BodyDigest> digest;
};
Result<Unsealed> unseal_event(const Key256& data_key,
                              std::string_view associated,
                              std::string_view sealed);

}  // namespace events
