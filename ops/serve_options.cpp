#include "ops/serve_options.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <toml++/toml.h>
#include <chrono>
#include <fstream>
#include <limits>

namespace ops {
namespace {

struct Endpoint {
    std::string address;
    std::uint16_t port;
};

constexpr std::string_view kListenForm =
    "must be ADDR:PORT, such as 127.0.0.1:8080 or [::1]:8080; port 0 picks a free one";

// ADDR:PORT or [ADDR]:PORT with a numeric address.
Endpoint parse_listen(const std::string& text, const std::string& where) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) throw UsageError(fmt::format("{} {}", where, kListenForm));
    std::string address = text.substr(0, colon);
    const std::string port = text.substr(colon + 1);
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
    }
    in6_addr six{};
    in_addr four{};
    const bool numeric = inet_pton(AF_INET, address.c_str(), &four) == 1 ||
                         inet_pton(AF_INET6, address.c_str(), &six) == 1;
    unsigned long value = 0;
    bool digits = !port.empty() && port.size() <= 5;
    for (const char c : port) {
        digits = digits && c >= '0' && c <= '9';
        value = value * 10 + static_cast<unsigned long>(c - '0');
    }
    if (!numeric || !digits || value > std::numeric_limits<std::uint16_t>::max()) {
        throw UsageError(fmt::format("{} {}", where, kListenForm));
    }
    return {.address = std::move(address), .port = static_cast<std::uint16_t>(value)};
}

// One table of the file, whose every key must be asked for: what is left over is a misspelling.
class Section {
  public:
    Section(std::string file, std::string name, const toml::table& table)
        : file_(std::move(file)), name_(std::move(name)), left_(table) {}

    std::optional<std::string> text(std::string_view key) {
        const auto* const node = left_.get(key);
        if (node == nullptr) return std::nullopt;
        auto value = node->value_exact<std::string>();
        if (!value || value->empty()) complain(*node, key, "must be a text in quotes");
        left_.erase(key);
        return value;
    }
    std::optional<std::int64_t> count(std::string_view key, std::int64_t least, std::int64_t most) {
        const auto* const node = left_.get(key);
        if (node == nullptr) return std::nullopt;
        const auto value = node->value_exact<std::int64_t>();
        if (!value || *value < least || *value > most) {
            complain(*node, key, fmt::format("must be a number from {} to {}", least, most));
        }
        left_.erase(key);
        return value;
    }
    std::optional<bool> flag(std::string_view key) {
        const auto* const node = left_.get(key);
        if (node == nullptr) return std::nullopt;
        const auto value = node->value_exact<bool>();
        if (!value) complain(*node, key, "must be true or false");
        left_.erase(key);
        return value;
    }
    void nothing_else() const {
        for (const auto& [key, node] : left_) complain(node, key.str(), "is not known here");
    }

  private:
    [[noreturn]] void complain(const toml::node& node,
                               std::string_view key,
                               std::string_view what) const {
        throw UsageError(fmt::format("{}:{}: {}{} {}",
                                     file_,
                                     node.source().begin.line,
                                     name_.empty() ? "" : name_ + ".",
                                     key,
                                     what));
    }
    std::string file_;
    std::string name_;
    toml::table left_;
};

void read_limits(Section limits, gateway::Limits& into) {
    constexpr std::int64_t kLongestSeconds = 3600;
    const auto bytes = [&](std::string_view key, std::size_t& value, std::int64_t most) {
        if (const auto given = limits.count(key, 1024, most)) {
            value = static_cast<std::size_t>(*given);
        }
    };
    const auto seconds = [&](std::string_view key, std::chrono::milliseconds& value) {
        if (const auto given = limits.count(key, 1, kLongestSeconds)) {
            value = std::chrono::seconds(*given);
        }
    };
    bytes("header_bytes_max", into.header_bytes_max, 1 << 20);
    bytes("body_bytes_max", into.body_bytes_max, 16 << 20);
    if (const auto given = limits.count("connections_max", 1, 1'000'000)) {
        into.connections_max = static_cast<std::size_t>(*given);
    }
    seconds("header_timeout_s", into.header_timeout);
    seconds("body_timeout_s", into.body_timeout);
    seconds("idle_timeout_s", into.idle_timeout);
    seconds("write_timeout_s", into.write_timeout);
    limits.nothing_else();
}

void read_file(const std::string& file, ServeOptions& into) {
    toml::table table;
    try {
        table = toml::parse_file(file);
    } catch (const toml::parse_error& error) {
        throw UsageError(fmt::format(
            "{}:{}: {}", file, error.source().begin.line, std::string(error.description())));
    }
    if (const auto* const limits = table.get_as<toml::table>("limits")) {
        read_limits(Section(file, "limits", *limits), into.limits);
        table.erase("limits");
    }
    Section top(file, "", table);
    if (const auto data = top.text("data")) into.paths.data = *data;
    if (const auto keys = top.text("keys")) into.paths.keys = *keys;
    if (const auto master = top.text("master_key")) into.paths.master_key = *master;
    if (const auto listen = top.text("listen")) {
        const auto endpoint = parse_listen(*listen, file + ": listen");
        into.address = endpoint.address;
        into.port = endpoint.port;
    }
    if (const auto demo = top.flag("demo")) into.demo = *demo;
    top.nothing_else();
}

}  // namespace

Subcommand serve_subcommand() {
    return {
        .name = "serve",
        .usage =
            "--data DIR [--keys DIR] [--master-key FILE] [--listen ADDR:PORT]\n"
            "              [--tls-cert FILE --tls-key FILE] [--config FILE] [--demo]",
        .about = "Serves the API until it is interrupted. Prints \"listening on URL\" when ready.",
        .positional = "",
        .options = {{"data", "DIR", "the data folder; made when absent or empty"},
                    {"keys", "DIR", "the key ring's folder; default: DATA.keys"},
                    {"master-key",
                     "FILE",
                     "32 random bytes; default: DATA.master; made only beside an empty data "
                     "folder"},
                    {"listen", "ADDR:PORT", "default 127.0.0.1:8080; port 0 picks a free one"},
                    {"tls-cert",
                     "FILE",
                     "PEM: the certificate and its chain; HTTPS instead of HTTP; read again on "
                     "SIGHUP"},
                    {"tls-key", "FILE", "PEM: the certificate's key, without a passphrase"},
                    {"config",
                     "FILE",
                     "a TOML file: data, keys, master_key, listen, demo, [limits]; the command "
                     "line wins"},
                    {"demo",
                     "",
                     "make a demo company in an empty data folder and write DIR/demo.json at "
                     "every start; loopback only"}}};
}

namespace {

std::optional<gateway::TlsFiles> read_tls(const Arguments& arguments) {
    const auto certificate = arguments.text("tls-cert");
    const auto key = arguments.text("tls-key");
    if (certificate.has_value() != key.has_value()) {
        throw UsageError("--tls-cert FILE and --tls-key FILE go together");
    }
    if (!certificate) return std::nullopt;
    return gateway::TlsFiles{.certificate_chain = *certificate, .private_key = *key};
}

}  // namespace

ServeOptions read_serve_options(const Arguments& arguments) {
    ServeOptions options;
    if (const auto file = arguments.text("config")) read_file(*file, options);
    if (const auto data = arguments.text("data")) options.paths.data = *data;
    if (const auto keys = arguments.text("keys")) options.paths.keys = *keys;
    if (const auto master = arguments.text("master-key")) options.paths.master_key = *master;
    if (const auto listen = arguments.text("listen")) {
        const auto endpoint = parse_listen(*listen, "--listen");
        options.address = endpoint.address;
        options.port = endpoint.port;
    }
    if (auto tls = read_tls(arguments)) options.tls = std::move(tls);
    options.demo = options.demo || arguments.has("demo");
    if (options.paths.data.empty()) throw UsageError("--data DIR is missing");
    if (options.demo && !is_loopback(options.address)) {
        throw UsageError(
            "--demo is refused on an address that is not loopback: its log-in data is "
            "known to whoever reads demo.json");
    }
    check_transport(options);
    auto resolved = gateway::resolve_paths(options.paths);
    if (!resolved) throw UsageError(resolved.error().detail);
    options.paths = std::move(*resolved);
    return options;
}

void check_transport(const ServeOptions& options) {
    if (options.tls || is_loopback(options.address)) return;
    throw UsageError(
        "plain HTTP is refused on an address that is not loopback: give --tls-cert and --tls-key, "
        "or listen on 127.0.0.1 behind a proxy");
}

bool is_loopback(const std::string& address) {
    in_addr four{};
    if (inet_pton(AF_INET, address.c_str(), &four) == 1) {
        constexpr std::uint32_t kLoopbackNet = 127;
        return ntohl(four.s_addr) >> 24U == kLoopbackNet;
    }
    in6_addr six{};
    return inet_pton(AF_INET6, address.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six) != 0;
}

}  // namespace ops
