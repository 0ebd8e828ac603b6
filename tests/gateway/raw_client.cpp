#include "tests/gateway/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace test_support {

namespace {

std::shared_ptr<SSL_CTX> context_of(const TlsOffer& offer) {
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    // So that a server's refusal of an old version is seen, not our own.
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), offer.version_max);
    if (SSL_CTX_load_verify_file(context.get(), offer.trusted.c_str()) != 1) {
        throw std::runtime_error("no such certificate");
    }
    if (!offer.ciphers.empty()) SSL_CTX_set_cipher_list(context.get(), offer.ciphers.c_str());
    if (!offer.protocols.empty()) {
        SSL_CTX_set_alpn_protos(context.get(),
                                reinterpret_cast<const unsigned char*>(offer.protocols.data()),
                                static_cast<unsigned>(offer.protocols.size()));
    }
    return context;
}

}  // namespace

std::string RawResponse::header(std::string_view name) const {
    const std::string key = "\r\n" + std::string(name) + ": ";
    const auto at = head.find(key);
    if (at == std::string::npos) return {};
    const auto from = at + key.size();
    return head.substr(from, head.find("\r\n", from) - from);
}

void RawClient::Free::operator()(SSL* ssl) const noexcept {
    SSL_free(ssl);
}

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr generic{};
    static_assert(sizeof(generic) == sizeof(to));
    std::copy_n(reinterpret_cast<const char*>(&to), sizeof(to), reinterpret_cast<char*>(&generic));
    if (fd_ < 0 || ::connect(fd_, &generic, sizeof(generic)) != 0) {
        ::close(fd_);
        throw std::runtime_error("cannot connect");
    }
}

RawClient::RawClient(std::uint16_t port, const TlsOffer& offer) : RawClient(port) {
    // OpenSSL's own socket layer would raise a signal when it writes to a server that has closed.
    std::signal(SIGPIPE, SIG_IGN);
    tls_.reset(SSL_new(context_of(offer).get()));
    SSL_set_fd(tls_.get(), fd_);
    ERR_clear_error();
    if (SSL_connect(tls_.get()) != 1) {
        const char* const reason = ERR_reason_error_string(ERR_peek_error());
        throw std::runtime_error(reason == nullptr ? "the connection ended" : reason);
    }
}

RawClient::~RawClient() {
    if (tls_ && !closed_) SSL_shutdown(tls_.get());
    ::close(fd_);
}

bool RawClient::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        std::size_t count = 0;
        if (tls_) {
            if (SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &count) != 1) return false;
        } else {
            const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            count = static_cast<std::size_t>(sent);
        }
        bytes.remove_prefix(count);
    }
    return true;
}

void RawClient::finish_sending() const {
    if (tls_) {
        SSL_shutdown(tls_.get());
    } else {
        ::shutdown(fd_, SHUT_WR);
    }
}

bool RawClient::has_input_within(std::chrono::milliseconds time) const {
    if (tls_ && SSL_pending(tls_.get()) > 0) return true;
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&ready, 1, static_cast<int>(time.count())) == 1;
}

std::optional<RawResponse> RawClient::receive(bool head_only) {
    while (received_.find("\r\n\r\n") == std::string::npos) {
        if (!receive_some()) return std::nullopt;
    }
    const auto head_end = received_.find("\r\n\r\n") + 4;
    RawResponse response{.status = static_cast<unsigned>(std::stoul(received_.substr(9, 3))),
                         .head = received_.substr(0, head_end),
                         .body = {}};
    received_.erase(0, head_end);
    const std::string length = response.header("Content-Length");
    const std::size_t size = head_only || length.empty() ? 0 : std::stoul(length);
    while (received_.size() < size) {
        if (!receive_some()) return std::nullopt;
    }
    response.body = received_.substr(0, size);
    received_.erase(0, size);
    return response;
}

std::string RawClient::receive_bytes(std::size_t count) {
    while (received_.size() < count && receive_some()) {
    }
    std::string bytes = received_.substr(0, count);
    received_.erase(0, bytes.size());
    return bytes;
}

std::optional<std::string> RawClient::receive_all() {
    while (receive_some()) {
    }
    if (!closed_) return std::nullopt;
    return std::exchange(received_, {});
}

bool RawClient::was_told_goodbye() const {
    return (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

RawClient::Settled RawClient::settled() const {
    const unsigned char* protocol = nullptr;
    unsigned protocol_size = 0;
    SSL_get0_alpn_selected(tls_.get(), &protocol, &protocol_size);
    std::array<char, 256> subject{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(tls_.get())),
                              NID_commonName,
                              subject.data(),
                              static_cast<int>(subject.size()));
    return {.version = SSL_get_version(tls_.get()),
            .cipher = SSL_get_cipher_name(tls_.get()),
            .protocol = std::string(reinterpret_cast<const char*>(protocol), protocol_size),
            .subject = subject.data()};
}

bool RawClient::receive_some() {
    if (!has_input_within(kPatience)) return false;
    std::string chunk(std::size_t{64} * 1024, '\0');
    std::size_t count = 0;
    if (tls_) {
        closed_ = SSL_read_ex(tls_.get(), chunk.data(), chunk.size(), &count) != 1;
    } else {
        const auto got = ::recv(fd_, chunk.data(), chunk.size(), 0);
        closed_ = got <= 0;
        count = closed_ ? 0 : static_cast<std::size_t>(got);
    }
    if (closed_) return false;
    received_.append(chunk, 0, count);
    return true;
}

}  // namespace test_support
