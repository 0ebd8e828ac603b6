#pragma once

#include <cstdint>
#include <memory>

// The floor under every figure that goes over HTTP: the barest Beast server that reads a POST with
// its body and answers it. No routes, no time limits, no checks beyond Beast's own.
namespace bench {

class FloorBeast {
  public:
    // Listens on a free loopback port and serves on `threads` threads until it is destroyed. Throws
    // std::exception when it cannot.
    explicit FloorBeast(int threads);
    ~FloorBeast();
    FloorBeast(const FloorBeast&) = delete;
    FloorBeast& operator=(const FloorBeast&) = delete;

    [[nodiscard]] std::uint16_t port() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace bench
