#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "gateway/settings.hpp"

// What happens while the program runs, one line an event on standard error, as text or JSON. A line
// consists of words that stand in the source, numbers, codes and company ids: no other type can get
// into one, so no name, text, address or token does. Each event has its row in
// ops/runbooks/logs.md.
namespace gateway {

// A word of the source: "certificate-reloaded". Nothing that comes from outside can become one, for
// it is made while the program is compiled.
class Word {
  public:
    template <std::size_t N>
    // A literal is meant to be written as it is.
    // NOLINTNEXTLINE(google-explicit-constructor)
    consteval Word(const char (&literal)[N]) : text_(literal, N - 1) {
        for (const char c : text_) {
            const bool fits =
                (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
            if (!fits) throw "a word consists of a-z, 0-9, - and _";
        }
    }
    [[nodiscard]] constexpr std::string_view view() const { return text_; }

  private:
    std::string_view text_;
};

// Text that was fixed before anybody could send anything: a route's method and pattern. It outlives
// the line.
struct Fixed {
    explicit Fixed(std::string_view fixed_before_the_first_request)
        : text(fixed_before_the_first_request) {}
    std::string_view text;
};

struct LogField {
    // Numbers and truths of any type, but nothing that only turns into one, such as a pointer.
    template <class T>
        requires std::integral<T>
    LogField(Word field, T value) : name(field), value(to_value(value)) {}
    LogField(Word field, Word value) : name(field), value(value.view()) {}
    LogField(Word field, Fixed value) : name(field), value(value.text) {}
    LogField(Word field, const events::TenantId& value)
        : name(field), value(events::to_text(value)) {}
    // The name of its code, and its detail, which by its contract names a file, option or limit and
    // never a person; what is not printable ASCII in it shows as "?".
    LogField(Word field, const events::Error& value);

    using Value = std::variant<bool, std::int64_t, std::uint64_t, std::string_view, std::string>;
    Word name;
    Value value;

  private:
    template <class T>
    static Value to_value(T value) {
        if constexpr (std::same_as<T, bool>) {
            return value;
        } else if constexpr (std::is_signed_v<T>) {
            return static_cast<std::int64_t>(value);
        } else {
            return static_cast<std::uint64_t>(value);
        }
    }
};

// Before the first event that is to be written so; until then as the defaults say. Any thread.
void configure_log(const LogSettings& settings);

// Whether an event of this level is written; cheap. For events whose fields cost something.
bool is_logged(LogLevel level);

// Writes the line, if its level is logged. Any thread; blocks as long as standard error does.
void log_event(LogLevel level, Word event, std::initializer_list<LogField> fields = {});

// The line without its time and level: `event=stopped`, or `"event":"stopped"` as JSON.
std::string log_line(LogFormat format, Word event, std::initializer_list<LogField> fields);

}  // namespace gateway
