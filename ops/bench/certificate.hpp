#pragma once

#include <filesystem>

#include "gateway/tls.hpp"

// A certificate for loopback that signs itself, for benchmarks over TLS.
namespace bench {

// Writes its two files into the folder. Throws std::runtime_error when it cannot.
gateway::TlsFiles make_certificate(const std::filesystem::path& folder);

}  // namespace bench
