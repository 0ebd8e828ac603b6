#include "gateway/http_forwarded.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "tests/gateway/running_server.hpp"

// Documentation addresses: 192.0.2.0/24 for clients, 10.0.0.0/8 and fd00::/8 for proxies.
namespace {

using gateway::AddressRange;
using gateway::ForwardedBy;
using gateway::Origin;
using gateway::PeerAddress;
using gateway::ProxyTrust;
using test_support::RawClient;
using test_support::RunningServer;

using Fields = std::vector<std::pair<std::string, std::string>>;

PeerAddress address(std::string_view text) {
    return PeerAddress::parse(text).value();
}

ProxyTrust trusting(ForwardedBy fields) {
    return {.proxies = {*AddressRange::parse("10.0.0.0/8"), *AddressRange::parse("fd00::/8")},
            .fields = fields};
}

Origin x_forwarded(const Fields& fields, std::string_view hop = "10.0.0.1") {
    return gateway::origin_of(fields, {.peer = address(hop)}, trusting(ForwardedBy::kXForwarded));
}

Origin forwarded(const Fields& fields, std::string_view hop = "10.0.0.1") {
    return gateway::origin_of(fields, {.peer = address(hop)}, trusting(ForwardedBy::kForwarded));
}

bool comes_from(const Origin& origin, std::string_view text) {
    return origin.peer == address(text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_forwarded)

BOOST_AUTO_TEST_CASE(a_client_that_is_no_proxy_is_not_believed) {
    const Fields fields{{"x-forwarded-for", "192.0.2.9"},
                        {"x-forwarded-proto", "https"},
                        {"forwarded", "for=192.0.2.9;proto=https"}};
    for (const Origin& origin :
         {x_forwarded(fields, "192.0.2.1"), forwarded(fields, "192.0.2.1")}) {
        BOOST_TEST(comes_from(origin, "192.0.2.1"));
        BOOST_TEST(!origin.secure);
    }
    const auto nobody = gateway::origin_of(fields, {.peer = address("10.0.0.1")}, {});
    BOOST_TEST(comes_from(nobody, "10.0.0.1"));
}

BOOST_AUTO_TEST_CASE(a_trusted_proxy_says_who_came_and_how) {
    const auto x = x_forwarded({{"x-forwarded-for", "192.0.2.1"}, {"x-forwarded-proto", "HTTPS"}});
    BOOST_TEST(comes_from(x, "192.0.2.1"));
    BOOST_TEST(x.secure);
    const auto f = forwarded({{"forwarded", "by=10.0.0.1;For=192.0.2.1;PROTO=https;host=a"}});
    BOOST_TEST(comes_from(f, "192.0.2.1"));
    BOOST_TEST(f.secure);
}

BOOST_AUTO_TEST_CASE(the_right_most_hop_that_is_not_trusted_is_the_client) {
    BOOST_TEST(comes_from(x_forwarded({{"x-forwarded-for", "192.0.2.66, 192.0.2.1, 10.0.0.2"}}),
                          "192.0.2.1"));
    BOOST_TEST(comes_from(
        x_forwarded({{"x-forwarded-for", "192.0.2.66"}, {"x-forwarded-for", "192.0.2.1,fd00::5"}}),
        "192.0.2.1"));
    BOOST_TEST(comes_from(
        forwarded({{"forwarded", "for=192.0.2.66, for=192.0.2.1 , for=\"[fd00::5]:80\""}}),
        "192.0.2.1"));
    BOOST_TEST(comes_from(
        forwarded({{"forwarded", "for=192.0.2.66"}, {"forwarded", "for=192.0.2.1"}}), "192.0.2.1"));
}

BOOST_AUTO_TEST_CASE(a_chain_of_trusted_hops_ends_at_its_first) {
    BOOST_TEST(comes_from(x_forwarded({{"x-forwarded-for", "10.0.0.3, 10.0.0.2"}}), "10.0.0.3"));
}

BOOST_AUTO_TEST_CASE(the_protocol_is_that_of_the_clients_own_hop) {
    const auto x = x_forwarded({{"x-forwarded-for", "192.0.2.66, 192.0.2.1, 10.0.0.2"},
                                {"x-forwarded-proto", "http, https, http"}});
    BOOST_TEST(x.secure);
    const auto f = forwarded({{"forwarded", "for=192.0.2.1;proto=https, for=10.0.0.2;proto=http"}});
    BOOST_TEST(f.secure);
    const auto plain =
        forwarded({{"forwarded", "for=192.0.2.1;proto=http, for=10.0.0.2;proto=https"}});
    BOOST_TEST(!plain.secure);
}

BOOST_AUTO_TEST_CASE(a_proxy_over_tls_may_say_that_the_client_came_in_plain) {
    const Origin over_tls{.peer = address("10.0.0.1"), .secure = true};
    const auto trust = trusting(ForwardedBy::kXForwarded);
    const Fields said{{"x-forwarded-for", "192.0.2.1"}, {"x-forwarded-proto", "http"}};
    BOOST_TEST(!gateway::origin_of(said, over_tls, trust).secure);
    const Fields unsaid{{"x-forwarded-for", "192.0.2.1"}};
    BOOST_TEST(gateway::origin_of(unsaid, over_tls, trust).secure);
}

BOOST_AUTO_TEST_CASE(only_the_kind_of_field_the_proxies_write_counts) {
    const Fields both{{"forwarded", "for=192.0.2.66;proto=https"},
                      {"x-forwarded-for", "192.0.2.1"},
                      {"x-forwarded-proto", "http"}};
    BOOST_TEST(comes_from(x_forwarded(both), "192.0.2.1"));
    BOOST_TEST(!x_forwarded(both).secure);
    BOOST_TEST(comes_from(forwarded(both), "192.0.2.66"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_ends_the_way) {
    for (const std::string value : {"",
                                    "unknown",
                                    "_hidden",
                                    "192.0.2.1, garbage",
                                    "192.0.2.1,",
                                    "[::1",
                                    "[::1]x",
                                    "192.0.2.1:80:80x",
                                    "fe80::1%eth0"}) {
        BOOST_TEST(comes_from(x_forwarded({{"x-forwarded-for", value}}), "10.0.0.1"), value);
    }
    for (const std::string value : {"",
                                    "for=unknown",
                                    "for=_hidden",
                                    "for",
                                    "for=",
                                    "=192.0.2.1",
                                    "for=\"192.0.2.1",
                                    "for=192.0.2.1;for=192.0.2.2",
                                    "for=unknown;for=192.0.2.2",
                                    "for=192.0.2.1 proto=https",
                                    "for=192.0.2.1;proto=\"",
                                    "for=\"[192.0.2.1\"",
                                    "for=192.0.2.1, for=unknown"}) {
        BOOST_TEST(comes_from(forwarded({{"forwarded", value}}), "10.0.0.1"), value);
    }
    // What stands further left was looked at no more.
    BOOST_TEST(
        comes_from(x_forwarded({{"x-forwarded-for", "192.0.2.1, x, 10.0.0.2"}}), "10.0.0.2"));
}

BOOST_AUTO_TEST_CASE(a_client_cannot_hide_what_the_proxy_appends_behind_a_quote) {
    for (const std::string sent : {"for=192.0.2.66;x=\"", "for=\"", "for=\"\\", "x=\"\\\""}) {
        const auto origin = forwarded({{"forwarded", sent + ", for=192.0.2.1;proto=https"}});
        BOOST_TEST(!comes_from(origin, "192.0.2.66"), sent);
    }
}

BOOST_AUTO_TEST_CASE(ports_quotes_and_blanks_are_understood) {
    for (const std::string value :
         {"192.0.2.1:4711", " 192.0.2.1\t", "[::ffff:192.0.2.1]:80", "[::ffff:192.0.2.1]"}) {
        BOOST_TEST(comes_from(x_forwarded({{"x-forwarded-for", value}}), "192.0.2.1"), value);
    }
    for (const std::string value : {"for=\"192.0.2.1:4711\"",
                                    "for=\"\\192.0.2.1\"",
                                    ";for=192.0.2.1;",
                                    ", ,for=192.0.2.1,",
                                    "for=192.0.2.1 ; proto=http"}) {
        BOOST_TEST(comes_from(forwarded({{"forwarded", value}}), "192.0.2.1"), value);
    }
}

BOOST_AUTO_TEST_CASE(a_request_carries_its_origin_to_the_handler) {
    const gateway::Handler says_origin =
        [](gateway::Request request) -> gateway::net::awaitable<gateway::Response> {
        const bool loopback = request.peer == address("127.0.0.1");
        const bool client = request.peer == address("192.0.2.1");
        co_return gateway::Response{.body = std::string(loopback ? "loopback" : "") +
                                            (client ? "client" : "") +
                                            (request.secure ? " secure" : "")};
    };
    const std::string sent = test_support::get(
        "/", "X-Forwarded-For: 192.0.2.66, 192.0.2.1\r\nX-Forwarded-Proto: https\r\n");
    const RunningServer direct{says_origin};
    RawClient stranger(direct.port());
    stranger.send(sent);
    BOOST_TEST(stranger.receive()->body == "loopback");

    const RunningServer behind({.trusted_proxies = {*AddressRange::parse("127.0.0.0/8")}},
                               says_origin);
    RawClient proxy(behind.port());
    proxy.send(sent);
    const auto response = proxy.receive();
    BOOST_TEST(response->body == "client secure");
    BOOST_TEST(!response->header("Strict-Transport-Security").empty());
}

BOOST_AUTO_TEST_SUITE_END()
