#include "gateway/presence_tracker.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "projections/conversation_lists.hpp"

namespace gateway {
namespace {

namespace net = boost::asio;
namespace v1 = parlour::presence::v1;
using commands::Reach;
using commands::RecordReach;

constexpr std::chrono::seconds kStopPatience{2};

struct Expert {
    Reach wanted = Reach::kOffline;
    v1::OfflineReason offline_reason{};  // why `wanted` is offline
    std::optional<events::Uuid> account;
    bool full = false;  // has as many conversations as the expert takes
    std::size_t connections = 0;
    std::int64_t heard_until_ms = 0;  // the lease, while nothing is connected
    ShownPresence shown;
    Reach recorded = Reach::kOffline;
    bool recording = false;  // an answer is due
};

Reach reach_of(parlour::views::v1::Reach reach) {
    if (reach == parlour::views::v1::REACH_ONLINE) return Reach::kOnline;
    return reach == parlour::views::v1::REACH_BUSY ? Reach::kBusy : Reach::kOffline;
}

// What is to be seen, from what is wanted and known.
ShownPresence presence_of(const Expert& expert) {
    switch (expert.wanted) {
        case Reach::kOffline:
            return {.reach = Reach::kOffline, .reason = expert.offline_reason};
        case Reach::kBusy:
            return {.reach = Reach::kBusy, .reason = {}, .cause = v1::BUSY_CAUSE_SELF};
        case Reach::kOnline:
            break;
    }
    if (!expert.full) return {.reach = Reach::kOnline};
    return {.reach = Reach::kBusy, .reason = {}, .cause = v1::BUSY_CAUSE_CONVERSATIONS};
}

}  // namespace

struct PresenceTracker::Core : std::enable_shared_from_this<Core> {
    Core(Parts given, Times spans) : parts(std::move(given)), times(spans) {}

    const Parts parts;
    const Times times;
    mutable std::mutex mutex;  // guards what follows
    std::condition_variable recorded;
    std::map<ExpertRef, Expert> experts;  // those who are, or were recorded as, not offline
    std::unique_ptr<net::steady_timer> timer;
    bool stopped = false;

    struct Due {
        ExpertRef who;
        RecordReach change;
        std::optional<events::Uuid> account;
    };

    // Under the mutex.
    void show(const ExpertRef& who, Expert& expert, std::int64_t now);
    std::optional<Due> due(const ExpertRef& who, Expert& expert, std::int64_t now, bool at_once);

    void record(const Due& change);
    void count_conversations(std::int64_t now);
    void look();
    void wait();
};

// The end of a lease takes the wish along: who comes back says again what is wanted.
void PresenceTracker::Core::show(const ExpertRef& who, Expert& expert, std::int64_t now) {
    const bool heard = expert.connections > 0 || now < expert.heard_until_ms;
    if (!heard && expert.wanted != Reach::kOffline) {
        expert.wanted = Reach::kOffline;
        expert.offline_reason = v1::OFFLINE_REASON_LEASE;
        expert.account.reset();
    }
    ShownPresence next = presence_of(expert);
    if (next.reach == expert.shown.reach) {
        expert.shown.reason = next.reason;
        expert.shown.cause = next.cause;
        return;
    }
    next.since_unix_ms = now;
    expert.shown = next;
    parts.on_change(who, next);
}

// A change that outlasted the grace; the end of a lease has, being longer.
std::optional<PresenceTracker::Core::Due> PresenceTracker::Core::due(const ExpertRef& who,
                                                                     Expert& expert,
                                                                     std::int64_t now,
                                                                     bool at_once) {
    const auto& shown = expert.shown;
    if (expert.recording || shown.reach == expert.recorded) return std::nullopt;
    const bool lease_ended =
        shown.reach == Reach::kOffline && shown.reason == v1::OFFLINE_REASON_LEASE;
    if (!at_once && !lease_ended && now - shown.since_unix_ms < times.grace.count()) {
        return std::nullopt;
    }
    expert.recording = true;
    return Due{.who = who,
               .change = {.expert = who.expert,
                          .from = expert.recorded,
                          .to = shown.reach,
                          .reason = shown.reason,
                          .cause = shown.cause},
               .account = expert.account};
}

void PresenceTracker::Core::record(const Due& change) {
    parts.record(change.who,
                 change.change,
                 change.account,
                 [weak = weak_from_this(), who = change.who, to = change.change.to](bool done) {
                     const auto self = weak.lock();
                     if (!self) return;
                     const std::lock_guard lock(self->mutex);
                     const auto found = self->experts.find(who);
                     if (found == self->experts.end()) return;
                     found->second.recording = false;
                     if (done) found->second.recorded = to;
                     self->recorded.notify_all();
                 });
}

// Of those who want to be online. How many they take is read anew each time, as a change of it
// reaches the board only behind its answer. An error leaves what was known.
void PresenceTracker::Core::count_conversations(std::int64_t now) {
    std::vector<ExpertRef> online;
    {
        const std::lock_guard lock(mutex);
        for (const auto& [who, expert] : experts) {
            if (expert.wanted == Reach::kOnline) online.push_back(who);
        }
    }
    const auto idle_ms = std::chrono::milliseconds(kLiveConversationIdle).count();
    for (const auto& who : online) {
        const auto most = parts.board.conversations_max(parts.store, who.tenant, who.expert);
        if (!most) continue;
        bool full = false;
        if (*most > 0) {
            const auto live =
                projections::count_live(parts.store,
                                        parts.conversations,
                                        who.tenant,
                                        who.expert,
                                        {.since_unix_ms = now - idle_ms, .most = *most});
            if (!live) continue;
            full = *live >= *most;
        }
        const std::lock_guard lock(mutex);
        if (const auto found = experts.find(who); found != experts.end()) found->second.full = full;
    }
}

void PresenceTracker::Core::look() {
    const std::int64_t now = parts.now_ms();
    count_conversations(now);
    std::vector<Due> changes;
    {
        const std::lock_guard lock(mutex);
        for (auto& [who, expert] : experts) {
            show(who, expert, now);
            if (auto change = due(who, expert, now, false)) changes.push_back(*std::move(change));
        }
        std::erase_if(experts, [](const auto& entry) {
            const Expert& expert = entry.second;
            return expert.shown.reach == Reach::kOffline && expert.connections == 0 &&
                   expert.recorded == Reach::kOffline && !expert.recording;
        });
    }
    for (const auto& change : changes) record(change);
}

void PresenceTracker::Core::wait() {
    const std::lock_guard lock(mutex);
    if (stopped) return;
    timer->expires_after(times.look_every);
    timer->async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        self->look();
        self->wait();
    });
}

PresenceTracker::PresenceTracker(Parts parts, Times times)
    : core_(std::make_shared<Core>(std::move(parts), times)) {}

PresenceTracker::~PresenceTracker() = default;

events::Status PresenceTracker::restore(const Whose& whose) {
    const std::int64_t now = core_->parts.now_ms();
    const std::lock_guard lock(core_->mutex);
    const auto take = [&](const events::TenantId& tenant,
                          const events::Uuid& id,
                          const parlour::views::v1::PresenceRow& row) {
        const Reach recorded = reach_of(row.reach());
        if (recorded == Reach::kOffline || (whose && !whose(tenant))) return;
        const bool self_busy = recorded == Reach::kBusy && row.cause() == v1::BUSY_CAUSE_SELF;
        core_->experts[{tenant, id}] = Expert{.wanted = self_busy ? Reach::kBusy : Reach::kOnline,
                                              .full = recorded == Reach::kBusy && !self_busy,
                                              .heard_until_ms = now + core_->times.lease.count(),
                                              .shown = {.reach = recorded,
                                                        .reason = {},
                                                        .cause = row.cause(),
                                                        .since_unix_ms = row.since_unix_ms()},
                                              .recorded = recorded};
    };
    return core_->parts.board.for_each(core_->parts.store, take);
}

void PresenceTracker::forget(const Whose& whose) {
    const std::lock_guard lock(core_->mutex);
    std::erase_if(core_->experts, [&](const auto& entry) { return whose(entry.first.tenant); });
}

void PresenceTracker::start(const net::any_io_executor& executor) {
    core_->timer = std::make_unique<net::steady_timer>(executor);
    core_->wait();
}

void PresenceTracker::look() {
    core_->look();
}

void PresenceTracker::stop() {
    std::vector<Core::Due> changes;
    {
        const std::lock_guard lock(core_->mutex);
        if (std::exchange(core_->stopped, true)) return;
        if (core_->timer) core_->timer->cancel();
        const std::int64_t now = core_->parts.now_ms();
        for (auto& [who, expert] : core_->experts) {
            if (expert.shown.reach != Reach::kOffline) continue;
            if (auto change = core_->due(who, expert, now, true)) {
                changes.push_back(*std::move(change));
            }
        }
    }
    for (const auto& change : changes) core_->record(change);
    std::unique_lock lock(core_->mutex);
    core_->recorded.wait_for(lock, kStopPatience, [this] {
        return std::ranges::none_of(core_->experts,
                                    [](const auto& entry) { return entry.second.recording; });
    });
}

void PresenceTracker::want(const ExpertRef& who,
                           Reach wanted,
                           std::optional<events::Uuid> account) {
    const std::lock_guard lock(core_->mutex);
    const std::int64_t now = core_->parts.now_ms();
    auto& expert = core_->experts[who];
    expert.wanted = wanted;
    expert.offline_reason = v1::OFFLINE_REASON_REQUESTED;
    expert.account = account;
    expert.heard_until_ms = now + core_->times.lease.count();
    core_->show(who, expert, now);
}

void PresenceTracker::connected(const ExpertRef& who) {
    const std::lock_guard lock(core_->mutex);
    ++core_->experts[who].connections;
}

void PresenceTracker::disconnected(const ExpertRef& who) {
    const std::lock_guard lock(core_->mutex);
    auto& expert = core_->experts[who];
    if (expert.connections > 0) --expert.connections;
    expert.heard_until_ms =
        std::max(expert.heard_until_ms, core_->parts.now_ms() + core_->times.lease.count());
}

ShownPresence PresenceTracker::shown(const ExpertRef& who) const {
    const std::lock_guard lock(core_->mutex);
    const auto found = core_->experts.find(who);
    return found == core_->experts.end() ? ShownPresence{} : found->second.shown;
}

std::vector<std::pair<events::Uuid, ShownPresence>> PresenceTracker::of_tenant(
    const events::TenantId& tenant) const {
    std::vector<std::pair<events::Uuid, ShownPresence>> all;
    const std::lock_guard lock(core_->mutex);
    const auto first = core_->experts.lower_bound({.tenant = tenant, .expert = {}});
    for (auto at = first; at != core_->experts.end() && at->first.tenant == tenant; ++at) {
        if (at->second.shown.reach == Reach::kOffline) continue;
        all.emplace_back(at->first.expert, at->second.shown);
    }
    return all;
}

bool PresenceTracker::is_available(const events::TenantId& tenant,
                                   const events::Uuid& expert) const {
    return shown({tenant, expert}).reach == Reach::kOnline;
}

bool PresenceTracker::is_offline(const events::TenantId& tenant, const events::Uuid& expert) const {
    return shown({tenant, expert}).reach == Reach::kOffline;
}

std::string_view name_of(Reach reach) {
    switch (reach) {
        case Reach::kOffline:
            return "offline";
        case Reach::kOnline:
            return "online";
        case Reach::kBusy:
            return "busy";
    }
    return {};
}

}  // namespace gateway
