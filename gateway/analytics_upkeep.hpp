#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "events/error.hpp"
#include "events/log.hpp"
#include "events/pseudonym_keys.hpp"
#include "gateway/commit_reader.hpp"
#include "gateway/day_tally.hpp"
#include "gateway/services.hpp"

// What analytics needs done when a day or a week is over, for every company: its totals, and the
// end of the week's pseudonyms. It keeps nothing of its own: what is done stands in the log and in
// the key ring, so whatever was missed while the program stood still is done at the next look. One
// thread.
namespace gateway {

// How long after midnight (UTC) a day is totalled: what was on its way then has come.
inline constexpr std::chrono::minutes kTotalsAfterMidnight{10};

class AnalyticsUpkeep {
  public:
    // Whether this program writes the tenant's partition; nothing: all of them.
    using Ours = std::function<bool(const events::TenantId&)>;
    // All borrowed; the writer of the services outlives stop().
    AnalyticsUpkeep(events::Log& log,
                    events::PseudonymKeys& keys,
                    const Services& services,
                    Ours ours = {})
        : reader_(log, services), keys_(keys), services_(services), ours_(std::move(ours)) {}
    ~AnalyticsUpkeep();  // stops
    AnalyticsUpkeep(const AnalyticsUpkeep&) = delete;
    AnalyticsUpkeep& operator=(const AnalyticsUpkeep&) = delete;

    void start(std::chrono::milliseconds look_every);
    // Ends after the day in hand.
    void stop();

    // One look at all companies, on the caller's thread, for tests and for start(). Goes on with
    // the next company after a failure; gives the last one, and all is tried again at the next
    // look.
    events::Status look();

  private:
    // How far a company is totalled, and what has been counted of the day behind that.
    struct Place {
        std::int64_t next_day = 0;  // days since 1970-01-01
        events::Seq up_to;
    };
    struct Counted {
        DayTally tally;
        std::int64_t day = 0;
        events::Seq up_to;
    };
    events::Status look_at(const events::TenantId& tenant);
    events::Status total_days(const events::TenantId& tenant);
    events::Result<std::optional<Counted>> next_day(const events::TenantId& tenant,
                                                    const Place& place);
    events::Status record(const events::TenantId& tenant,
                          const Place& place,
                          const Counted& counted);
    events::Result<std::optional<DayTally::Parties>> parties_of(const events::TenantId& tenant,
                                                                const events::Uuid& conversation);
    bool is_stopping();

    CommitReader reader_;
    events::PseudonymKeys& keys_;
    const Services& services_;
    const Ours ours_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;  // under mutex_
    std::thread thread_;
};

}  // namespace gateway
