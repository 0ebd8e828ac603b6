#include "gateway/cluster.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <utility>

#include "gateway/client_links.hpp"
#include "gateway/forward_commands.hpp"
#include "gateway/log.hpp"
#include "gateway/ownership.hpp"

namespace gateway {
namespace {

using events::Partition;

ClientLinks::Options links_of(const NodeSettings& node) {
    return {.trust = {.authorities = node.authorities, .certificate = {}},
            .identity = {.certificate_chain = node.tls.certificate_chain,
                         .private_key = node.tls.private_key}};
}

}  // namespace

struct Cluster::Impl {
    explicit Impl(Parts given);

    void gained(Partition partition);
    void lost(Partition partition);
    [[nodiscard]] PresenceTracker::Whose tenants_of(Partition partition) const {
        return [this, partition](const events::TenantId& tenant) {
            return events::partition_of(tenant, partitions) == partition;
        };
    }
    void add_samples() const;

    const Parts parts;
    const std::uint16_t partitions;
    // One after the other: what a lost partition leaves goes before what it brings when it is back.
    const net::strand<net::thread_pool::executor_type> moves;
    ClientLinks links;
    Ownership ownership;
    Forwarder forwarder;
    CommandRelay relay;
};

Cluster::Impl::Impl(Parts given)
    : parts(std::move(given)),
      partitions(parts.engine.history().partitions()),
      moves(parts.services.pool.get_executor()),
      links(links_of(parts.node)),
      ownership(
          {.node = parts.node.name,
           .log = parts.engine.log(),
           .writer = parts.services.writer,
           .runner = parts.services.runner,
           .on_gained = [this](Partition partition) { gained(partition); },
           .on_lost = [this](Partition partition) { lost(partition); },
           .soon = [this](std::function<void()> work) { net::post(moves, std::move(work)); }}),
      forwarder({.ownership = ownership,
                 .links = links,
                 .partitions = partitions,
                 .node = parts.node.name,
                 .hop_key = hop_key(parts.master),
                 .now_ms = parts.services.now_ms}),
      relay(forwarder, parts.services.pool, partitions) {
    parts.services.writer.set_relay(relay);
    add_samples();
}

void Cluster::Impl::gained(Partition partition) {
    if (const auto restored = parts.presence.restore(tenants_of(partition)); !restored) {
        log_event(LogLevel::kError, "presence-not-restored", {{"error", restored.error()}});
    }
    if (parts.on_gained) parts.on_gained(partition);
}

void Cluster::Impl::lost(Partition partition) {
    parts.hub.look_again(partition);
    parts.presence.forget(tenants_of(partition));
}

void Cluster::Impl::add_samples() const {
    const auto sample = [this](const char* name, const char* help, auto read) {
        parts.services.metrics.sample(name, help, [read] { return static_cast<double>(read()); });
    };
    sample("parlour_partitions_served", "Partitions that this node owns and serves.", [this] {
        return ownership.counts().served;
    });
    sample("parlour_claims_in_force_total", "Claims of this node that came into force.", [this] {
        return ownership.counts().gained;
    });
    sample("parlour_partitions_lost_total",
           "Partitions that this node gave up or lost to another claim.",
           [this] { return ownership.counts().lost; });
    sample("parlour_highest_term", "The highest term of a claim in force.", [this] {
        return ownership.counts().highest_term;
    });
    sample("parlour_forwarded_requests_total",
           "Requests and sockets passed on to the node that owns their partition.",
           [this] { return forwarder.counts().passed_on; });
    sample("parlour_forward_failures_total",
           "Requests passed on to which the owner gave no answer.",
           [this] { return forwarder.counts().failed; });
    sample("parlour_owner_unknown_total",
           "Requests refused because nobody was known to own their partition.",
           [this] { return forwarder.counts().owner_unknown; });
    sample("parlour_requests_taken_over_total",
           "Requests that other nodes have passed on to this one.",
           [this] { return forwarder.counts().taken; });
    sample("parlour_log_behind_records",
           "Records of the log that the brokers have and this node has not read yet.",
           [this] { return parts.engine.counts().behind_records; });
    sample("parlour_void_records_total",
           "Records read that mean nothing: sent under a claim that had ended.",
           [this] { return parts.engine.counts().void_records; });
    sample("parlour_links_open",
           "Requests, streams and sockets passed on that are under way.",
           [this] { return links.open_now(); });
}

Cluster::Cluster(Parts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}

Cluster::~Cluster() {
    stop();
}

void Cluster::held(Partition partition, bool holds) {
    impl_->ownership.held(partition, holds);
}

bool Cluster::is_ours(Partition partition) const {
    return impl_->ownership.holds(partition);
}

bool Cluster::serves(const events::TenantId& tenant) const {
    return impl_->ownership.serves(tenant);
}

net::awaitable<bool> Cluster::settled_there(events::TenantId tenant, events::Seq position) const {
    return impl_->relay.settled(tenant, position);
}

events::Status Cluster::start() {
    auto& engine = impl_->parts.engine;
    auto& writer = impl_->parts.services.writer;
    engine.on_grown(
        [&writer](Partition partition, events::Offset) { writer.at(partition).read_on(); });
    return impl_->ownership.start(*engine.assignment());
}

void Cluster::stop() {
    impl_->ownership.stop();
    impl_->parts.engine.on_grown({});
}

Handler Cluster::handler(Handler local) const {
    return impl_->forwarder.handler(std::move(local), node_routes(impl_->parts.services));
}

LiveUpgrade Cluster::live(LiveUpgrade local) const {
    return impl_->forwarder.live(std::move(local));
}

}  // namespace gateway
