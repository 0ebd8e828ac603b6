#include "gateway/tls.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace gateway {

namespace {

using events::Errc;

// Forward secrecy and authenticated encryption only; the client, which knows its hardware, chooses.
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr long kTicketSeconds = 3600;
constexpr std::string_view kProtocol = "http/1.1";
constexpr std::string_view kSessionScope = "parlour";

int bio_read(BIO* bio, char* into, int size) noexcept {
    BIO_clear_retry_flags(bio);
    const int socket = *static_cast<const int*>(BIO_get_data(bio));
    const auto count = ::recv(socket, into, static_cast<std::size_t>(size), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    return static_cast<int>(count);
}

// As the BIO for sockets that OpenSSL has, but a client that went away raises no SIGPIPE.
int bio_write(BIO* bio, const char* bytes, int size) noexcept {
    BIO_clear_retry_flags(bio);
    const int socket = *static_cast<const int*>(BIO_get_data(bio));
    const auto count = ::send(socket, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(count);
}

long bio_control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) noexcept {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* socket_method() {
    struct Free {
        void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
    };
    static const std::unique_ptr<BIO_METHOD, Free> method = [] {
        std::unique_ptr<BIO_METHOD, Free> made(
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "parlour socket"));
        BIO_meth_set_read(made.get(), bio_read);
        BIO_meth_set_write(made.get(), bio_write);
        BIO_meth_set_ctrl(made.get(), bio_control);
        return made;
    }();
    return method.get();
}

// A client that names protocols must name ours; one that names none is taken to mean it.
int choose_protocol(SSL* /*ssl*/,
                    const unsigned char** chosen,
                    unsigned char* chosen_size,
                    const unsigned char* offered,
                    unsigned int offered_size,
                    void* /*unused*/) noexcept {
    std::span<const unsigned char> rest(offered, offered_size);
    while (!rest.empty()) {
        const std::size_t size = std::min<std::size_t>(rest[0], rest.size() - 1);
        const auto name = rest.subspan(1, size);
        if (std::ranges::equal(name, kProtocol)) {
            *chosen = name.data();
            *chosen_size = static_cast<unsigned char>(size);
            return SSL_TLSEXT_ERR_OK;
        }
        rest = rest.subspan(1 + size);
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A key with a passphrase is refused instead of asking for it on a terminal.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*unused*/) noexcept {
    return -1;
}

bool configure(SSL_CTX* context) {
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                         SSL_MODE_RELEASE_BUFFERS);
    // One system call for a record, not one for its head and one for the rest.
    SSL_CTX_set_read_ahead(context, 1);
    // Tickets hold the session; the server keeps none.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_timeout(context, kTicketSeconds);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    std::array<unsigned char, kSessionScope.size()> scope{};
    std::ranges::copy(kSessionScope, scope.begin());
    return SSL_CTX_set_session_id_context(context, scope.data(), scope.size()) == 1 &&
           SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, kCiphers12) == 1 &&
           SSL_CTX_set_ciphersuites(context, kCiphers13) == 1 &&
           SSL_CTX_set1_groups_list(context, kGroups) == 1;
}

std::unexpected<events::Error> refused(const std::filesystem::path& file, std::string_view what) {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return events::fail(
        Errc::kInvalidArgument,
        fmt::format("{} {}: {}", file.string(), what, reason == nullptr ? "no reason" : reason));
}

events::Result<std::shared_ptr<SSL_CTX>> read_context(const TlsFiles& files) {
    ERR_clear_error();
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    if (!context || !configure(context.get())) {
        ERR_clear_error();
        return events::fail(Errc::kUnavailable, "TLS cannot be set up with this OpenSSL");
    }
    const auto& chain = files.certificate_chain;
    if (SSL_CTX_use_certificate_chain_file(context.get(), chain.c_str()) != 1) {
        return refused(chain, "is no PEM file with a certificate");
    }
    const auto& key = files.private_key;
    if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context.get()) != 1) {
        return refused(key, "is no PEM file with the certificate's key, free of a passphrase");
    }
    const auto& signers = files.client_authorities;
    if (signers.empty()) return context;
    if (SSL_CTX_load_verify_file(context.get(), signers.c_str()) != 1) {
        return refused(signers, "is no PEM file with certificates to trust");
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return context;
}

}  // namespace

void TlsSession::Free::operator()(SSL* ssl) const noexcept {
    SSL_free(ssl);
}

Io TlsSession::outcome(int result, std::size_t count) {
    if (result == 1) return {IoState::kDone, count};
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return {IoState::kWantRead};
        case SSL_ERROR_WANT_WRITE:
            return {IoState::kWantWrite};
        case SSL_ERROR_ZERO_RETURN:
            return {IoState::kClosed};
        default:
            usable_ = false;
            return {IoState::kClosed};
    }
}

Io TlsSession::handshake() {
    ERR_clear_error();
    const Io done = outcome(SSL_do_handshake(ssl_.get()), 0);
    met_plain_http_ =
        done.state == IoState::kClosed && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    return done;
}

Io TlsSession::read(std::span<char> into) {
    if (!usable_) return {IoState::kClosed};
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
    return outcome(result, count);
}

Io TlsSession::write(std::string_view bytes) {
    if (!usable_) return {IoState::kClosed};
    ERR_clear_error();
    std::size_t count = 0;
    const int result =
        SSL_write_ex(ssl_.get(), bytes.data(), std::min(bytes.size(), kRecordBytesMax), &count);
    const Io written = outcome(result, count);
    write_pending_ = written.state != IoState::kDone;
    return written;
}

void TlsSession::say_goodbye() {
    if (!usable_ || write_pending_ || SSL_is_init_finished(ssl_.get()) != 1) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

events::Result<std::unique_ptr<TlsCertificate>> TlsCertificate::load(TlsFiles files) {
    std::unique_ptr<TlsCertificate> loaded(new TlsCertificate(std::move(files)));
    if (const auto status = loaded->reload(); !status) return std::unexpected(status.error());
    return loaded;
}

events::Status TlsCertificate::reload() {
    auto context = read_context(files_);
    if (!context) return std::unexpected(context.error());
    const std::lock_guard lock(mutex_);
    context_ = *std::move(context);
    return {};
}

std::unique_ptr<TlsSession> TlsCertificate::accept(int socket) const {
    std::shared_ptr<SSL_CTX> context;
    {
        const std::lock_guard lock(mutex_);
        context = context_;
    }
    std::unique_ptr<TlsSession> session(new TlsSession(SSL_new(context.get()), socket));
    BIO* const bio = BIO_new(socket_method());
    if (session->ssl_ == nullptr || bio == nullptr) {
        BIO_free(bio);
        return nullptr;
    }
    BIO_set_data(bio, &session->socket_);
    BIO_set_init(bio, 1);
    SSL_set_bio(session->ssl_.get(), bio, bio);
    SSL_set_accept_state(session->ssl_.get());
    return session;
}

}  // namespace gateway
