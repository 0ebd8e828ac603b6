#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>

#include "gateway/client.hpp"
#include "tests/gateway/certificate.hpp"
#include "tests/gateway/running_server.hpp"
#include "tests/support/temp_dir.hpp"

// Whom the client believes over HTTPS.
namespace {

using events::Errc;
using gateway::Client;
using gateway::ClientTrust;
using std::chrono::milliseconds;
using test_support::Echo;
using test_support::RunningServer;
using test_support::TempDir;
using test_support::TestCertificate;

// A server whose certificate an authority has signed for those names.
struct Secure {
    explicit Secure(const std::string& names = "DNS:localhost,IP:127.0.0.1")
        : leaf(folder.path(), {.subject = "leaf", .names = names}, &authority),
          server({.tls = leaf.files()}, Echo{}) {}

    [[nodiscard]] events::Result<gateway::ClientResponse> get(
        const ClientTrust& trust, std::string host = "127.0.0.1") const {
        Client client({.host = std::move(host), .port = std::to_string(server.port()), .tls = true},
                      {.timeout = milliseconds(10'000), .trust = trust});
        return client.request("GET", "/x", {}, "");
    }

    TempDir folder;
    TestCertificate authority{folder.path(), {.subject = "authority", .authority = true}};
    TestCertificate leaf;
    RunningServer server;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(client_tls)

BOOST_AUTO_TEST_CASE(a_server_is_believed_by_the_authority_that_was_given) {
    const Secure secure;
    for (const std::string host : {"127.0.0.1", "localhost"}) {
        const auto response = secure.get({.authorities = secure.authority.pem()}, host);
        BOOST_TEST_REQUIRE(response.has_value(), host);
        BOOST_TEST(response->body == "GET /x  ");
        BOOST_TEST(!response->header("strict-transport-security").empty());
    }
}

BOOST_AUTO_TEST_CASE(a_server_whose_authority_is_unknown_is_not_believed) {
    const Secure secure;
    const TestCertificate other(secure.folder.path(), {.subject = "other", .authority = true});
    for (const ClientTrust& trust : {ClientTrust{},
                                     ClientTrust{.authorities = other.pem()},
                                     ClientTrust{.certificate = other.pem()}}) {
        const auto response = secure.get(trust);
        BOOST_TEST_REQUIRE(!response.has_value());
        BOOST_TEST((response.error().code == Errc::kUnavailable));
        BOOST_TEST(response.error().detail.contains("verify"), response.error().detail);
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_name_is_not_believed) {
    const Secure secure("DNS:elsewhere.example,IP:192.0.2.1");
    for (const std::string host : {"127.0.0.1", "localhost"}) {
        BOOST_TEST(!secure.get({.authorities = secure.authority.pem()}, host).has_value());
    }
}

BOOST_AUTO_TEST_CASE(one_certificate_may_be_trusted_by_itself_whatever_its_name) {
    const Secure secure("DNS:elsewhere.example");
    const auto response = secure.get({.certificate = secure.leaf.pem()});
    BOOST_TEST_REQUIRE(response.has_value());
    BOOST_TEST(response->status == 200U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_certificate_is_named) {
    const Secure secure;
    for (const ClientTrust& trust : {ClientTrust{.authorities = secure.leaf.files().private_key},
                                     ClientTrust{.certificate = "none.pem"}}) {
        const auto response = secure.get(trust);
        BOOST_TEST_REQUIRE(!response.has_value());
        BOOST_TEST((response.error().code == Errc::kInvalidArgument));
        const auto& file = trust.certificate.empty() ? trust.authorities : trust.certificate;
        BOOST_TEST(response.error().detail.contains(file.string()));
    }
}

BOOST_AUTO_TEST_CASE(every_method_and_field_is_sent_over_one_connection) {
    const Secure secure;
    Client client({.host = "127.0.0.1", .port = std::to_string(secure.server.port()), .tls = true},
                  {.trust = {.authorities = secure.authority.pem()}});
    for (const std::string method : {"PUT", "PATCH", "DELETE", "OPTIONS", "POST"}) {
        const auto response = client.request(method, "/y?z", {{"X-Field", "value"}}, "body");
        BOOST_TEST_REQUIRE(response.has_value());
        BOOST_TEST(response->body == method + " /y z body");
    }
}

BOOST_AUTO_TEST_CASE(a_connection_that_was_closed_is_opened_again) {
    const TempDir folder;
    const TestCertificate certificate(folder.path());
    std::optional<RunningServer> server(
        std::in_place, gateway::ServerOptions{.tls = certificate.files()}, Echo{});
    const std::uint16_t port = server->port();
    Client client({.host = "127.0.0.1", .port = std::to_string(port), .tls = true},
                  {.trust = {.certificate = certificate.pem()}});
    BOOST_TEST(client.request("GET", "/1", {}, "").has_value());
    server.reset();
    BOOST_TEST(!client.request("GET", "/2", {}, "").has_value());
    server.emplace(gateway::ServerOptions{.port = port, .tls = certificate.files()}, Echo{});
    BOOST_TEST(client.request("GET", "/3", {}, "")->body == "GET /3  ");
}

BOOST_AUTO_TEST_SUITE_END()
