#include "gateway/mail/local_time.hpp"

#include <absl/time/time.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mail {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"January",
                                                   "February",
                                                   "March",
                                                   "April",
                                                   "May",
                                                   "June",
                                                   "July",
                                                   "August",
                                                   "September",
                                                   "October",
                                                   "November",
                                                   "December"};

// The name becomes a path below the system's database, so it must not lead out of it.
std::optional<absl::TimeZone> load(std::string_view name) {
    constexpr std::size_t kNameBytesMax = 64;
    const bool clean = std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '/' || c == '_' || c == '-' || c == '+';
    });
    if (!clean || name.empty() || name.size() > kNameBytesMax || name.front() == '/') {
        return std::nullopt;
    }
    absl::TimeZone zone;
    if (!absl::LoadTimeZone({name.data(), name.size()}, &zone)) return std::nullopt;
    return zone;
}

std::string offset_text(int seconds) {
    if (seconds == 0) return "UTC";
    const int minutes = std::abs(seconds) / 60;
    const std::string hours = fmt::format("UTC{}{}", seconds < 0 ? '-' : '+', minutes / 60);
    return minutes % 60 == 0 ? hours : fmt::format("{}:{:02}", hours, minutes % 60);
}

std::string zone_text(std::string_view name, int offset_seconds) {
    const std::string offset = offset_text(offset_seconds);
    return name == offset ? offset : fmt::format("{}, {}", name, offset);
}

}  // namespace

bool is_zone(std::string_view name) {
    return load(name).has_value();
}

std::optional<std::string> local_time(std::int64_t unix_ms,
                                      std::string_view zone,
                                      Language language) {
    constexpr std::int64_t kLast = 253'402'214'400'000;  // a day before the year 10000
    if (unix_ms < 0 || unix_ms > kLast) return std::nullopt;
    const auto loaded = load(zone);
    if (!loaded) return std::nullopt;
    const auto there = loaded->At(absl::FromUnixMillis(unix_ms));
    const absl::CivilSecond& at = there.cs;
    const std::string where = zone_text(zone, there.offset);
    if (language == Language::kGerman) {
        return fmt::format("{}.{}.{}, {:02}:{:02} Uhr ({})",
                           at.day(),
                           at.month(),
                           at.year(),
                           at.hour(),
                           at.minute(),
                           where);
    }
    return fmt::format("{} {} {}, {:02}:{:02} ({})",
                       at.day(),
                       kMonths.at(static_cast<std::size_t>(at.month()) - 1),
                       at.year(),
                       at.hour(),
                       at.minute(),
                       where);
}

}  // namespace mail
