#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/data_folder.hpp"
#include "gateway/limits.hpp"
#include "gateway/tls.hpp"
#include "ops/cli.hpp"

// What `serve` is told, by its command line and by its configuration file; the command line wins.
namespace ops {

struct ServeOptions {
    gateway::DataPaths paths;
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;
    bool demo = false;
    gateway::Limits limits;
    std::optional<gateway::TlsFiles> tls;  // none: plain HTTP
};

// The subcommand as --help shows it.
Subcommand serve_subcommand();

// Reads both. Throws UsageError with one line that names the option, or file and line.
ServeOptions read_serve_options(const Arguments& arguments);

// Plain HTTP stays on this machine, or between it and a proxy that is trusted. Throws UsageError.
void check_transport(const ServeOptions& options);

// Whether the address is one of this machine's loopback addresses.
bool is_loopback(const std::string& address);

}  // namespace ops
