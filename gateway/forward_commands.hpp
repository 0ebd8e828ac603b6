#pragma once

#include <any>

#include <boost/json/object.hpp>

#include "commands/writer.hpp"
#include "gateway/forward.hpp"
#include "gateway/services.hpp"

// The few commands that a request or a policy of one tenant sends to another's: they go to whoever
// leads that one, as a request between nodes. Decision 0028.
namespace gateway {

class CommandRelay final : public commands::Relay {
  public:
    // Borrowed.
    CommandRelay(const Forwarder& forwarder,
                 boost::asio::thread_pool& pool,
                 std::uint16_t partitions)
        : forwarder_(forwarder), pool_(pool), partitions_(partitions) {}

    void submit(const events::StreamId& stream,
                std::any command,
                const commands::CommandMeta& meta,
                commands::OnAnswer on_answer) override;

    // Whether the policies of a tenant that another node owns have seen everything through up to
    // and with `position`; as gateway::settled, there.
    net::awaitable<bool> settled(events::TenantId tenant, events::Seq position) const;

  private:
    const Forwarder& forwarder_;
    boost::asio::thread_pool& pool_;
    const std::uint16_t partitions_;
};

// What a node answers other nodes: POST /node/v1/commands and /node/v1/settled. The services are
// borrowed.
Handler node_routes(const Services& services);

}  // namespace gateway
