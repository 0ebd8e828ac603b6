#include "tests/support/given_log.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

#include "events/crypto.hpp"
#include "events/memory_log.hpp"

namespace test_support {
namespace {

template <class Value>
Value must(events::Result<Value> result, const std::string& what) {
    if (!result) throw std::runtime_error(what + ": " + result.error().detail);
    return std::move(*result);
}

}  // namespace

events::Record GivenLog::record_under(const events::ClaimRef& claim) {
    events::Record record;
    record.set_term(claim.term.value);
    record.set_claim_id(std::string(claim.id.view()));
    return record;
}

events::ClaimRef GivenLog::claim(events::Partition partition) {
    highest_term_.value += 1;
    const events::ClaimRef claim{.term = highest_term_, .id = events::random_id<events::ClaimId>()};
    events::Record record = record_under(claim);
    record.mutable_claim()->set_node("given");
    append(partition, record, events::ClaimIndex{.claim = claim});
    claims_[partition] = claim;
    return claim;
}

events::ClaimRef GivenLog::claim_in_force(events::Partition partition) {
    const auto found = claims_.find(partition);
    return found == claims_.end() ? claim(partition) : found->second;
}

const events::DataKey& GivenLog::data_key(const StreamOf& stream, const events::ClaimRef& claim) {
    const auto found = data_keys_.find(stream);
    if (found != data_keys_.end()) return found->second;
    return data_keys_.emplace(stream, must(keys_.take(stream.first, claim), "take")).first->second;
}

events::CommitMeta GivenLog::next_meta(const StreamOf& stream, const events::KeyId& key_id) {
    return {.tenant = stream.first,
            .seq = {seqs_[stream.first].value + 1},
            .stream = stream.second,
            .first_version = {versions_[stream].value + 1},
            .command = events::random_id<events::CommandId>(),
            .causation = {},
            .correlation = {},
            .actor_kind = parlour::log::v1::ACTOR_KIND_SYSTEM,
            .actor = {},
            .time_unix_ms = time_unix_ms,
            .key_id = key_id};
}

Appended GivenLog::commit_all(const events::TenantId& tenant,
                              const events::StreamId& stream,
                              const Envelopes& envelopes) {
    const auto partition = partition_of(tenant);
    const auto claim = claim_in_force(partition);
    const auto& key = data_key({tenant, stream}, claim);
    const auto meta = next_meta({tenant, stream}, key.id);
    events::Record record = record_under(claim);
    events::seal_commit(meta, key.key, {}, envelopes, *record.mutable_commit());
    events::CommitIndex index{.tenant = tenant,
                              .seq = meta.seq,
                              .stream = stream,
                              .first_version = meta.first_version,
                              .binds_key = {}};
    if (meta.first_version.value == 1) index.binds_key = key.id;
    const auto offset = append(partition, record, index);
    seqs_[tenant] = meta.seq;
    versions_[{tenant, stream}].value += envelopes.size();
    return {partition, offset, meta.seq, meta.first_version, key.id};
}

Appended GivenLog::void_commit_all(const events::TenantId& tenant,
                                   const events::StreamId& stream,
                                   const Envelopes& envelopes) {
    const auto partition = partition_of(tenant);
    const auto in_force = claim_in_force(partition);
    const events::ClaimRef other{.term = in_force.term, .id = events::random_id<events::ClaimId>()};
    const auto& key = data_key({tenant, stream}, in_force);
    const auto meta = next_meta({tenant, stream}, key.id);
    events::Record record = record_under(other);
    events::seal_commit(meta, key.key, {}, envelopes, *record.mutable_commit());
    const auto offset = append(partition, record);
    return {partition, offset, meta.seq, meta.first_version, key.id};
}

events::Offset GivenLog::append(events::Partition partition,
                                const events::Record& record,
                                const decltype(events::Outgoing::index)& index) {
    const auto offset = must(log_.end(partition), "end");
    std::vector<events::Outgoing> records;
    records.push_back({.key = events::random_id<events::RecordKey>(),
                       .frame = must(events::encode_record(record), "encode_record"),
                       .index = index});
    const auto done = std::make_shared<std::promise<events::Status>>();
    auto durable = done->get_future();
    log_.append(partition, std::move(records), [done](events::Status status) {
        done->set_value(std::move(status));
    });
    if (auto* const memory = dynamic_cast<events::MemoryLog*>(&log_)) memory->run_pending();
    if (durable.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
        throw std::runtime_error("append did not complete");
    }
    const auto status = durable.get();
    if (!status) throw std::runtime_error("append: " + status.error().detail);
    return offset;
}

}  // namespace test_support
