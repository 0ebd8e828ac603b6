#include "gateway/metrics.hpp"

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace gateway {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr double kUsPerSecond = 1e6;

ClientMetric histogram(const Durations::Reading& reading, Labels labels) {
    ClientMetric metric;
    metric.label = std::move(labels);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < reading.counts.size(); ++i) {
        below += reading.counts[i];
        const bool bounded = i < Durations::kBoundsUs.size();
        metric.histogram.bucket.push_back(
            {.cumulative_count = below,
             .upper_bound = bounded ? static_cast<double>(Durations::kBoundsUs[i]) / kUsPerSecond
                                    : std::numeric_limits<double>::infinity()});
    }
    metric.histogram.sample_count = below;
    metric.histogram.sample_sum = reading.sum_s;
    return metric;
}

ClientMetric counted(std::uint64_t value, Labels labels) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = static_cast<double>(value);
    return metric;
}

ClientMetric gauge(double value) {
    ClientMetric metric;
    metric.gauge.value = value;
    return metric;
}

// The code of a refusal, from the fixed set of codes that answers have.
std::string_view code_of(const commands::Refusal& refusal) {
    switch (refusal.kind) {
        case commands::Refusal::Kind::kRejected:
            if (refusal.rejection) return refusal.rejection->code;
            break;
        case commands::Refusal::Kind::kKeyReused:
            return "idempotency-key-reused";
        case commands::Refusal::Kind::kVersionConflict:
            return "version-conflict";
        case commands::Refusal::Kind::kNotOwner:
            return "not-owner";
        case commands::Refusal::Kind::kFailed:
            if (refusal.error) return events::name_of(refusal.error->code);
            break;
    }
    return "unknown";
}

}  // namespace

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

RequestMeter& Metrics::route(std::string_view method, std::string_view pattern) {
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find_if(routes_, [&](const auto& route) {
        return route->method == method && route->pattern == pattern;
    });
    if (known != routes_.end()) return (*known)->meter;
    auto& made = routes_.emplace_back(std::make_unique<Route>());
    made->method = method;
    made->pattern = pattern;
    return made->meter;
}

void Metrics::sample(std::string name, std::string help, std::function<double()> read) {
    const std::lock_guard lock(mutex_);
    samples_.push_back({.name = std::move(name), .help = std::move(help), .read = std::move(read)});
}

void Metrics::answered(const commands::Answer& answer, std::chrono::nanoseconds took) {
    if (!answer) {
        refused_.add(code_of(answer.error()));
    } else if (!answer->replayed) {
        acknowledged_.observe(took);
    }
}

std::string Metrics::text() const {
    std::vector<MetricFamily> families;
    const auto add = [&](std::string name, std::string help, MetricType type) -> auto& {
        return families
            .emplace_back(MetricFamily{
                .name = std::move(name), .help = std::move(help), .type = type, .metric = {}})
            .metric;
    };
    const std::lock_guard lock(mutex_);
    auto& requests = add("parlour_request_duration_seconds",
                         "Requests, from their last byte read to their answer ready.",
                         MetricType::Histogram);
    for (const auto& route : routes_) {
        for (std::size_t i = 0; i < route->meter.by_class_.size(); ++i) {
            const auto reading = route->meter.by_class_[i].read();
            if (std::ranges::all_of(reading.counts, [](auto count) { return count == 0; }))
                continue;
            requests.push_back(
                histogram(reading,
                          {{.name = "method", .value = route->method},
                           {.name = "route", .value = route->pattern},
                           {.name = "status", .value = fmt::format("{}xx", i + 1)}}));
        }
    }
    add("parlour_command_acknowledged_seconds",
        "Commands, from their arrival to their acknowledgement.",
        MetricType::Histogram)
        .push_back(histogram(acknowledged_.read(), {}));
    add("parlour_log_append_seconds",
        "Batches of commits, from the log's taking them to their being durable.",
        MetricType::Histogram)
        .push_back(histogram(appended_.read(), {}));
    add("parlour_log_read_back_seconds",
        "Batches of commits, from the log's taking them to their being read back.",
        MetricType::Histogram)
        .push_back(histogram(read_back_.read(), {}));
    auto& refused = add("parlour_commands_refused_total",
                        "Commands that were refused or failed, by code.",
                        MetricType::Counter);
    for (const auto& [code, count] : refused_.read()) {
        refused.push_back(counted(count, {{.name = "code", .value = code}}));
    }
    add("parlour_failed_log_ins_total",
        "Credentials that were not good, by kind.",
        MetricType::Counter) = {
        counted(failed_tokens.value(), {{.name = "credential", .value = "token"}}),
        counted(failed_passwords.value(), {{.name = "credential", .value = "password"}}),
        counted(failed_second_factors.value(), {{.name = "credential", .value = "second-factor"}})};
    add("parlour_mails_total", "Attempts to send a mail, by outcome.", MetricType::Counter) = {
        counted(mails_sent.value(), {{.name = "outcome", .value = "sent"}}),
        counted(mails_deferred.value(), {{.name = "outcome", .value = "deferred"}}),
        counted(mails_refused.value(), {{.name = "outcome", .value = "refused"}})};
    add("parlour_open_sockets", "WebSockets that are open.", MetricType::Gauge)
        .push_back(gauge(static_cast<double>(open_sockets.value())));
    for (const auto& sample : samples_) {
        add(sample.name, sample.help, MetricType::Gauge).push_back(gauge(sample.read()));
    }
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace gateway
