#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "events/commit.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/log.hpp"
#include "events/record.hpp"

// Given a log with a history: appends claims and sealed commits as a writer would, without one.
// Keeps seq, versions and data keys itself; every append is durable when its function returns.
// Throws when the log or the key ring refuses.
namespace test_support {

struct Appended {
    events::Partition partition;
    events::Offset offset;
    events::Seq seq;
    events::Version first_version;
    events::KeyId key_id;
};

class GivenLog {
  public:
    // Both borrowed; any engine. The first commit of a partition puts a claim before itself.
    GivenLog(events::Log& log, events::KeyRing& keys, std::uint16_t partitions = 1)
        : log_(log), keys_(keys), partitions_(partitions) {}

    // Time of the commits to come.
    std::int64_t time_unix_ms = 1'790'000'000'000;

    // A new claim of a higher term, in force from here.
    events::ClaimRef claim(events::Partition partition = {});
    // The claim in force; a new one when there is none.
    events::ClaimRef claim_in_force(events::Partition partition);

    // One commit of the events (envelopes of one aggregate) under the claim in force.
    template <class... Envelope>
    Appended commit(const events::TenantId& tenant,
                    const events::StreamId& stream,
                    Envelope... envelopes) {
        return commit_all(tenant, stream, {&envelopes...});
    }

    // The same under another claim than the one in force: void, and takes neither seq nor version.
    template <class... Envelope>
    Appended void_commit(const events::TenantId& tenant,
                         const events::StreamId& stream,
                         Envelope... envelopes) {
        return void_commit_all(tenant, stream, {&envelopes...});
    }

    using Envelopes = std::vector<google::protobuf::Message*>;
    Appended commit_all(const events::TenantId& tenant,
                        const events::StreamId& stream,
                        const Envelopes& envelopes);
    Appended void_commit_all(const events::TenantId& tenant,
                             const events::StreamId& stream,
                             const Envelopes& envelopes);

    // Any record, as it is.
    events::Offset append(events::Partition partition,
                          const events::Record& record,
                          const decltype(events::Outgoing::index)& index = {});
    static events::Record record_under(const events::ClaimRef& claim);

    [[nodiscard]] events::Partition partition_of(const events::TenantId& tenant) const {
        return events::partition_of(tenant, partitions_);
    }

  private:
    using StreamOf = std::pair<events::TenantId, events::StreamId>;

    const events::DataKey& data_key(const StreamOf& stream, const events::ClaimRef& claim);
    events::CommitMeta next_meta(const StreamOf& stream, const events::KeyId& key_id);

    events::Log& log_;
    events::KeyRing& keys_;
    std::uint16_t partitions_;
    events::Term highest_term_;
    std::map<events::Partition, events::ClaimRef> claims_;
    std::map<events::TenantId, events::Seq> seqs_;  // the last given
    std::map<StreamOf, events::Version> versions_;  // the last given
    std::map<StreamOf, events::DataKey> data_keys_;
};

}  // namespace test_support
