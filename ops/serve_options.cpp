#include "ops/serve_options.hpp"

#include <array>
#include <utility>

namespace ops {
namespace {

// Options of the command line that stand for a key of the file.
struct KeyOption {
    const char* option;
    std::string_view key;
};
constexpr std::array kKeyOptions{KeyOption{"data", "data"},
                                 KeyOption{"keys", "keys"},
                                 KeyOption{"master-key", "master_key"},
                                 KeyOption{"listen", "listen"},
                                 KeyOption{"tls-cert", "tls.cert"},
                                 KeyOption{"tls-key", "tls.key"},
                                 KeyOption{"disk-reserve", "disk_reserve_mib"},
                                 KeyOption{"log", "kafka.url"},
                                 KeyOption{"node", "node.name"},
                                 KeyOption{"advertise", "node.advertise"},
                                 KeyOption{"node-listen", "node.listen"},
                                 KeyOption{"node-cert", "node.cert"},
                                 KeyOption{"node-key", "node.key"},
                                 KeyOption{"node-ca", "node.ca"}};

}  // namespace

Subcommand serve_subcommand() {
    return {
        .name = "serve",
        .usage =
            "--data DIR [--keys DIR] [--master-key FILE] [--listen ADDR:PORT]\n"
            "              [--tls-cert FILE --tls-key FILE] [--disk-reserve MIB]\n"
            "              [--config FILE] [--demo]\n"
            "              [--log kafka://HOST:PORT,... --node NAME --advertise URL\n"
            "               [--node-listen ADDR:PORT]\n"
            "               [--node-cert FILE --node-key FILE --node-ca FILE]]",
        .about = "Serves the API until it is interrupted. Prints \"listening on URL\" when ready.",
        .positional = "",
        .options = {
            {"data", "DIR", "the data folder; made when absent or empty"},
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
            {"disk-reserve",
             "MIB",
             "writes are refused as long as less is free; default 512, 0: no reserve"},
            {"log", "URL", "kafka://HOST:PORT,...: be a node of a cluster that has its log there"},
            {"node", "NAME", "this node's name in the cluster"},
            {"advertise", "URL", "where the other nodes reach this one"},
            {"node-listen",
             "ADDR:PORT",
             "where it listens for them; default: the port of --advertise"},
            {"node-cert", "FILE", "PEM: what this node shows the others"},
            {"node-key", "FILE", "PEM: its key, without a passphrase"},
            {"node-ca", "FILE", "PEM: who signs the nodes' certificates"},
            {"config",
             "FILE",
             "a TOML file with any of the keys that parlour config check lists; the "
             "command line wins"},
            {"demo",
             "",
             "make a demo company in an empty data folder and write DIR/demo.json at "
             "every start; loopback only"}}};
}

ConfigSource read_serve_options(const Arguments& arguments) {
    const auto file = arguments.text("config");
    ConfigSource source = file ? read_config(*file) : ConfigSource{};
    for (const auto& [option, key] : kKeyOptions) {
        if (const auto value = arguments.text(option)) set_option(source, key, *value);
    }
    if (arguments.has("demo")) {
        source.config.demo = true;
        source.set_at.insert_or_assign("demo", "--demo");
    }
    check_together(source);
    if (!source.faults.empty()) return source;
    auto& paths = source.config.paths;
    if (paths.data.empty()) {
        source.faults.push_back(
            {file.value_or("--data"), "data is missing; name the data folder with --data DIR"});
        return source;
    }
    auto resolved = gateway::resolve_paths(paths);
    if (resolved) {
        paths = *std::move(resolved);
    } else {
        source.faults.push_back({file.value_or("--data"), resolved.error().detail});
    }
    return source;
}

}  // namespace ops
