#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "events/kafka_client.hpp"
#include "gateway/query.hpp"
#include "ops/config.hpp"
#include "ops/config_forms.hpp"

// The table. A key's default is the value that a fresh Config has there, so it is written once, in
// gateway/settings.hpp.
namespace ops {
namespace {

constexpr std::string_view kOrigin =
    "https://HOST or https://HOST:PORT, nothing behind it (http on a loopback name only)";
constexpr std::string_view kFile = "the path of a file";

// `at` gives the place in a Config, const or not. The empty text is refused: a key without a value
// is left out.
template <class At>
ConfigKey path(std::string_view name, At at, std::string_view about, std::string_view form) {
    return {.name = name,
            .form = std::string(form),
            .about = about,
            .set =
                [at](Config& config, const ConfigValue& value) {
                    const auto* const text = std::get_if<std::string>(&value);
                    if (text == nullptr || !is_path(*text)) return false;
                    at(config) = *text;
                    return true;
                },
            .get = [at](const Config& config) -> ConfigValue { return at(config).string(); }};
}

template <class At>
ConfigKey text(std::string_view name,
               std::string_view form,
               bool (*fits)(std::string_view),
               At at,
               std::string_view about) {
    return {.name = name,
            .form = std::string(form),
            .about = about,
            .set =
                [at, fits](Config& config, const ConfigValue& value) {
                    const auto* const given = std::get_if<std::string>(&value);
                    if (given == nullptr || !fits(*given)) return false;
                    at(config) = *given;
                    return true;
                },
            .get = [at](const Config& config) -> ConfigValue { return at(config); }};
}

struct Bounds {  // both inclusive
    std::int64_t least;
    std::int64_t most;
};

// A whole number, stored as whatever `at` refers to: a number, or a duration of whole seconds.
template <class At>
ConfigKey number(std::string_view name, Bounds bounds, At at, std::string_view about) {
    using Stored = std::remove_reference_t<decltype(at(std::declval<Config&>()))>;
    return {.name = name,
            .form = fmt::format("a number from {} to {}", bounds.least, bounds.most),
            .about = about,
            .set =
                [at, bounds](Config& config, const ConfigValue& value) {
                    const auto* const given = std::get_if<std::int64_t>(&value);
                    if (given == nullptr || *given < bounds.least || *given > bounds.most) {
                        return false;
                    }
                    if constexpr (std::integral<Stored>) {
                        at(config) = static_cast<Stored>(*given);
                    } else {
                        at(config) = std::chrono::seconds(*given);
                    }
                    return true;
                },
            .get = [at](const Config& config) -> ConfigValue {
                if constexpr (std::integral<Stored>) {
                    return static_cast<std::int64_t>(at(config));
                } else {
                    return std::int64_t{
                        std::chrono::duration_cast<std::chrono::seconds>(at(config)).count()};
                }
            }};
}

template <class At>
ConfigKey flag(std::string_view name, At at, std::string_view about) {
    return {.name = name,
            .form = "true or false",
            .about = about,
            .set =
                [at](Config& config, const ConfigValue& value) {
                    const bool* const given = std::get_if<bool>(&value);
                    if (given != nullptr) at(config) = *given;
                    return given != nullptr;
                },
            .get = [at](const Config& config) -> ConfigValue { return at(config); }};
}

// One of some words; the words stand in the order of the enumerators.
template <class At>
ConfigKey word(std::string_view name,
               std::vector<std::string> words,
               At at,
               std::string_view about) {
    using Stored = std::remove_reference_t<decltype(at(std::declval<Config&>()))>;
    return {.name = name,
            .form = fmt::format("one of \"{}\"", fmt::join(words, "\", \"")),
            .about = about,
            .set =
                [at, words](Config& config, const ConfigValue& value) {
                    const auto* const given = std::get_if<std::string>(&value);
                    if (given == nullptr) return false;
                    const auto found = std::ranges::find(words, *given);
                    if (found == words.end()) return false;
                    at(config) = static_cast<Stored>(found - words.begin());
                    return true;
                },
            .get = [at, words](const Config& config) -> ConfigValue {
                return words.at(static_cast<std::size_t>(at(config)));
            }};
}

std::optional<std::vector<gateway::AddressRange>> ranges_of(const std::vector<std::string>& texts) {
    std::vector<gateway::AddressRange> ranges;
    for (const auto& text : texts) {
        const auto range = gateway::AddressRange::parse(text);
        if (!range) return std::nullopt;
        ranges.push_back(*range);
    }
    return ranges;
}

ConfigKey listen() {
    return {.name = "listen",
            .form = "ADDR:PORT, such as 127.0.0.1:8080 or [::1]:8080; port 0 picks a free one",
            .about = "Where the server listens.",
            .set =
                [](Config& config, const ConfigValue& value) {
                    const auto* const given = std::get_if<std::string>(&value);
                    const auto endpoint = given == nullptr ? std::nullopt : parse_endpoint(*given);
                    if (!endpoint) return false;
                    config.address = endpoint->address;
                    config.port = endpoint->port;
                    return true;
                },
            .get = [](const Config& config) -> ConfigValue {
                const bool six = config.address.find(':') != std::string::npos;
                return fmt::format(
                    "{}{}{}:{}", six ? "[" : "", config.address, six ? "]" : "", config.port);
            }};
}

ConfigKey trusted_proxies() {
    return {.name = "trusted_proxies",
            .form = "a list of networks, such as [\"10.0.0.0/8\", \"::1\"]",
            .about = "Proxies that may say where a request comes from.",
            .set =
                [](Config& config, const ConfigValue& value) {
                    const auto* const given = std::get_if<std::vector<std::string>>(&value);
                    auto ranges = given == nullptr ? std::nullopt : ranges_of(*given);
                    if (!ranges) return false;
                    config.trusted_proxies = *given;
                    config.settings.site.trusted_proxies = *std::move(ranges);
                    return true;
                },
            .get = [](const Config& config) -> ConfigValue { return config.trusted_proxies; }};
}

ConfigKey portal_origins() {
    return {.name = "portal_origins",
            .form = fmt::format("a list of texts, each {}", kOrigin),
            .about = "Further origins whose pages may use the portals' API.",
            .set =
                [](Config& config, const ConfigValue& value) {
                    const auto* const given = std::get_if<std::vector<std::string>>(&value);
                    if (given == nullptr || !std::ranges::all_of(*given, is_origin)) return false;
                    config.settings.site.portal_origins = *given;
                    return true;
                },
            .get = [](const Config& config) -> ConfigValue {
                return config.settings.site.portal_origins;
            }};
}

std::vector<ConfigKey> server_keys() {
    return {
        path(
            "data",
            [](auto& config) -> auto& { return config.paths.data; },
            "The data folder; made when absent or empty.",
            "the path of a folder"),
        path(
            "keys",
            [](auto& config) -> auto& { return config.paths.keys; },
            "The key ring's folder; DATA.keys when left out.",
            "the path of a folder outside the data folder"),
        path(
            "master_key",
            [](auto& config) -> auto& { return config.paths.master_key; },
            "The master key's file; DATA.master when left out.",
            "the path of a file outside the data folder"),
        listen(),
        flag(
            "demo",
            [](auto& config) -> auto& { return config.demo; },
            "Make a demo company in an empty data folder; loopback only."),
        text(
            "public_url",
            kOrigin,
            is_origin,
            [](auto& config) -> auto& { return config.settings.site.public_url; },
            "Under which address people reach the portals; the listening one when left out."),
        word(
            "registration",
            {"closed", "invite", "open"},
            [](auto& config) -> auto& { return config.settings.site.registration; },
            "Who may open an account."),
        trusted_proxies(),
        word(
            "proxy_header",
            {"x-forwarded-for", "forwarded"},
            [](auto& config) -> auto& { return config.settings.site.forwarded_by; },
            "In which header they say it; the other one counts for nothing."),
        portal_origins(),
        number(
            "disk_reserve_mib",
            {0, 1 << 24},
            [](auto& config) -> auto& { return config.settings.disk_reserve_mib; },
            "Writes are refused as long as less is free, in MiB; 0: no reserve."),
    };
}

std::vector<ConfigKey> limit_keys() {
    constexpr Bounds kSeconds{1, 3600};
    return {
        number(
            "limits.header_bytes_max",
            {1024, 1 << 20},
            [](auto& config) -> auto& { return config.settings.limits.header_bytes_max; },
            "Longest header of a request, in bytes."),
        number(
            "limits.body_bytes_max",
            {1024, 16 << 20},
            [](auto& config) -> auto& { return config.settings.limits.body_bytes_max; },
            "Longest body of a request, in bytes."),
        number(
            "limits.connections_max",
            {1, 1'000'000},
            [](auto& config) -> auto& { return config.settings.limits.connections_max; },
            "Most connections at a time; one more is answered 503."),
        number(
            "limits.handshake_timeout_s",
            kSeconds,
            [](auto& config) -> auto& { return config.settings.limits.handshake_timeout; },
            "How long a client may take to agree on TLS."),
        number(
            "limits.header_timeout_s",
            kSeconds,
            [](auto& config) -> auto& { return config.settings.limits.header_timeout; },
            "How long a request's header may take to arrive."),
        number(
            "limits.body_timeout_s",
            kSeconds,
            [](auto& config) -> auto& { return config.settings.limits.body_timeout; },
            "How long a request's body may take to arrive."),
        number(
            "limits.idle_timeout_s",
            kSeconds,
            [](auto& config) -> auto& { return config.settings.limits.idle_timeout; },
            "How long a connection is kept without a request."),
        number(
            "limits.write_timeout_s",
            kSeconds,
            [](auto& config) -> auto& { return config.settings.limits.write_timeout; },
            "How long a client may take to accept more of its answer."),
    };
}

std::vector<ConfigKey> quota_keys() {
    constexpr Bounds kHourly{1, 3'600'000};
    return {
        number(
            "quotas.visitor_writes_per_hour",
            kHourly,
            [](auto& config) -> auto& { return config.settings.quotas.visitor_writes_per_hour; },
            "What all visitors of one company together may change, in an hour."),
        number(
            "quotas.new_visitors_per_hour",
            kHourly,
            [](auto& config) -> auto& { return config.settings.quotas.new_visitors_per_hour; },
            "How many visitors may write to one company for the first time, in an hour."),
        number(
            "quotas.registrations_per_hour",
            kHourly,
            [](auto& config) -> auto& { return config.settings.quotas.registrations_per_hour; },
            "How many accounts may be asked for, in an hour; each company's customers apart."),
        number(
            "quotas.files_mib",
            {1, 1 << 24},
            [](auto& config) -> auto& { return config.settings.quotas.files_mib; },
            "How much the logos and photos of one company may take, in MiB."),
    };
}

std::vector<ConfigKey> mail_keys() {
    return {
        text(
            "smtp.url",
            "smtp://HOST[:PORT] or smtps://HOST[:PORT], without user and password",
            is_smtp_url,
            [](auto& config) -> auto& { return config.settings.smtp.url; },
            "The mail server; without it no mail is sent."),
        text(
            "smtp.user",
            "a text of 1 to 254 printable ASCII characters",
            is_short_ascii,
            [](auto& config) -> auto& { return config.settings.smtp.user; },
            "Who logs in to the mail server; nobody when left out."),
        path(
            "smtp.password_file",
            [](auto& config) -> auto& { return config.settings.smtp.password_file; },
            "Its first line is the password of smtp.user.",
            kFile),
        text(
            "smtp.from",
            "an e-mail address",
            is_mail_address,
            [](auto& config) -> auto& { return config.settings.smtp.from; },
            "The sender of every mail."),
        word(
            "smtp.tls",
            {"required", "opportunistic", "off"},
            [](auto& config) -> auto& { return config.settings.smtp.tls; },
            "Whether mail may leave unencrypted."),
        path(
            "smtp.ca_file",
            [](auto& config) -> auto& { return config.settings.smtp.ca_file; },
            "PEM certificates that vouch for the mail server; the system's when left out.",
            kFile),
        number(
            "mail.missed_after_s",
            {1, 86'400},
            [](auto& config) -> auto& { return config.settings.mail.missed_after; },
            "How long a message lies unread before it goes out by mail."),
        number(
            "mail.missed_every_s",
            {0, 86'400},
            [](auto& config) -> auto& { return config.settings.mail.missed_every; },
            "An expert gets at most one mail about missed messages in this time."),
    };
}

std::vector<ConfigKey> kafka_keys() {
    return {
        word(
            "kafka.protocol",
            {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"},
            [](auto& config) -> auto& { return config.kafka.protocol; },
            "How brokers are spoken to; the last two log in."),
        path(
            "kafka.ca_file",
            [](auto& config) -> auto& { return config.kafka.ca_file; },
            "PEM certificates that vouch for the brokers; the system's when left out.",
            kFile),
        path(
            "kafka.cert",
            [](auto& config) -> auto& { return config.kafka.certificate; },
            "PEM certificate for brokers that ask for one.",
            kFile),
        path(
            "kafka.key",
            [](auto& config) -> auto& { return config.kafka.key; },
            "PEM private key of kafka.cert, without a passphrase.",
            kFile),
        word(
            "kafka.mechanism",
            {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"},
            [](auto& config) -> auto& { return config.kafka.mechanism; },
            "How the log-in of a sasl protocol is done."),
        text(
            "kafka.user",
            "a text of 1 to 254 printable ASCII characters",
            is_short_ascii,
            [](auto& config) -> auto& { return config.kafka.user; },
            "Who logs in to the brokers."),
        path(
            "kafka.password_file",
            [](auto& config) -> auto& { return config.kafka.password_file; },
            "Its first line is the password of kafka.user.",
            kFile),
    };
}

std::vector<ConfigKey> analytics_keys() {
    return {
        text(
            "analytics.kafka",
            "kafka://HOST:PORT, or several HOST:PORT with commas",
            [](std::string_view url) { return events::parse_kafka_url(url).has_value(); },
            [](auto& config) -> auto& { return config.analytics_kafka; },
            "The cluster whose topic parlour.analytics is told what happens; that of the log when "
            "left "
            "out, and none where the log is not Kafka's."),
    };
}

std::vector<ConfigKey> other_keys() {
    return {
        path(
            "tls.cert",
            [](auto& config) -> auto& { return config.settings.tls.certificate_chain; },
            "PEM certificate with its chain; without it the server speaks plain HTTP.",
            kFile),
        path(
            "tls.key",
            [](auto& config) -> auto& { return config.settings.tls.private_key; },
            "PEM private key of tls.cert, without a passphrase.",
            kFile),
        number(
            "presence.lease_s",
            {1, 3600},
            [](auto& config) -> auto& { return config.settings.presence.lease; },
            "An expert without a sign of life for so long is offline."),
        number(
            "presence.grace_s",
            {0, 3600},
            [](auto& config) -> auto& { return config.settings.presence.grace; },
            "A change of presence that lasts shorter is not recorded."),
        word(
            "log.level",
            {"debug", "info", "warning", "error"},
            [](auto& config) -> auto& { return config.settings.log.level; },
            "The least severe events that are logged; debug logs every request."),
        word(
            "log.format",
            {"text", "json"},
            [](auto& config) -> auto& { return config.settings.log.format; },
            "How a line of the log is written."),
        flag(
            "metrics.enabled",
            [](auto& config) -> auto& { return config.settings.metrics.enabled; },
            "Answer GET /metrics, to clients on this machine only."),
    };
}

std::vector<ConfigKey> cluster_keys() {
    return {
        text(
            "kafka.url",
            "kafka://HOST:PORT, or several HOST:PORT with commas",
            is_kafka_url,
            [](auto& config) -> auto& { return config.kafka_url; },
            "The cluster's log; without it the log lies in the data folder."),
        text(
            "node.name",
            "1 to 63 lower-case letters, digits and hyphens",
            is_node_name,
            [](auto& config) -> auto& { return config.settings.node.name; },
            "This node's name, which no other node of the cluster has."),
        text(
            "node.advertise",
            "https://HOST:PORT (http on a loopback name only)",
            is_origin,
            [](auto& config) -> auto& { return config.settings.node.advertise; },
            "Where the other nodes reach this one."),
        text(
            "node.listen",
            "ADDR:PORT, such as 0.0.0.0:8443",
            is_endpoint,
            [](auto& config) -> auto& { return config.node_listen; },
            "Where it listens for them; the port of node.advertise on every address when left "
            "out."),
        path(
            "node.cert",
            [](auto& config) -> auto& { return config.settings.node.tls.certificate_chain; },
            "PEM certificate that this node shows the others, with its chain.",
            kFile),
        path(
            "node.key",
            [](auto& config) -> auto& { return config.settings.node.tls.private_key; },
            "PEM private key of node.cert, without a passphrase.",
            kFile),
        path(
            "node.ca",
            [](auto& config) -> auto& { return config.settings.node.authorities; },
            "PEM certificates of whoever signs those of the nodes.",
            kFile),
    };
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
    static const std::vector<ConfigKey> keys = [] {
        std::vector<ConfigKey> all;
        for (auto* const part : {server_keys,
                                 limit_keys,
                                 quota_keys,
                                 mail_keys,
                                 kafka_keys,
                                 cluster_keys,
                                 analytics_keys,
                                 other_keys}) {
            std::ranges::move(part(), std::back_inserter(all));
        }
        return all;
    }();
    return keys;
}

const ConfigKey* find_config_key(std::string_view name) {
    const auto found = std::ranges::find(config_keys(), name, &ConfigKey::name);
    return found == config_keys().end() ? nullptr : &*found;
}

}  // namespace ops
