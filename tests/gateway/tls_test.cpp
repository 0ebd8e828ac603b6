#include "gateway/tls.hpp"

#include <openssl/ssl.h>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "tests/gateway/certificate.hpp"
#include "tests/gateway/running_server.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

using gateway::Limits;
using gateway::Request;
using gateway::Response;
using gateway::TlsFiles;
using std::chrono::milliseconds;
using test_support::Echo;
using test_support::get;
using test_support::post;
using test_support::RawClient;
using test_support::RunningServer;
using test_support::TempDir;
using test_support::TestCertificate;
using test_support::TlsOffer;

namespace net = gateway::net;

constexpr milliseconds kSoon{60};

// A server on loopback with a certificate of its own, and a client's trust in it.
struct Secure {
    explicit Secure(gateway::Handler handler = Echo{}, Limits limits = {}, int threads = 1)
        : server({.threads = threads, .limits = limits, .tls = certificate.files()},
                 std::move(handler)) {}

    [[nodiscard]] TlsOffer offer() const { return {.trusted = certificate.pem()}; }
    [[nodiscard]] std::uint16_t port() const { return server.port(); }

    TempDir folder;
    TestCertificate certificate{folder.path()};
    RunningServer server;
};

// Why no connection came about; nothing when one did.
std::optional<std::string> refusal(std::uint16_t port, const TlsOffer& offer) {
    try {
        const RawClient client(port, offer);
        return std::nullopt;
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

net::awaitable<Response> of_size(Request request) {
    co_return Response{.status = 200, .body = std::string(std::stoul(request.query), 'x')};
}

void write(const std::filesystem::path& file, std::string_view text) {
    std::ofstream(file) << text;
}

void overwrite(const TlsFiles& files, const TlsFiles& by) {
    constexpr auto kReplace = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(by.certificate_chain, files.certificate_chain, kReplace);
    std::filesystem::copy_file(by.private_key, files.private_key, kReplace);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls)

// Q01
BOOST_AUTO_TEST_CASE(requests_are_answered_over_tls_1_2_and_1_3) {
    const Secure secure;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsOffer offer = secure.offer();
        offer.version_max = version;
        RawClient client(secure.port(), offer);
        for (int i = 0; i < 3; ++i) {
            client.send(post("/p", "body" + std::to_string(i)));
            BOOST_TEST(client.receive()->body == "POST /p  body" + std::to_string(i));
        }
        BOOST_TEST(client.settled().version == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
    }
}

// Q01
BOOST_AUTO_TEST_CASE(versions_before_1_2_are_refused) {
    const Secure secure;
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        TlsOffer offer = secure.offer();
        offer.version_max = version;
        const auto refused = refusal(secure.port(), offer);
        BOOST_TEST_REQUIRE(refused.has_value());
        BOOST_TEST(refused->contains("protocol version"), *refused);
    }
}

BOOST_AUTO_TEST_CASE(ciphers_without_forward_secrecy_or_authentication_are_refused) {
    const Secure secure;
    for (const std::string ciphers : {"AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "aNULL"}) {
        TlsOffer offer{
            .trusted = secure.certificate.pem(), .version_max = TLS1_2_VERSION, .ciphers = ciphers};
        BOOST_TEST(refusal(secure.port(), offer).has_value(), ciphers);
    }
}

BOOST_AUTO_TEST_CASE(of_the_protocols_a_client_names_http_1_1_is_chosen) {
    const Secure secure;
    TlsOffer offer = secure.offer();
    offer.protocols = "\x02h2\x08http/1.1";
    BOOST_TEST(RawClient(secure.port(), offer).settled().protocol == "http/1.1");
    offer.protocols =
        "\x02h2\x03"
        "ftp";
    BOOST_TEST(refusal(secure.port(), offer).has_value());
}

BOOST_AUTO_TEST_CASE(neither_compression_nor_renegotiation_is_to_be_had) {
    const Secure secure;
    TlsOffer offer = secure.offer();
    offer.version_max = TLS1_2_VERSION;
    RawClient client(secure.port(), offer);
    BOOST_TEST(SSL_get_current_compression(client.tls()) == nullptr);
    SSL_renegotiate(client.tls());
    BOOST_TEST(SSL_do_handshake(client.tls()) != 1);
}

BOOST_AUTO_TEST_CASE(large_bodies_pass_whole_both_ways) {
    const Limits limits;
    const Secure echo;
    RawClient sender(echo.port(), echo.offer());
    std::string body(limits.body_bytes_max, 'a');
    for (std::size_t i = 0; i < body.size(); i += 97) body[i] = static_cast<char>('b' + i % 20);
    sender.send(post("/", body));
    BOOST_TEST((sender.receive()->body == "POST /  " + body));

    const Secure large{of_size};
    RawClient late_reader(large.port(), large.offer());
    late_reader.send(get("/?30000000") + get("/?1"));
    BOOST_TEST(late_reader.receive()->body.size() == 30'000'000U);
    BOOST_TEST(late_reader.receive()->body == "x");
}

BOOST_AUTO_TEST_CASE(a_request_in_many_small_records_is_understood) {
    const Secure secure;
    RawClient client(secure.port(), secure.offer());
    for (const char c : post("/slow", "abc")) client.send({&c, 1});
    BOOST_TEST(client.receive()->body == "POST /slow  abc");
}

BOOST_AUTO_TEST_CASE(the_end_of_a_connection_is_said_in_tls_too) {
    const Secure secure;
    RawClient client(secure.port(), secure.offer());
    client.send(get("/", "Connection: close\r\n"));
    BOOST_TEST(client.receive()->status == 200U);
    BOOST_TEST(client.is_closed());
    BOOST_TEST(client.was_told_goodbye());
}

BOOST_AUTO_TEST_CASE(a_client_that_says_goodbye_still_gets_its_answer) {
    const Secure secure;
    RawClient client(secure.port(), secure.offer());
    client.send(get("/last"));
    client.finish_sending();
    BOOST_TEST(client.receive()->body == "GET /last  ");
}

BOOST_AUTO_TEST_CASE(a_handshake_that_does_not_come_ends_when_the_time_is_up) {
    const Secure secure{Echo{}, {.handshake_timeout = kSoon}};
    RawClient silent(secure.port());
    BOOST_TEST(silent.is_closed());
    RawClient stuck(secure.port());
    stuck.send("\x16\x03\x01\x02");
    BOOST_TEST(stuck.is_closed());
}

BOOST_AUTO_TEST_CASE(a_plain_request_is_told_to_come_over_tls) {
    const Echo echo;
    const Secure secure{echo};
    RawClient client(secure.port());
    client.send(get("/"));
    const auto response = client.receive();
    BOOST_TEST_REQUIRE(response.has_value());
    BOOST_TEST(response->status == 400U);
    BOOST_TEST(response->body.contains("\"tls-required\""));
    BOOST_TEST(client.is_closed());
    RawClient nonsense(secure.port());
    nonsense.send(std::string(1000, 'n'));
    BOOST_TEST(nonsense.receive_all().has_value());
    BOOST_TEST(*echo.calls == 0);
}

BOOST_AUTO_TEST_CASE(a_connection_over_the_limit_is_turned_away_over_tls) {
    const Secure secure{Echo{}, {.connections_max = 1}};
    RawClient first(secure.port(), secure.offer());
    first.send(get("/"));
    BOOST_TEST(first.receive()->status == 200U);
    RawClient second(secure.port(), secure.offer());
    BOOST_TEST(second.receive()->status == 503U);
    BOOST_TEST(second.is_closed());
}

// Q01
BOOST_AUTO_TEST_CASE(a_new_certificate_is_shown_to_new_connections_and_drops_none) {
    const Secure secure;
    const TestCertificate renewed(secure.folder.path(), {.subject = "renewed"});
    RawClient old(secure.port(), secure.offer());
    old.send(get("/1"));
    BOOST_TEST(old.receive()->status == 200U);

    overwrite(secure.certificate.files(), renewed.files());
    BOOST_TEST(secure.server.reload_certificates().has_value());
    const RawClient fresh(secure.port(), {.trusted = renewed.pem()});
    BOOST_TEST(fresh.settled().subject == "renewed");
    old.send(get("/2"));
    BOOST_TEST(old.receive()->body == "GET /2  ");
    BOOST_TEST(old.settled().subject == "localhost");
}

// Q01
BOOST_AUTO_TEST_CASE(a_broken_new_certificate_leaves_the_old_one_in_use) {
    const Secure secure;
    const auto trusted = secure.folder.path() / "trusted.pem";
    std::filesystem::copy_file(secure.certificate.pem(), trusted);
    const TestCertificate other(secure.folder.path(), {.subject = "other"});
    const TlsFiles& files = secure.certificate.files();

    std::filesystem::copy_file(other.files().private_key,
                               files.private_key,
                               std::filesystem::copy_options::overwrite_existing);
    const auto mismatched = secure.server.reload_certificates();
    BOOST_TEST_REQUIRE(!mismatched.has_value());
    BOOST_TEST(mismatched.error().detail.contains(files.private_key.string()));
    BOOST_TEST(!mismatched.error().detail.contains('\n'));

    write(files.certificate_chain, "nonsense");
    const auto unreadable = secure.server.reload_certificates();
    BOOST_TEST_REQUIRE(!unreadable.has_value());
    BOOST_TEST(unreadable.error().detail.contains(files.certificate_chain.string()));

    RawClient client(secure.port(), {.trusted = trusted});
    client.send(get("/"));
    BOOST_TEST(client.receive()->status == 200U);
}

BOOST_AUTO_TEST_CASE(a_server_does_not_start_with_a_certificate_it_cannot_use) {
    const TempDir folder;
    const TestCertificate one(folder.path(), {.subject = "one"});
    const TestCertificate two(folder.path(), {.subject = "two"});
    const TlsFiles missing{.certificate_chain = folder.path() / "none.pem",
                           .private_key = one.files().private_key};
    const TlsFiles mixed{.certificate_chain = one.pem(), .private_key = two.files().private_key};
    for (const TlsFiles& files : {missing, mixed}) {
        const auto server = gateway::Server::listen({.tls = files}, Echo{});
        BOOST_TEST_REQUIRE(!server.has_value());
        BOOST_TEST((server.error().code == events::Errc::kInvalidArgument));
    }
    const RunningServer plain{Echo{}};
    BOOST_TEST(!plain.reload_certificates().has_value());
}

BOOST_AUTO_TEST_CASE(the_whole_chain_is_sent) {
    const TempDir folder;
    const TestCertificate authority(folder.path(), {.subject = "authority", .authority = true});
    const TestCertificate between(
        folder.path(), {.subject = "between", .authority = true}, &authority);
    const TestCertificate leaf(folder.path(), {.subject = "leaf"}, &between);
    const RunningServer server({.tls = leaf.files()}, Echo{});
    const RawClient client(server.port(), {.trusted = authority.pem()});
    BOOST_TEST(client.settled().subject == "leaf");
}

BOOST_AUTO_TEST_CASE(stopping_ends_idle_connections_and_unfinished_handshakes) {
    Secure secure{Echo{}, {}, 2};
    RawClient idle(secure.port(), secure.offer());
    idle.send(get("/"));
    BOOST_TEST(idle.receive()->status == 200U);
    RawClient unfinished(secure.port());
    secure.server.stop();
    BOOST_TEST(idle.is_closed());
    BOOST_TEST(unfinished.is_closed());
}

BOOST_AUTO_TEST_SUITE_END()
