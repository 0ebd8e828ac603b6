#include "gateway/client_dial.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>
#include <utility>

namespace gateway {

namespace {

namespace net = boost::asio;
namespace ssl = net::ssl;
using boost::system::error_code;
using net::ip::tcp;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);

std::string bare_host(const Url& url) {
    const bool bracketed = url.host.starts_with('[');
    return bracketed ? url.host.substr(1, url.host.size() - 2) : url.host;
}

}  // namespace

events::Result<ClientDialler> ClientDialler::make(Url url, const ClientOptions& options) {
    ClientDialler dialler(std::move(url));
    const ClientTrust& trust = options.trust;
    if (!options.local_address.empty()) {
        error_code invalid;
        dialler.from_ = net::ip::make_address_v4(options.local_address, invalid);
        if (invalid) {
            return events::fail(events::Errc::kInvalidArgument, "the local address is none");
        }
    }
    if (!dialler.url_.tls) return dialler;
    dialler.tls_.emplace(ssl::context::tls_client);
    dialler.any_name_ = !trust.certificate.empty();
    SSL_CTX* const context = dialler.tls_->native_handle();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    error_code failed;
    dialler.tls_->set_verify_mode(ssl::verify_peer, failed);
    const auto& file = dialler.any_name_ ? trust.certificate : trust.authorities;
    if (file.empty()) {
        dialler.tls_->set_default_verify_paths(failed);
    } else {
        dialler.tls_->load_verify_file(file.string(), failed);
    }
    if (failed) {
        return events::fail(
            events::Errc::kInvalidArgument,
            fmt::format("{} is no PEM file with certificates to trust", file.string()));
    }
    if (dialler.any_name_) {
        // The certificate itself is the end of the chain, whoever has signed it.
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    }
    const auto& [chain, key] = options.identity;
    if (chain.empty()) return dialler;
    dialler.tls_->use_certificate_chain_file(chain.string(), failed);
    if (!failed) dialler.tls_->use_private_key_file(key.string(), ssl::context::pem, failed);
    if (failed) {
        return events::fail(events::Errc::kInvalidArgument,
                            fmt::format("{} and {} are no PEM files with a certificate and its key",
                                        chain.string(),
                                        key.string()));
    }
    return dialler;
}

std::unique_ptr<ClientTls> ClientDialler::over_tls(ClientTcp tcp) {
    auto tls = std::make_unique<ClientTls>(std::move(tcp), *tls_);
    const std::string host = bare_host(url_);
    error_code failed;
    net::ip::make_address(host, failed);
    // An address is no server name (RFC 6066).
    if (failed) SSL_set_tlsext_host_name(tls->native_handle(), host.c_str());
    if (!any_name_) tls->set_verify_callback(ssl::host_name_verification(host), failed);
    return tls;
}

net::awaitable<error_code> ClientDialler::open(net::io_context& context,
                                               ClientLine& line,
                                               std::chrono::steady_clock::time_point deadline) {
    tcp::resolver resolver(context);
    const auto [unresolved, endpoints] = co_await resolver.async_resolve(
        bare_host(url_), url_.port, tcp::resolver::numeric_service, kAwait);
    if (unresolved) co_return unresolved;
    auto tcp = std::make_unique<ClientTcp>(context);
    tcp->expires_at(deadline);
    if (from_) {
        error_code unbound;
        tcp->socket().open(tcp::v4(), unbound);
        if (!unbound) tcp->socket().bind({*from_, 0}, unbound);
        if (unbound) co_return unbound;
        // A range of endpoints would open the socket anew, unbound.
        const auto [unconnected] =
            co_await tcp->async_connect(endpoints.begin()->endpoint(), kAwait);
        if (unconnected) co_return unconnected;
    } else {
        const auto [unconnected, endpoint] = co_await tcp->async_connect(endpoints, kAwait);
        if (unconnected) co_return unconnected;
    }
    error_code ignored;
    tcp->socket().set_option(tcp::no_delay(true), ignored);
    if (!tls_) {
        line.tcp = std::move(tcp);
        co_return error_code{};
    }
    auto tls = over_tls(std::move(*tcp));
    const auto [unverified] = co_await tls->async_handshake(ssl::stream_base::client, kAwait);
    if (unverified) co_return unverified;
    line.tls = std::move(tls);
    co_return error_code{};
}

}  // namespace gateway
