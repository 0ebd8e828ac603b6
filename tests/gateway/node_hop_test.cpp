#include "gateway/node_hop.hpp"

#include <boost/test/unit_test.hpp>

#include "events/crypto.hpp"
#include "gateway/forward_home.hpp"

namespace {

using gateway::home_of;
using gateway::Hop;
using gateway::Request;

constexpr std::int64_t kNow = 1'790'000'000'000;
constexpr std::string_view kCompany = "0102030405060708";

Request asked() {
    Request request{.method = "POST",
                    .path = "/api/v1/conversations",
                    .query = "a=b",
                    .headers = {},
                    .body = "{}"};
    request.peer = *gateway::PeerAddress::parse("192.0.2.7");
    request.secure = true;
    return request;
}

Request passed_on(Request request, std::int64_t at = kNow) {
    auto hop = gateway::write_hop(gateway::hop_key({}), "one", request, at);
    request.headers.emplace_back("parlour-hop", std::move(hop));
    request.peer = {};
    request.secure = false;
    return request;
}

std::optional<Hop> read(const Request& request) {
    return gateway::read_hop(gateway::hop_key({}), request, kNow);
}

std::string home_text(const Request& request) {
    const auto home = home_of(request);
    return home ? events::to_text(*home) : "anywhere";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(node_hop)

BOOST_AUTO_TEST_CASE(a_node_believes_another_who_asked_and_from_where) {
    const auto hop = read(passed_on(asked()));
    BOOST_TEST_REQUIRE(hop.has_value());
    BOOST_TEST(hop->node == "one");
    BOOST_TEST((hop->peer == asked().peer));
    BOOST_TEST(hop->secure);
}

BOOST_AUTO_TEST_CASE(a_hop_holds_for_one_request_for_a_minute_and_under_one_master_key) {
    for (auto* const change : {+[](Request& r) { r.body = "{ }"; },
                               +[](Request& r) { r.path = "/api/v1/company"; },
                               +[](Request& r) { r.query = "a=c"; },
                               +[](Request& r) { r.method = "PUT"; },
                               +[](Request& r) { r.headers.back().second[0] = 'x'; },
                               +[](Request& r) { r.headers.back().second += "0"; },
                               +[](Request& r) { r.headers.back().second = ";;;;"; },
                               +[](Request& r) { r.headers.back().second.clear(); },
                               +[](Request& r) { r.headers.clear(); }}) {
        auto request = passed_on(asked());
        change(request);
        BOOST_TEST(!read(request).has_value());
    }
    BOOST_TEST(read(passed_on(asked(), kNow - gateway::kHopValidMs)).has_value());
    BOOST_TEST(!read(passed_on(asked(), kNow - gateway::kHopValidMs - 1)).has_value());
    BOOST_TEST(!read(passed_on(asked(), kNow + gateway::kHopValidMs + 1)).has_value());
    const auto other = gateway::hop_key(events::derive_key({}, "another"));
    BOOST_TEST(!gateway::read_hop(other, passed_on(asked()), kNow).has_value());
}

// DESIGN 2: every public key, token, link and resource id begins with its tenant id.
BOOST_AUTO_TEST_CASE(a_request_belongs_to_the_tenant_of_its_path_or_its_credential) {
    const std::string company(kCompany);
    const auto with = [](std::string path, std::string header, std::string value) {
        return Request{.method = "GET",
                       .path = std::move(path),
                       .query = {},
                       .headers = {{std::move(header), std::move(value)}},
                       .body = {}};
    };
    const auto plain = [](std::string method, std::string path) {
        return Request{.method = std::move(method), .path = std::move(path)};
    };
    BOOST_TEST(home_text(with("/api/v1/me", "authorization", "Bearer " + company + "-tok-1")) ==
               kCompany);
    BOOST_TEST(home_text(with("/api/v1/me", "cookie", "parlour_session=" + company + "-ses-1")) ==
               kCompany);
    BOOST_TEST(home_text(plain("GET", "/card/" + company + "/ada")) == kCompany);
    BOOST_TEST(home_text(plain("GET", "/api/v1/widget/" + company + "-wgk-1/config")) == kCompany);
    BOOST_TEST(home_text(plain("GET", "/widget/" + company + "-wgk-1/frame")) == kCompany);

    const auto platform = events::to_text(events::kPlatformTenant);
    BOOST_TEST(home_text(plain("POST", "/api/v1/sessions")) == platform);
    BOOST_TEST(home_text(plain("POST", "/api/v1/invitations/acceptances")) == platform);
    BOOST_TEST(home_text(with(
                   "/api/v1/sessions", "cookie", "__Host-parlour_session=" + company + "-ses-1")) ==
               kCompany);

    for (const char* const path :
         {"/health", "/", "/widget/widget.js", "/card/card.css", "/portal"}) {
        BOOST_TEST(home_text(plain("GET", path)) == "anywhere");
    }
    BOOST_TEST(home_text(with("/api/v1/me", "authorization", "Bearer nonsense")) == "anywhere");
    BOOST_TEST(home_text(with("/api/v1/me", "cookie", "parlour_session=")) == "anywhere");
}

BOOST_AUTO_TEST_SUITE_END()
