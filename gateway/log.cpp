#include "gateway/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <memory>

namespace gateway {
namespace {

// Times in UTC, to the millisecond. %v is the line of log_line().
constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::kDebug:
            return spdlog::level::debug;
        case LogLevel::kInfo:
            return spdlog::level::info;
        case LogLevel::kWarning:
            return spdlog::level::warn;
        case LogLevel::kError:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

// The one logger, and what of its settings spdlog does not keep.
struct Logger {
    Logger() : spd("", std::make_shared<spdlog::sinks::stderr_sink_mt>()) { configure({}); }
    void configure(const LogSettings& settings) {
        const bool json = settings.format == LogFormat::kJson;
        spd.set_formatter(std::make_unique<spdlog::pattern_formatter>(
            json ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc));
        spd.set_level(level_of(settings.level));
        format.store(settings.format, std::memory_order_relaxed);
    }
    spdlog::logger spd;
    std::atomic<LogFormat> format{LogFormat::kText};
};

Logger& logger() {
    static Logger one;
    return one;
}

std::string ascii(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c < ' ' || c > '~') c = '?';
    }
    return out;
}

// `text` is printable ASCII.
void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

void append_text(std::string& out, std::string_view text, bool always_quoted) {
    const bool plain = !text.empty() && text.find_first_of(" \"\\=") == std::string_view::npos;
    if (always_quoted || !plain) {
        append_quoted(out, text);
    } else {
        out += text;
    }
}

struct ValueWriter {
    std::string& out;
    bool json;
    void operator()(bool value) const { out += value ? "true" : "false"; }
    void operator()(std::int64_t value) const { out += fmt::to_string(value); }
    void operator()(std::uint64_t value) const { out += fmt::to_string(value); }
    void operator()(std::string_view value) const { append_text(out, value, json); }
    void operator()(const std::string& value) const { append_text(out, value, json); }
};

}  // namespace

LogField::LogField(Word field, const events::Error& error)
    : name(field), value(ascii(fmt::format("{}: {}", events::name_of(error.code), error.detail))) {}

std::string log_line(LogFormat format, Word event, std::initializer_list<LogField> fields) {
    const bool json = format == LogFormat::kJson;
    std::string line =
        json ? fmt::format(R"("event":"{}")", event.view()) : fmt::format("event={}", event.view());
    for (const auto& [name, value] : fields) {
        line += json ? fmt::format(R"(,"{}":)", name.view()) : fmt::format(" {}=", name.view());
        std::visit(ValueWriter{line, json}, value);
    }
    return line;
}

void configure_log(const LogSettings& settings) {
    logger().configure(settings);
}

bool is_logged(LogLevel level) {
    return logger().spd.should_log(level_of(level));
}

void log_event(LogLevel level, Word event, std::initializer_list<LogField> fields) {
    auto& to = logger();
    if (!to.spd.should_log(level_of(level))) return;
    const auto line = log_line(to.format.load(std::memory_order_relaxed), event, fields);
    to.spd.log(level_of(level), spdlog::string_view_t(line));
}

}  // namespace gateway
