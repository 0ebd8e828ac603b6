#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/kafka_security.hpp"
#include "gateway/data_folder.hpp"
#include "gateway/settings.hpp"

// The configuration: one table of keys (config_keys.cpp) that reading, checking, printing and the
// runbook all go by. A file is TOML; a key "limits.idle_timeout_s" stands as idle_timeout_s in the
// table [limits]. No value is a secret: secrets lie in files of their own, which are only named.
namespace ops {

struct Config {
    gateway::DataPaths paths;  // as given; empty ones have no value yet
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;
    bool demo = false;
    std::string kafka_url;    // kafka://HOST:PORT,...; empty: the log lies in the data folder
    std::string node_listen;  // ADDR:PORT for the other nodes; empty: as node.advertise says
    std::vector<std::string> trusted_proxies;  // as given; their ranges are in the settings
    gateway::Settings settings;
    events::KafkaSecurity kafka;
    std::string analytics_kafka;  // kafka://HOST:PORT,...; empty: no topic is told what happens
};

using ConfigValue = std::variant<std::string, std::int64_t, bool, std::vector<std::string>>;

struct ConfigKey {
    std::string_view name;
    std::string form;  // what a value must be: "a number from 1 to 3600"
    std::string_view about;
    // False for a value of another type or out of bounds; the Config is then as it was.
    std::function<bool(Config&, const ConfigValue&)> set;
    // An empty text or list: the key has no value.
    std::function<ConfigValue(const Config&)> get;
};

// Every key there is, in the order in which they are shown.
const std::vector<ConfigKey>& config_keys();
const ConfigKey* find_config_key(std::string_view name);

// A value as it stands in a file: quoted, in brackets, or bare; ASCII or visible.
std::string to_toml(const ConfigValue& value);

// What is wrong, where, and what to do: "parlour.toml:12: limits.body_bytes_max must be ...". A
// value is never repeated: a misplaced one could be a secret.
struct ConfigFault {
    std::string where;  // "FILE:LINE", "FILE", or the option "--listen"
    std::string what;
    std::size_t line = 0;  // of the file; 0: of none
};

struct ConfigSource {
    Config config;
    std::vector<ConfigFault> faults;  // of the file's lines in their order, then others
    // Where the keys that were set have their value from.
    std::map<std::string, std::string, std::less<>> set_at;
};

inline constexpr std::size_t kConfigBytesMax = std::size_t{1} << 20U;

// Reads every key of a text; `name` is what faults call it. Reads no file; does not throw for any
// text.
ConfigSource parse_config(std::string_view toml, const std::string& name);

// The same for a file. One that cannot be read is a fault.
ConfigSource read_config(const std::string& file);

// Sets one key to a text from the command line, where a file may have set it before.
void set_option(ConfigSource& source, std::string_view key, const std::string& value);

// Adds the faults of keys that do not go together. Reads no file.
void check_together(ConfigSource& source);

// Adds the faults of files that are named and cannot be read, or that others may read and should
// not.
void check_files(ConfigSource& source);

}  // namespace ops
