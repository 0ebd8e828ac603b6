#include "ops/bench/chat_log.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <utility>
#include <vector>

#include "events/crypto.hpp"
#include "parlour/conversation/v1/events.pb.h"

namespace bench {
namespace {

using parlour::conversation::v1::ConversationEvent;

constexpr std::size_t kAppendedAtOnce = 1000;
constexpr std::int64_t kFirstTimeMs = 1'790'000'000'000;

std::string random_id() {
    return std::string(events::random_id<events::Uuid>().view());
}

}  // namespace

ChatSource::ChatSource(const events::TenantId& tenant,
                       events::ClaimRef claim,
                       std::size_t commits,
                       GiveKey give_key)
    : tenant_(tenant), claim_(claim), commits_(commits), give_key_(std::move(give_key)) {}

// Of the length of a chat message: most are short, a few are long.
std::string ChatSource::text() {
    const auto length = 10 + random_() % 60 + (random_() % 8 == 0 ? random_() % 400 : 0);
    std::string out(length, ' ');
    for (auto& letter : out) {
        if (random_() % 6 != 0) letter = static_cast<char>('a' + random_() % 26);
    }
    return out;
}

events::Result<events::Outgoing> ChatSource::next() {
    const auto number = made_ % commits_;
    ConversationEvent event;
    if (number == 0) {
        stream_ = {.kind = events::StreamKind::STREAM_KIND_CONVERSATION,
                   .uuid = events::random_id<events::Uuid>()};
        auto key = give_key_();
        if (!key) return std::unexpected(key.error());
        key_ = *std::move(key);
        event.mutable_conversation_opened()->set_visitor_id(random_id());
        event.mutable_conversation_opened()->set_expert_id(random_id());
    } else {
        auto& message = *event.mutable_message_sent();
        message.set_message_id(random_id());
        message.set_author(parlour::conversation::v1::AUTHOR_VISITOR);
        message.set_text(text());
    }
    const events::CommitMeta meta{.tenant = tenant_,
                                  .seq = events::Seq{made_ + 1},
                                  .stream = stream_,
                                  .first_version = events::Version{number + 1},
                                  .command = events::random_id<events::CommandId>(),
                                  .causation = {},
                                  .correlation = {},
                                  .actor_kind = parlour::log::v1::ACTOR_KIND_API_TOKEN,
                                  .actor = events::random_id<events::Uuid>(),
                                  .time_unix_ms = kFirstTimeMs + static_cast<std::int64_t>(made_),
                                  .key_id = key_.id};
    ++made_;
    record_.set_term(claim_.term.value);
    record_.set_claim_id(std::string(claim_.id.view()));
    events::seal_commit(meta, key_.key, {}, {&event}, *record_.mutable_commit());
    auto frame = events::encode_record(record_);
    if (!frame) return std::unexpected(frame.error());
    return events::Outgoing{.key = events::random_id<events::RecordKey>(),
                            .frame = std::move(*frame),
                            .index = events::CommitIndex{
                                .tenant = meta.tenant,
                                .seq = meta.seq,
                                .stream = meta.stream,
                                .first_version = meta.first_version,
                                .binds_key = number == 0 ? std::optional(key_.id) : std::nullopt}};
}

events::ClaimRef new_claim(std::uint64_t term) {
    return {.term = events::Term{term}, .id = events::random_id<events::ClaimId>()};
}

events::Result<events::Outgoing> claim_outgoing(const events::ClaimRef& claim) {
    events::Record record;
    record.set_term(claim.term.value);
    record.set_claim_id(std::string(claim.id.view()));
    record.mutable_claim()->set_schema_level(1);
    auto frame = events::encode_record(record);
    if (!frame) return std::unexpected(frame.error());
    return events::Outgoing{.key = events::random_id<events::RecordKey>(),
                            .frame = std::move(*frame),
                            .index = events::ClaimIndex{claim}};
}

events::Status append_all(events::LocalLog& log,
                          events::Partition partition,
                          std::vector<events::Outgoing> records) {
    std::promise<events::Status> done;
    log.append(partition, std::move(records), [&](events::Status status) {
        done.set_value(std::move(status));
    });
    return done.get_future().get();
}

events::Status fill_log(events::LocalLog& log,
                        events::KeyRing& keys,
                        const ChatLogOptions& options) {
    std::map<events::Partition, events::ClaimRef> claims;
    std::vector<events::Outgoing> batch;
    const auto share = (options.records + options.tenants - 1) / options.tenants;
    for (std::size_t t = 0, left = options.records; t < options.tenants && left > 0; ++t) {
        const auto tenant = events::random_id<events::TenantId>();
        const auto partition = events::partition_of(tenant, log.partitions());
        const auto [claim, fresh] = claims.try_emplace(partition, new_claim());
        if (fresh) {
            auto first = claim_outgoing(claim->second);
            if (!first) return std::unexpected(first.error());
            batch.push_back(*std::move(first));
        }
        ChatSource source(tenant, claim->second, options.stream_commits, [&] {
            return keys.take(tenant, claim->second);
        });
        for (auto wanted = std::min(share, left); wanted > 0;) {
            for (; batch.size() < kAppendedAtOnce && wanted > 0; --wanted, --left) {
                auto next = source.next();
                if (!next) return std::unexpected(next.error());
                batch.push_back(*std::move(next));
            }
            if (auto done = append_all(log, partition, std::exchange(batch, {})); !done) {
                return done;
            }
        }
    }
    return {};
}

}  // namespace bench
