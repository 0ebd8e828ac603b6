#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "commands/meter.hpp"
#include "gateway/metrics_values.hpp"

// What the program counts and measures, for its operator. Nothing of it says whose: there is no
// label for a company, a person or a thing, only for routes, codes and outcomes. Counting takes
// neither a lock nor a look-up: whoever counts holds what it counts in.
namespace gateway {

// The requests of one route.
class RequestMeter {
  public:
    // `status` from 100 to 599.
    void observe(unsigned status, std::chrono::nanoseconds took) {
        by_class_.at((status / 100 - 1) % by_class_.size()).observe(took);
    }

  private:
    friend class Metrics;
    std::array<Durations, 5> by_class_;
};

class Metrics final : public commands::Meter {
  public:
    Metrics();
    ~Metrics() override;

    // The meter of a route, made once and there as long as this. Any thread.
    RequestMeter& route(std::string_view method, std::string_view pattern);

    // A number that is asked for when the metrics are read; what `read` refers to outlives the last
    // text(). Before the first text().
    void sample(std::string name, std::string help, std::function<double()> read);

    // The format that Prometheus reads (text, version 0.0.4).
    [[nodiscard]] std::string text() const;

    // commands::Meter
    void answered(const commands::Answer& answer, std::chrono::nanoseconds took) override;
    void appended(std::chrono::nanoseconds took) override { appended_.observe(took); }
    void read_back(std::chrono::nanoseconds took) override { read_back_.observe(took); }

    // Log-ins that failed, by what was shown.
    Counter failed_tokens;
    Counter failed_passwords;
    Counter failed_second_factors;
    // Mails, by what became of an attempt.
    Counter mails_sent;
    Counter mails_deferred;  // it is tried again
    Counter mails_refused;   // it is not
    Gauge open_sockets;      // WebSockets

  private:
    struct Route {
        std::string method;
        std::string pattern;
        RequestMeter meter;
    };
    struct Sample {
        std::string name;
        std::string help;
        std::function<double()> read;
    };

    Durations acknowledged_;
    Durations appended_;
    Durations read_back_;
    CodeCounter refused_;
    mutable std::mutex mutex_;                    // of the lists, not of what is counted
    std::vector<std::unique_ptr<Route>> routes_;  // under mutex_
    std::vector<Sample> samples_;                 // under mutex_
};

}  // namespace gateway
