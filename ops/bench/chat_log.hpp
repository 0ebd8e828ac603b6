#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include "events/commit.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/local_log.hpp"
#include "events/record.hpp"

// Logs full of conversations, made much faster than commands would make them: sealed commits as the
// commit path writes them, appended by the thousand.
namespace bench {

// The sealed commits of one tenant's conversations, one conversation after another.
class ChatSource {
  public:
    using GiveKey = std::function<events::Result<events::DataKey>()>;
    // `give_key` makes the data key of each conversation; `commits` of each: its opening and
    // messages.
    ChatSource(const events::TenantId& tenant,
               events::ClaimRef claim,
               std::size_t commits,
               GiveKey give_key);

    events::Result<events::Outgoing> next();
    // The conversation of the last commit.
    [[nodiscard]] const events::StreamId& stream() const { return stream_; }

  private:
    std::string text();

    events::TenantId tenant_;
    events::ClaimRef claim_;
    std::size_t commits_;
    GiveKey give_key_;
    std::mt19937_64 random_{7};  // NOLINT: the same texts in every run
    std::size_t made_ = 0;
    events::StreamId stream_;
    events::DataKey key_;
    events::Record record_;
};

struct ChatLogOptions {
    std::size_t records = 200'000;  // commits, over all tenants
    std::size_t tenants = 1;
    std::size_t stream_commits = 15;
};

// Appends claims and commits to an empty log, the data keys taken from the ring.
events::Status fill_log(events::LocalLog& log,
                        events::KeyRing& keys,
                        const ChatLogOptions& options);

// The record of a claim, and how it is appended.
events::Result<events::Outgoing> claim_outgoing(const events::ClaimRef& claim);
events::ClaimRef new_claim(std::uint64_t term = 1);
// Appends and waits until it is durable.
events::Status append_all(events::LocalLog& log,
                          events::Partition partition,
                          std::vector<events::Outgoing> records);

}  // namespace bench
