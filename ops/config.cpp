#include "ops/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <numeric>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "ops/config_forms.hpp"
#include "ops/printable.hpp"
#include "ops/toml.hpp"

namespace ops {
namespace {

std::string at_line(const std::string& name, const toml::source_region& region) {
    return region.begin.line == 0 ? name : fmt::format("{}:{}", name, region.begin.line);
}

std::optional<ConfigValue> list_of(const toml::array& array) {
    std::vector<std::string> texts;
    for (const auto& element : array) {
        auto text = element.value_exact<std::string>();
        if (!text) return std::nullopt;
        texts.push_back(*std::move(text));
    }
    return texts;
}

// Nothing for a type that no key takes.
std::optional<ConfigValue> value_of(const toml::node& node) {
    if (auto text = node.value_exact<std::string>()) return *std::move(text);
    if (const auto number = node.value_exact<std::int64_t>()) return *number;
    if (const auto truth = node.value_exact<bool>()) return *truth;
    if (const auto* const array = node.as_array()) return list_of(*array);
    return std::nullopt;
}

// How many letters must be put in, taken out or changed to make one word of the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

std::string about_unknown(std::string_view name) {
    constexpr std::size_t kNearest = 3;
    constexpr std::size_t kNameBytesMax = 64;  // a longer one is no misspelling of ours
    const ConfigKey* nearest = nullptr;
    std::size_t best = kNearest + 1;
    for (const auto& key : config_keys()) {
        const auto away = name.size() > kNameBytesMax ? best : distance(name, key.name);
        if (away >= best) continue;
        best = away;
        nearest = &key;
    }
    return nearest == nullptr ? "there is no such key; remove it"
                              : fmt::format("there is no such key; is {} meant?", nearest->name);
}

bool is_table_name(std::string_view name) {
    return std::ranges::any_of(config_keys(), [&](const ConfigKey& key) {
        return key.name.starts_with(name) && key.name.substr(name.size()).starts_with('.');
    });
}

// Reads the keys of a table, and of the tables in it that may hold keys.
void read_table(const toml::table& table,
                const std::string& prefix,
                ConfigSource& into,
                const std::string& file) {
    for (const auto& [word, node] : table) {
        const std::string name = prefix + std::string(word.str());
        const auto* const inner = node.as_table();
        if (inner != nullptr && prefix.empty() && is_table_name(name)) {
            read_table(*inner, name + ".", into, file);
            continue;
        }
        const auto line = static_cast<std::size_t>(word.source().begin.line);
        const auto where = at_line(file, word.source());
        const auto* const key = find_config_key(name);
        if (key == nullptr) {
            into.faults.push_back(
                {where, fmt::format("{}: {}", printable(name), about_unknown(name)), line});
            continue;
        }
        const auto value = value_of(node);
        if (!value || !key->set(into.config, *value)) {
            into.faults.push_back({where, fmt::format("{} must be {}", name, key->form), line});
        }
        into.set_at.emplace(name, where);
    }
}

// What append_printable() escapes, in the way of TOML.
std::string toml_quoted(std::string_view text) {
    const std::string safe = printable(text);
    std::string out = "\"";
    for (std::size_t i = 0; i < safe.size(); ++i) {
        out += safe[i];
        if (safe[i] != '\\') continue;
        ++i;
        if (safe[i] == '\\' || safe[i] == '"') {
            out += safe[i];
            continue;
        }
        const auto end = safe.find('}', i);
        const auto digits = std::string_view(safe).substr(i + 2, end - i - 2);
        constexpr std::string_view kNoCharacter = "FFFD";  // for a byte that is no UTF-8
        out += fmt::format("U{:0>8}", safe[i] == 'u' ? digits : kNoCharacter);
        i = end;
    }
    return out + "\"";
}

std::string why(const std::error_code& error) {
    return error.message();
}

// Where a key was set; the first place of several that were.
std::string place_of(const ConfigSource& source, std::initializer_list<std::string_view> keys) {
    for (const auto key : keys) {
        const auto found = source.set_at.find(key);
        if (found != source.set_at.end()) return found->second;
    }
    return "configuration";
}

void check_kafka(ConfigSource& source) {
    using enum events::KafkaProtocol;
    const auto& kafka = source.config.kafka;
    const auto fault = [&](std::initializer_list<std::string_view> keys, std::string_view what) {
        source.faults.push_back({place_of(source, keys), std::string(what)});
    };
    const bool encrypts = kafka.protocol == kSsl || kafka.protocol == kSaslSsl;
    const bool logs_in = kafka.protocol == kSaslSsl || kafka.protocol == kSaslPlaintext;
    if (logs_in && (kafka.user.empty() || kafka.password_file.empty())) {
        fault({"kafka.protocol"},
              "a sasl protocol logs in; set kafka.user and kafka.password_file");
    }
    if (!logs_in && (!kafka.user.empty() || !kafka.password_file.empty())) {
        fault({"kafka.user", "kafka.password_file"},
              "kafka.user and kafka.password_file are for a sasl protocol; set kafka.protocol to "
              "\"sasl_ssl\", or leave them out");
    }
    if (kafka.protocol == kSaslPlaintext && kafka.mechanism == events::KafkaMechanism::kPlain) {
        fault({"kafka.mechanism"},
              "PLAIN without encryption sends the password of kafka.user in clear; set "
              "kafka.protocol to \"sasl_ssl\"");
    }
    if (kafka.certificate.empty() != kafka.key.empty()) {
        fault({"kafka.cert", "kafka.key"},
              "kafka.cert and kafka.key belong together; set both or none");
    }
    if (!encrypts && (!kafka.ca_file.empty() || !kafka.certificate.empty())) {
        fault({"kafka.ca_file", "kafka.cert"},
              "kafka.ca_file and kafka.cert are for an encrypted protocol; set kafka.protocol to "
              "\"ssl\" or \"sasl_ssl\", or leave them out");
    }
}

}  // namespace

std::string to_toml(const ConfigValue& value) {
    if (const auto* const text = std::get_if<std::string>(&value)) return toml_quoted(*text);
    if (const auto* const number = std::get_if<std::int64_t>(&value)) {
        return fmt::format("{}", *number);
    }
    if (const auto* const truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
    std::string out = "[";
    for (const auto& text : std::get<std::vector<std::string>>(value)) {
        if (out.size() > 1) out += ", ";
        out += toml_quoted(text);
    }
    return out + "]";
}

ConfigSource parse_config(std::string_view toml, const std::string& name) {
    ConfigSource source;
    if (toml.size() > kConfigBytesMax) {
        source.faults.push_back(
            {name, fmt::format("is larger than {} bytes; name the right file", kConfigBytesMax)});
        return source;
    }
    try {
        const toml::table table = toml::parse(toml);
        read_table(table, "", source, name);
        std::ranges::sort(source.faults, {}, &ConfigFault::line);
    } catch (const toml::parse_error& error) {
        // The parser's own words may repeat what stands there, so only the place is told.
        source.faults.push_back({at_line(name, error.source()),
                                 fmt::format("is not TOML from column {} on; write KEY = VALUE, "
                                             "texts in quotes, each key once",
                                             error.source().begin.column)});
    } catch (const NotToml&) {
        source.faults.push_back({name, "is not TOML: a \"[\" has no table's name behind it"});
    }
    return source;
}

ConfigSource read_config(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::string text;
    if (in) {
        text.resize(kConfigBytesMax + 1);
        in.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(in.gcount()));
    }
    if (!in.eof()) {
        const std::error_code error(errno == 0 ? EIO : errno, std::generic_category());
        if (text.size() <= kConfigBytesMax) {
            ConfigSource source;
            source.faults.push_back(
                {file, fmt::format("cannot be read: {}; name a file that is there", why(error))});
            return source;
        }
    }
    return parse_config(text, file);
}

void set_option(ConfigSource& source, std::string_view key, const std::string& value) {
    const auto* const found = find_config_key(key);
    std::string option = "--" + std::string(key);
    std::ranges::replace(option, '_', '-');
    std::ranges::replace(option, '.', '-');
    source.set_at.insert_or_assign(std::string(key), option);
    std::int64_t number = 0;
    const auto* const end = value.data() + value.size();
    const auto [rest, failed] = std::from_chars(value.data(), end, number);
    const bool is_number = !value.empty() && failed == std::errc() && rest == end;
    if (!found->set(source.config, ConfigValue(value)) &&
        !(is_number && found->set(source.config, ConfigValue(number)))) {
        source.faults.push_back({option, fmt::format("must be {}", found->form)});
    }
}

namespace {

// What makes a node of a cluster goes together, and what passes between nodes is encrypted wherever
// it leaves the machine.
void check_node(ConfigSource& source) {
    const auto& node = source.config.settings.node;
    const auto is_set = [&](std::string_view key) { return source.set_at.contains(key); };
    const auto fault = [&](std::initializer_list<std::string_view> keys, std::string_view what) {
        source.faults.push_back({place_of(source, keys), std::string(what)});
    };
    if (!is_set("kafka.url")) {
        for (const std::string_view key : {"node.name", "node.advertise", "node.listen"}) {
            if (is_set(key)) fault({key}, "a node needs a cluster's log; set kafka.url (--log)");
        }
        return;
    }
    if (!is_set("node.name") || !is_set("node.advertise")) {
        fault({"kafka.url"},
              "with a cluster's log a node needs a name and an address for the others; set "
              "node.name and node.advertise (--node, --advertise)");
    }
    if (!is_set("master_key")) {
        fault({"kafka.url"},
              "all nodes of a cluster have the same master key; name its file with master_key "
              "(--master-key)");
    }
    const bool all = is_set("node.cert") && is_set("node.key") && is_set("node.ca");
    if (!all && (is_set("node.cert") || is_set("node.key") || is_set("node.ca"))) {
        fault({"node.cert", "node.key", "node.ca"},
              "node.cert, node.key and node.ca belong together; set all or none");
    }
    if (is_set("node.advertise") && node.advertise.starts_with("https:") != all) {
        fault({"node.advertise"},
              "nodes speak mutual TLS: https:// with node.cert, node.key and node.ca (ops/cluster/"
              "certs makes them for a test), or http:// between loopback addresses without");
    }
    if (is_set("node.listen") && !all &&
        !is_loopback(parse_endpoint(source.config.node_listen)->address)) {
        fault({"node.listen"},
              "plain HTTP between nodes is refused on an address that is not loopback; set "
              "node.cert, node.key and node.ca");
    }
}

}  // namespace

void check_together(ConfigSource& source) {
    check_kafka(source);
    check_node(source);
    const auto& config = source.config;
    const auto& smtp = config.settings.smtp;
    const auto fault = [&](std::initializer_list<std::string_view> keys, std::string_view what) {
        source.faults.push_back({place_of(source, keys), std::string(what)});
    };
    if (config.demo && !is_loopback(config.address)) {
        fault({"demo"},
              "demo is refused on an address that is not loopback: its log-in data is known to "
              "whoever reads demo.json; leave it out, or listen on 127.0.0.1");
    }
    const auto is_set = [&](std::string_view key) { return source.set_at.contains(key); };
    if (is_set("tls.cert") != is_set("tls.key")) {
        fault({"tls.cert", "tls.key"}, "tls.cert and tls.key belong together; set both or none");
    }
    if (!is_set("tls.cert") && !is_loopback(config.address)) {
        fault({"listen"},
              "plain HTTP is refused on an address that is not loopback; set tls.cert and tls.key "
              "(--tls-cert, --tls-key), or listen on 127.0.0.1 behind a proxy");
    }
    if (is_set("smtp.user") != is_set("smtp.password_file")) {
        fault({"smtp.user", "smtp.password_file"},
              "smtp.user and smtp.password_file belong together; set both or none");
    }
    if (is_set("smtp.url") && !is_set("smtp.from")) {
        fault({"smtp.url"}, "smtp.url needs a sender; set smtp.from");
    }
    if (is_set("smtp.from") && !is_set("smtp.url")) {
        fault({"smtp.from"}, "smtp.from needs a mail server; set smtp.url");
    }
    const bool near = smtp.url.empty() || is_on_loopback(smtp.url);
    if (smtp.tls == mail::Tls::kOff && (!near || smtp.url.starts_with("smtps:"))) {
        fault({"smtp.tls"}, "smtp.tls = \"off\" is for smtp:// to this machine only; leave it out");
    }
    if (smtp.tls == mail::Tls::kOpportunistic && !near && is_set("smtp.user") &&
        smtp.url.starts_with("smtp:")) {
        fault({"smtp.tls"},
              "with smtp.tls = \"opportunistic\" the password of smtp.user could go out in clear; "
              "leave out one of the two");
    }
    if (config.settings.presence.grace >= config.settings.presence.lease) {
        fault({"presence.grace_s", "presence.lease_s"},
              "presence.grace_s must be less than presence.lease_s");
    }
}

void check_files(ConfigSource& source) {
    namespace fs = std::filesystem;
    struct Named {
        std::string_view key;
        const fs::path& file;
        bool secret;
    };
    const auto& settings = source.config.settings;
    const std::initializer_list<Named> files{
        {"tls.cert", settings.tls.certificate_chain, false},
        {"tls.key", settings.tls.private_key, true},
        {"node.cert", settings.node.tls.certificate_chain, false},
        {"node.key", settings.node.tls.private_key, true},
        {"node.ca", settings.node.authorities, false},
        {"smtp.password_file", settings.smtp.password_file, true},
        {"smtp.ca_file", settings.smtp.ca_file, false},
        {"kafka.ca_file", source.config.kafka.ca_file, false},
        {"kafka.cert", source.config.kafka.certificate, false},
        {"kafka.key", source.config.kafka.key, true},
        {"kafka.password_file", source.config.kafka.password_file, true}};
    for (const auto& [key, file, secret] : files) {
        if (file.empty()) continue;
        const auto place = place_of(source, {key});
        errno = 0;
        if (std::ifstream in(file); !in || in.peek() == std::ifstream::traits_type::eof()) {
            const std::error_code error(errno, std::generic_category());
            source.faults.push_back(
                {place,
                 fmt::format("{} names a file that {}; name one that the server's user may read",
                             key,
                             errno == 0 ? "is empty" : "cannot be read: " + why(error))});
            continue;
        }
        std::error_code unknown;
        const auto mode = fs::status(file, unknown).permissions();
        if (secret && !unknown && (mode & fs::perms::others_all) != fs::perms::none) {
            source.faults.push_back(
                {place, fmt::format("{} names a file that everybody may read; chmod o= it", key)});
        }
    }
}

}  // namespace ops
