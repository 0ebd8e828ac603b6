#pragma once

#include <string>
#include <vector>

#include "events/commit.hpp"
#include "events/log.hpp"
#include "parlour/conversation/v1/events.pb.h"
#include "tests/events/log_support.hpp"

// Frames as nodes write them, where a test's engine looks into what others have sent.
namespace real_records {

struct Sent {
    events::ClaimRef under = samples::claim();
    std::uint8_t tenant = 1;
    std::uint64_t seq = 1;
    std::uint64_t version = 1;
    std::uint8_t stream = 1;
};

inline events::KeyId key_of_stream(std::uint8_t stream) {
    return samples::id<events::KeyId>(stream);
}

// One message in one commit.
inline events::Outgoing commit(const Sent& sent) {
    parlour::conversation::v1::ConversationEvent event;
    event.mutable_message_sent()->set_message_id(samples::fill(16, 0x3e));
    event.mutable_message_sent()->set_text("text");
    events::Record record = samples::record_under(sent.under);
    const auto stream = log_support::stream(sent.stream);
    events::seal_commit({.tenant = samples::tenant(sent.tenant),
                         .seq = events::Seq{sent.seq},
                         .stream = stream,
                         .first_version = events::Version{sent.version},
                         .command = events::random_id<events::CommandId>(),
                         .causation = {},
                         .correlation = {},
                         .actor_kind = parlour::log::v1::ACTOR_KIND_SYSTEM,
                         .actor = {},
                         .time_unix_ms = 1'795'310'880'007,
                         .key_id = key_of_stream(sent.stream)},
                        events::Key256{},
                        {},
                        {&event},
                        *record.mutable_commit());
    return {.key = events::random_id<events::RecordKey>(),
            .frame = events::encode_record(record).value(),
            .index = events::CommitIndex{
                .tenant = samples::tenant(sent.tenant),
                .seq = events::Seq{sent.seq},
                .stream = stream,
                .first_version = events::Version{sent.version},
                .binds_key =
                    sent.version == 1 ? std::optional(key_of_stream(sent.stream)) : std::nullopt}};
}

inline events::Outgoing claim(const events::ClaimRef& claim) {
    return {.key = events::random_id<events::RecordKey>(),
            .frame = events::encode_record(samples::claim_record(claim)).value(),
            .index = events::ClaimIndex{claim}};
}

}  // namespace real_records
