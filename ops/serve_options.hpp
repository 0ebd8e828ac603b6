#pragma once

#include "ops/cli.hpp"
#include "ops/config.hpp"

// What `serve` is told, by its command line and by its configuration file; the command line wins.
namespace ops {

// The subcommand as --help shows it.
Subcommand serve_subcommand();

// Reads both and checks them together. The paths of a Config without faults are resolved.
ConfigSource read_serve_options(const Arguments& arguments);

}  // namespace ops
