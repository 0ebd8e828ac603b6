#pragma once

#include <openssl/crypto.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

// Values that must not show: no printing, no comparison by accident, wiped at the end.
namespace events {

// N bytes of key material.
template <std::size_t N>
class Secret {
  public:
    Secret() = default;
    explicit Secret(const std::array<std::uint8_t, N>& bytes) : bytes_(bytes) {}
    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    Secret(Secret&&) noexcept = default;
    Secret& operator=(Secret&&) noexcept = default;
    ~Secret() { OPENSSL_cleanse(bytes_.data(), N); }

    // Borrowed; lives as long as this.
    [[nodiscard]] std::string_view reveal() const {
        return {reinterpret_cast<const char*>(bytes_.data()), N};
    }
    [[nodiscard]] std::uint8_t* data() { return bytes_.data(); }
    static constexpr std::size_t size() { return N; }

  private:
    std::array<std::uint8_t, N> bytes_{};
};

using Key256 = Secret<32>;

// A secret of any length: a password's hash, a token of another service.
class SecretText {
  public:
    SecretText() = default;
    explicit SecretText(std::string bytes) : bytes_(std::move(bytes)) {}
    SecretText(const SecretText&) = delete;
    SecretText& operator=(const SecretText&) = delete;
    SecretText(SecretText&& other) noexcept : bytes_(std::move(other.bytes_)) { other.wipe(); }
    SecretText& operator=(SecretText&& other) noexcept {
        if (this == &other) return *this;
        wipe();
        bytes_ = std::move(other.bytes_);
        other.wipe();
        return *this;
    }
    ~SecretText() { wipe(); }

    // Borrowed; lives as long as this.
    [[nodiscard]] std::string_view reveal() const { return bytes_; }

  private:
    void wipe() noexcept {
        bytes_.resize(bytes_.capacity());  // a short text that was moved away left its bytes
        OPENSSL_cleanse(bytes_.data(), bytes_.size());
        bytes_.clear();
    }
    std::string bytes_;
};

// Text of a person: a name, an address, a message. Has no stream operator on purpose, so no log
// line, assertion or debug string can show it.
class Personal {
  public:
    Personal() = default;
    explicit Personal(std::string text) : text_(std::move(text)) {}
    [[nodiscard]] const std::string& reveal() const { return text_; }
    [[nodiscard]] bool empty() const { return text_.empty(); }
    // Gives the text away; this is empty afterwards.
    std::string release() { return std::exchange(text_, {}); }

  private:
    std::string text_;
};

}  // namespace events
