#include "gateway/analytics_upkeep.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "commands/totals.hpp"
#include "events/crypto.hpp"
#include "events/record.hpp"
#include "gateway/awaited_answer.hpp"
#include "gateway/log.hpp"

namespace gateway {
namespace {

using events::Errc;
using events::Result;
using events::Seq;
using events::Status;
using events::Uuid;

constexpr std::int64_t kDayMs = std::int64_t{24} * 3'600 * 1'000;
constexpr std::int64_t kAfterMidnightMs = std::chrono::milliseconds(kTotalsAfterMidnight).count();

// "2026-11-22" of the days since 1970-01-01, and back.
std::string day_text(std::int64_t day) {
    constexpr std::size_t kDateBytes = 10;
    return events::format_time(day * kDayMs).substr(0, kDateBytes);
}
std::int64_t day_number(std::string_view text) {
    return events::parse_time(text).value_or(0) / kDayMs;
}

bool is_over(std::int64_t day, std::int64_t now_ms) {
    return now_ms >= (day + 1) * kDayMs + kAfterMidnightMs;
}

}  // namespace

AnalyticsUpkeep::~AnalyticsUpkeep() {
    stop();
}

void AnalyticsUpkeep::start(std::chrono::milliseconds look_every) {
    if (thread_.joinable()) return;
    thread_ = std::thread([this, look_every] {
        std::unique_lock lock(mutex_);
        while (!stopping_) {
            lock.unlock();
            if (const auto looked = look(); !looked) {
                log_event(
                    LogLevel::kWarning, "analytics-upkeep-failed", {{"error", looked.error()}});
            }
            lock.lock();
            wake_.wait_for(lock, look_every, [this] { return stopping_; });
        }
    });
}

void AnalyticsUpkeep::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

bool AnalyticsUpkeep::is_stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
}

Status AnalyticsUpkeep::look() {
    const auto tenants = services_.history.tenants();
    if (!tenants) return std::unexpected(tenants.error());
    Status last;
    for (const auto& tenant : *tenants) {
        if (is_stopping()) break;
        if (ours_ && !ours_(tenant)) continue;
        if (auto looked = look_at(tenant); !looked) last = std::move(looked);
    }
    return last;
}

Status AnalyticsUpkeep::look_at(const events::TenantId& tenant) {
    const auto destroyed = keys_.destroy_past(tenant, services_.now_ms());
    if (!destroyed) return std::unexpected(destroyed.error());
    return tenant == events::kPlatformTenant ? Status{} : total_days(tenant);
}

Status AnalyticsUpkeep::total_days(const events::TenantId& tenant) {
    const auto last = services_.views.totals.last(services_.store, tenant);
    if (!last) return std::unexpected(last.error());
    Place place;
    if (*last) {
        place = {.next_day = day_number((*last)->day()) + 1, .up_to = Seq{(*last)->up_to_seq()}};
    }
    while (!is_stopping()) {
        const auto counted = next_day(tenant, place);
        if (!counted) return std::unexpected(counted.error());
        if (!*counted) break;
        if (auto recorded = record(tenant, place, **counted); !recorded) return recorded;
        // The view may not show it yet.
        place = {.next_day = (*counted)->day + 1, .up_to = (*counted)->up_to};
    }
    return {};
}

// Counts the first day behind the place in which something happened; nothing when it is not over.
// What came late, after its day was totalled, counts as of the next.
Result<std::optional<AnalyticsUpkeep::Counted>> AnalyticsUpkeep::next_day(
    const events::TenantId& tenant, const Place& place) {
    const auto head = services_.history.head(tenant);
    if (!head) return std::unexpected(head.error());
    Counted counted{.tally = DayTally([this, &tenant](const Uuid& conversation) {
                        return parties_of(tenant, conversation);
                    }),
                    .day = place.next_day - 1,
                    .up_to = place.up_to};
    while (counted.up_to < *head && !is_stopping()) {
        const Seq next{counted.up_to.value + 1};
        const auto commit = reader_.at(tenant, next);
        if (!commit) return std::unexpected(commit.error());
        if (!*commit) return std::nullopt;  // not passed by the fence yet: at the next look
        if (const auto& opened = (*commit)->opened) {
            const auto day = opened->meta.time_unix_ms / kDayMs;
            if (day > counted.day || counted.day < place.next_day) {
                if (counted.tally.has_work()) break;
                counted.day = std::max(day, place.next_day);
                if (!is_over(counted.day, services_.now_ms())) return std::nullopt;
            }
            if (auto added = counted.tally.add(*opened); !added) {
                return std::unexpected(added.error());
            }
        }
        counted.up_to = next;
    }
    if (!counted.tally.has_work() || is_stopping()) return std::nullopt;
    return counted;
}

// The same day has the same command, whoever asks and how often.
Status AnalyticsUpkeep::record(const events::TenantId& tenant,
                               const Place& place,
                               const Counted& counted) {
    const auto keys = services_.keys.tenant_keys(tenant);
    if (!keys) return std::unexpected(keys.error());
    const auto& ids = (*keys)->command_ids;
    const auto day = day_text(counted.day);
    commands::CommandMeta meta;
    meta.tenant = tenant;
    meta.id = events::id_from<events::CommandId>(events::keyed_hash(ids, {"total-day", day}));
    meta.now_ms = services_.now_ms();
    AwaitedAnswer awaited;
    services_.writer.submit<commands::Totals>(
        events::id_from<Uuid>(events::keyed_hash(ids, {"totals"})),
        commands::TotalDay{.day = day,
                           .from_seq = Seq{place.up_to.value + 1},
                           .up_to_seq = counted.up_to,
                           .tallies = counted.tally.tallies()},
        meta,
        awaited.receiver());
    const auto answer = awaited.wait();
    if (!answer) return events::fail(Errc::kUnavailable, "the totals of a day got no answer");
    if (*answer) return {};
    return std::unexpected(answer->error().error.value_or(
        events::Error{Errc::kUnavailable, "the totals of a day were refused"}));
}

Result<std::optional<DayTally::Parties>> AnalyticsUpkeep::parties_of(const events::TenantId& tenant,
                                                                     const Uuid& conversation) {
    const auto entries = services_.history.read_stream(
        tenant,
        {.kind = parlour::log::v1::STREAM_KIND_CONVERSATION, .uuid = conversation},
        events::Version{1},
        {.records = 1});
    if (!entries) return std::unexpected(entries.error());
    if (entries->empty()) return std::nullopt;
    events::Record record;
    if (auto decoded = events::decode_record(*entries->front().frame, record); !decoded) {
        return std::unexpected(std::move(decoded.error()));
    }
    if (!record.has_commit()) return std::nullopt;
    events::OpenedHeader opened;
    if (auto read = events::read_header(record.commit(), opened); !read) {
        return std::unexpected(std::move(read.error()));
    }
    return DayTally::parties_in(opened);
}

}  // namespace gateway
