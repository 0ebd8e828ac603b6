#include "events/ids.hpp"

#include <charconv>
#include <chrono>

#include "events/crypto.hpp"
#include "schemas/envelope.hpp"

namespace events {
namespace {

constexpr std::size_t kTagLetters = 3;
constexpr std::size_t kTenantDigits = TenantId::kSize * 2;
constexpr std::size_t kUuidDigits = Uuid::kSize * 2;
constexpr std::size_t kPublicIdBytes = kTenantDigits + 1 + kTagLetters + 1 + kUuidDigits;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

// A number of exactly that many digits.
std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
    if (text.size() < from + count) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(from, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
    const auto year = digits(text, 0, 4);
    const auto month = digits(text, 5, 2);
    const auto day = digits(text, 8, 2);
    if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days{date};
}

// ".5", ".123": the milliseconds of a fraction of one to three digits.
std::optional<int> parse_fraction(std::string_view text) {
    if (text.empty()) return 0;
    if (text[0] != '.' || text.size() < 2 || text.size() > 4) return std::nullopt;
    const auto value = digits(text, 1, text.size() - 1);
    if (!value) return std::nullopt;
    constexpr std::array kScale{100, 10, 1};
    return *value * kScale[text.size() - 2];
}

// Two digits a byte, to `out`.
void write_hex(std::string_view bytes, char* out) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        *out++ = kDigits[byte >> 4U];
        *out++ = kDigits[byte & 15U];
    }
}

// The last `count` digits of a number that is not negative, over what stands there.
void write_digits(std::string& text, std::size_t from, std::size_t count, std::int64_t value) {
    auto rest = static_cast<std::uint64_t>(value);
    for (std::size_t at = from + count; at > from; rest /= 10) {
        text[--at] = static_cast<char>('0' + rest % 10);
    }
}

}  // namespace

// Hashed once and remembered: every request asks, mostly for the same few tenants.
Partition partition_of(const TenantId& tenant, std::uint16_t partitions) {
    struct Known {
        TenantId tenant;
        std::optional<std::uint64_t> number;
    };
    constexpr std::size_t kKnownMax = 64;
    thread_local std::array<Known, kKnownMax> all_known;
    auto& known = all_known.at(std::hash<TenantId>{}(tenant) % kKnownMax);
    if (!known.number || known.tenant != tenant) {
        const Digest digest = sha256({tenant.view()});
        std::uint64_t number = 0;
        for (std::size_t i = 0; i < sizeof(number); ++i) number = (number << 8U) | digest[i];
        known = {.tenant = tenant, .number = number};
    }
    return Partition{static_cast<std::uint16_t>(*known.number % partitions)};
}

std::string to_hex(std::string_view bytes) {
    std::string text(bytes.size() * 2, '\0');
    write_hex(bytes, text.data());
    return text;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<char>(high * 16 + low));
    }
    return bytes;
}

std::string to_text(const TenantId& tenant) {
    return to_hex(tenant.view());
}

std::optional<TenantId> parse_tenant(std::string_view text) {
    const auto bytes = from_hex(text);
    return bytes ? TenantId::from_bytes(*bytes) : std::nullopt;
}

std::string public_id(const TenantId& tenant, std::string_view tag, const Uuid& uuid) {
    std::string text(kTenantDigits + tag.size() + 2 + 2 * Uuid::kSize, '-');
    write_hex(tenant.view(), text.data());
    tag.copy(text.data() + kTenantDigits + 1, tag.size());
    write_hex(uuid.view(), text.data() + kTenantDigits + tag.size() + 2);
    return text;
}

std::string public_id(const TenantId& tenant, const StreamId& stream) {
    return public_id(tenant, schemas::tag_of(stream.kind), stream.uuid);
}

std::optional<PublicId> parse_public_id(std::string_view text) {
    constexpr std::size_t kTagAt = kTenantDigits + 1;
    constexpr std::size_t kUuidAt = kTagAt + kTagLetters + 1;
    if (text.size() != kPublicIdBytes || text[kTagAt - 1] != '-' || text[kUuidAt - 1] != '-') {
        return std::nullopt;
    }
    const auto tenant = parse_tenant(text.substr(0, kTenantDigits));
    const auto uuid_bytes = from_hex(text.substr(kUuidAt));
    if (!tenant || !uuid_bytes) return std::nullopt;
    const auto tag = text.substr(kTagAt, kTagLetters);
    for (const char c : tag) {
        if (c < 'a' || c > 'z') return std::nullopt;
    }
    return PublicId{*tenant, std::string(tag), *Uuid::from_bytes(*uuid_bytes)};
}

std::optional<PublicId> parse_stream_id(std::string_view text, StreamKind kind) {
    auto id = parse_public_id(text);
    if (!id || id->tag != schemas::tag_of(kind)) return std::nullopt;
    return id;
}

std::string format_time(std::int64_t unix_ms) {
    const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds{unix_ms}};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    // By hand, for a page of messages has one in each.
    std::string text = "0000-00-00T00:00:00.000Z";
    write_digits(text, 0, 4, static_cast<int>(date.year()));
    write_digits(text, 5, 2, static_cast<unsigned>(date.month()));
    write_digits(text, 8, 2, static_cast<unsigned>(date.day()));
    write_digits(text, 11, 2, clock.hours().count());
    write_digits(text, 14, 2, clock.minutes().count());
    write_digits(text, 17, 2, clock.seconds().count());
    write_digits(text, 20, 3, clock.subseconds().count());
    return text;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
    constexpr std::size_t kDateBytes = 10;
    constexpr std::size_t kSecondsEnd = 19;
    const auto date = parse_date(text.substr(0, kDateBytes));
    if (!date) return std::nullopt;
    const auto midnight =
        std::chrono::time_point_cast<std::chrono::milliseconds>(*date).time_since_epoch().count();
    if (text.size() == kDateBytes) return midnight;
    const auto hours = digits(text, 11, 2);
    const auto minutes = digits(text, 14, 2);
    const auto seconds = digits(text, 17, 2);
    if (!hours || !minutes || !seconds || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
        text.back() != 'Z' || text.size() == kSecondsEnd) {
        return std::nullopt;
    }
    const auto millis = parse_fraction(text.substr(kSecondsEnd, text.size() - kSecondsEnd - 1));
    if (!millis || *hours > 23 || *minutes > 59 || *seconds > 59) return std::nullopt;
    return midnight + ((*hours * 60LL + *minutes) * 60 + *seconds) * 1000 + *millis;
}

}  // namespace events
