#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

// The floor under every figure that goes over HTTP: the barest Beast server that reads a request
// with its body and answers it. No routes, no time limits, no checks beyond Beast's own.
namespace bench {

// As long as the answer to a posted message.
inline constexpr std::string_view kPostAnswer =
    R"({"id":"t_0123456789abcdef0123456789abcdef_m_0123456789abcdef0123456789abcdef",)"
    R"("position":"t_0123456789:1234567","version":12})";

class FloorBeast {
  public:
    // Listens on a free loopback port and serves on `threads` threads until it is destroyed; every
    // request is answered with 201 and `answer`. Throws std::exception when it cannot.
    FloorBeast(int threads, std::string_view answer);
    ~FloorBeast();
    FloorBeast(const FloorBeast&) = delete;
    FloorBeast& operator=(const FloorBeast&) = delete;

    [[nodiscard]] std::uint16_t port() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace bench
