#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>

#include "events/error.hpp"

// TLS 1.2 and 1.3 for the server: its certificate, and one side of a conversation on a non-blocking
// socket. OpenSSL works on the socket itself, so no bytes are copied through buffers between, an
// idle connection holds none, and a write is tried before anything is waited for; who waits for the
// socket is the caller's business. No compression, no renegotiation, no early data.
namespace gateway {

// Both PEM: the certificate with its chain behind it, and its key without a passphrase.
struct TlsFiles {
    std::filesystem::path certificate_chain;
    std::filesystem::path private_key;
    // PEM: only clients whose certificate one of these has signed are let in. Empty: no client is
    // asked for one.
    std::filesystem::path client_authorities = {};
};

enum class IoState : std::uint8_t {
    kDone,
    kWantRead,   // call again once the socket can be read
    kWantWrite,  // call again once the socket can be written
    kClosed      // ended or broken; there is nothing more to be had
};
struct Io {
    IoState state = IoState::kDone;
    std::size_t count = 0;  // with kDone: the bytes read or written, at least one
};

// One connection's TLS, on the server's side. The socket must outlive it. Not thread-safe.
class TlsSession {
  public:
    ~TlsSession() = default;
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    // Bytes that one write() takes at most: one record.
    static constexpr std::size_t kRecordBytesMax = 16'384;

    Io handshake();
    // After a handshake that ended in kClosed: the client had spoken plain HTTP.
    [[nodiscard]] bool met_plain_http() const { return met_plain_http_; }
    Io read(std::span<char> into);
    // Takes some of the bytes, which must not be none. After kWantWrite the next call must begin
    // with the same bytes, wherever they lie, and have no fewer of them.
    Io write(std::string_view bytes);
    // Tells the client that no more comes, if that can be said at once.
    void say_goodbye();

  private:
    friend class TlsCertificate;
    struct Free {
        void operator()(SSL* ssl) const noexcept;
    };
    TlsSession(SSL* ssl, int socket) : socket_(socket), ssl_(ssl) {}
    Io outcome(int result, std::size_t count);

    int socket_;  // OpenSSL points here
    std::unique_ptr<SSL, Free> ssl_;
    bool usable_ = true;          // no fatal error so far
    bool write_pending_ = false;  // a record is on its way out in part
    bool met_plain_http_ = false;
};

// The certificate that new connections are shown. Thread-safe.
class TlsCertificate {
  public:
    // kInvalidArgument, with one line that names the file, when a file cannot be read, is not PEM,
    // or the key is another certificate's.
    static events::Result<std::unique_ptr<TlsCertificate>> load(TlsFiles files);
    // Reads the files again, for the connections to come. An error leaves the old ones in use.
    events::Status reload();
    // Nothing when memory is short.
    [[nodiscard]] std::unique_ptr<TlsSession> accept(int socket) const;

  private:
    explicit TlsCertificate(TlsFiles files) : files_(std::move(files)) {}

    TlsFiles files_;
    mutable std::mutex mutex_;
    std::shared_ptr<SSL_CTX> context_;
};

}  // namespace gateway
