#pragma once

#include <string>
#include <string_view>

#include "events/commit.hpp"
#include "events/crypto.hpp"
#include "events/ids.hpp"
#include "events/record.hpp"
#include "parlour/conversation/v1/events.pb.h"

// Records of a partition, made by hand: short factories in which a test names only what it is
// about.
namespace test_support {

template <class AnyId>
AnyId id_of(std::uint8_t fill) {
    AnyId id;
    id.bytes.fill(fill);
    return id;
}

inline const events::TenantId kTenant = id_of<events::TenantId>(0xAA);

inline events::ClaimRef claim_number(std::uint64_t term) {
    return {.term = events::Term{term},
            .id = id_of<events::ClaimId>(static_cast<std::uint8_t>(term))};
}

inline std::string frame_of(const events::Record& record) {
    return events::encode_record(record).value();
}

inline events::Record record_under(const events::ClaimRef& claim) {
    events::Record record;
    record.set_term(claim.term.value);
    record.set_claim_id(std::string(claim.id.view()));
    return record;
}

inline std::string claim_frame(std::uint64_t term) {
    events::Record record = record_under(claim_number(term));
    record.mutable_claim()->set_node("n");
    return frame_of(record);
}

struct Sample {
    std::uint64_t seq = 1;
    std::uint64_t term = 1;
    std::uint8_t stream = 1;
    std::uint64_t version = 1;
    std::int64_t time_unix_ms = 0;
    events::TenantId tenant = kTenant;
    std::string text = "hello";
};

inline events::Record sample_record(const Sample& sample) {
    const events::CommitMeta meta{.tenant = sample.tenant,
                                  .seq = events::Seq{sample.seq},
                                  .stream = {.kind = parlour::log::v1::STREAM_KIND_CONVERSATION,
                                             .uuid = id_of<events::Uuid>(sample.stream)},
                                  .first_version = events::Version{sample.version},
                                  .command = id_of<events::CommandId>(3),
                                  .causation = std::nullopt,
                                  .correlation = std::nullopt,
                                  .actor_kind = parlour::log::v1::ACTOR_KIND_API_TOKEN,
                                  .actor = id_of<events::Uuid>(4),
                                  .time_unix_ms = sample.time_unix_ms,
                                  .key_id = id_of<events::KeyId>(5)};
    parlour::conversation::v1::ConversationEvent envelope;
    auto& message = *envelope.mutable_message_sent();
    message.set_message_id(std::string(id_of<events::Uuid>(6).view()));
    message.set_author(parlour::conversation::v1::AUTHOR_VISITOR);
    message.set_text(sample.text);
    events::Record record = record_under(claim_number(sample.term));
    events::seal_commit(meta, events::Key256{}, {}, {&envelope}, *record.mutable_commit());
    return record;
}

inline std::string commit_frame(const Sample& sample) {
    return frame_of(sample_record(sample));
}

}  // namespace test_support
