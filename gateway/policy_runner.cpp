#include "gateway/policy_runner.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "events/bytes.hpp"
#include "events/crypto.hpp"
#include "gateway/awaited_answer.hpp"
#include "projections/runner.hpp"
#include "projections/sealed_event.hpp"
#include "schemas/envelope.hpp"

namespace gateway {
namespace {

using commands::Answer;
using commands::Asked;
using commands::CommandMeta;
using events::Errc;
using events::Status;

// How long an unavailable writer is left alone before the same command is sent again.
constexpr std::chrono::milliseconds kAgainAfter{200};

bool is_done(const Answer& answer) {
    if (answer) return true;
    const auto& error = answer.error().error;
    return !error || !events::is_retryable(error->code);
}

}  // namespace

// A projection without rows: the store keeps its place as it keeps a view's.
struct PolicyRunner::Impl final : projections::Projection {
    explicit Impl(Parts given)
        : parts(std::move(given)), runner(parts.log, parts.partitions, parts.store, {this}) {
        runner.set_gate(parts.ours);
    }

    [[nodiscard]] std::string_view name() const override { return "policies"; }
    [[nodiscard]] unsigned version() const override { return 1; }
    Status apply(const projections::Committed& committed, projections::Rows& rows) override;

    Status carry_out(const events::CommitMeta& cause,
                     const commands::Policy& policy,
                     std::uint64_t version,
                     const Asked& asked);
    bool pause();
    [[nodiscard]] bool is_ours(const events::TenantId& tenant) const {
        return !parts.ours || parts.ours(events::partition_of(tenant, parts.partitions));
    }

    Parts parts;
    std::mutex mutex;
    std::condition_variable stop_asked;
    bool stopping = false;  // under mutex
    projections::Runner runner;
};

Status PolicyRunner::Impl::apply(const projections::Committed& committed, projections::Rows&) {
    const auto& meta = committed.opened.meta;
    std::vector<Asked> asked;
    for (const auto* const policy : parts.policies) {
        if (!policy->reads(meta.stream.kind)) continue;
        const auto envelope = schemas::new_envelope(meta.stream.kind);
        for (int i = 0; i < committed.opened.header.events_size(); ++i) {
            if (auto read = projections::read_event(committed, i, *envelope); !read) return read;
            const events::Version version{meta.first_version.value + static_cast<unsigned>(i)};
            asked.clear();
            policy->react({.commit = meta, .version = version, .envelope = *envelope}, asked);
            for (const auto& one : asked) {
                if (auto done = carry_out(meta, *policy, version.value, one); !done) return done;
            }
        }
    }
    return {};
}

// A refusal by the domain is an answer like any other: somebody else was first, or it no longer
// matters.
Status PolicyRunner::Impl::carry_out(const events::CommitMeta& cause,
                                     const commands::Policy& policy,
                                     std::uint64_t version,
                                     const Asked& asked) {
    const auto keys = parts.keys.tenant_keys(asked.tenant);
    if (!keys) return std::unexpected(keys.error());
    const auto number = events::number_bytes(version);
    CommandMeta meta;
    meta.tenant = asked.tenant;
    meta.id = events::id_from<events::CommandId>(events::keyed_hash((*keys)->command_ids,
                                                                    {"policy",
                                                                     policy.name(),
                                                                     cause.tenant.view(),
                                                                     cause.command.view(),
                                                                     {number.data(), number.size()},
                                                                     asked.purpose}));
    meta.causation = cause.command;
    meta.correlation = cause.correlation ? cause.correlation : std::optional(cause.command);
    while (true) {
        meta.now_ms = parts.now_ms();
        AwaitedAnswer awaited;
        asked.submit(parts.writer, meta, awaited.receiver());
        const auto answer = awaited.wait();
        if (answer && is_done(*answer)) return {};
        if (!is_ours(cause.tenant)) {
            return events::fail(Errc::kUnavailable, "another node leads the partition");
        }
        if (!pause()) return events::fail(Errc::kUnavailable, "stopped");
    }
}

// False when it is time to stop.
bool PolicyRunner::Impl::pause() {
    std::unique_lock lock(mutex);
    return !stop_asked.wait_for(lock, kAgainAfter, [this] { return stopping; });
}

PolicyRunner::PolicyRunner(Parts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}

PolicyRunner::~PolicyRunner() {
    stop();
}

void PolicyRunner::start(std::function<void(const events::Error&)> on_failure) {
    impl_->runner.start(
        [impl = impl_.get(), on_failure = std::move(on_failure)](const events::Error& error) {
            const std::lock_guard lock(impl->mutex);
            if (!impl->stopping && on_failure) on_failure(error);
        });
}

void PolicyRunner::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->stop_asked.notify_all();
    impl_->runner.stop();
}

void PolicyRunner::notify(events::Partition partition, events::Offset end) {
    impl_->runner.notify(partition, end);
}

void PolicyRunner::when_reached(events::Partition partition,
                                events::Offset offset,
                                std::function<void(bool)> reached) {
    impl_->runner.when_reached(partition, offset, std::move(reached));
}

std::uint64_t PolicyRunner::behind() const {
    return impl_->runner.behind();
}

std::optional<events::Error> PolicyRunner::failure() const {
    return impl_->runner.failure();
}

}  // namespace gateway
