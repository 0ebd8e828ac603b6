#pragma once

#include <openssl/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// A client that sends exactly the bytes it is given, plain or over TLS.
namespace test_support {

inline constexpr std::chrono::milliseconds kPatience{10'000};

struct RawResponse {
    unsigned status = 0;
    std::string head;
    std::string body;

    // "" when absent.
    [[nodiscard]] std::string header(std::string_view name) const;
};

struct TlsOffer {
    std::filesystem::path trusted;  // a certificate or an authority's, PEM
    int version_max = 0;            // of OpenSSL's; 0: the newest
    std::string protocols;          // of ALPN, as they travel; empty: none
    std::string ciphers;            // of TLS 1.2, in OpenSSL's words; empty: its own
};

class RawClient {
  public:
    // Throws when nobody listens there.
    explicit RawClient(std::uint16_t port);
    // And when the handshake fails: std::runtime_error with OpenSSL's reason.
    RawClient(std::uint16_t port, const TlsOffer& offer);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    // False when the server no longer takes the bytes.
    bool send(std::string_view bytes) const;
    void finish_sending() const;

    // Whether something can be read, waiting for it at most that long.
    [[nodiscard]] bool has_input_within(std::chrono::milliseconds time) const;

    // Nothing when the connection ended, or the time was up, before a whole answer had come.
    std::optional<RawResponse> receive(bool head_only = false);
    // Exactly that many bytes; fewer when the connection ended, or the time was up.
    std::string receive_bytes(std::size_t count);
    // What the server sends until it closes; nothing when it does not close in time.
    std::optional<std::string> receive_all();

    // Whether the server has closed, or closes, without sending anything more.
    bool is_closed() { return receive_all() == std::string(); }
    // Whether it said so in TLS, too.
    [[nodiscard]] bool was_told_goodbye() const;

    // The version, cipher, protocol and subject that the handshake settled on.
    struct Settled {
        std::string version;
        std::string cipher;
        std::string protocol;
        std::string subject;
    };
    [[nodiscard]] Settled settled() const;
    [[nodiscard]] SSL* tls() const { return tls_.get(); }

  private:
    struct Free {
        void operator()(SSL* ssl) const noexcept;
    };
    bool receive_some();

    int fd_;
    std::unique_ptr<SSL, Free> tls_;
    bool closed_ = false;
    std::string received_;
};

}  // namespace test_support
