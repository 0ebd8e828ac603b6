#include "gateway/domain_pattern.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

namespace {

using gateway::parse_domain;

// The one spelling of an entry; "(none)" when it is none.
std::string spelt(std::string_view entry) {
    const auto parsed = parse_domain(entry);
    return parsed ? gateway::to_text(*parsed) : "(none)";
}

bool allows(std::string_view entry, std::string_view origin) {
    const auto domain = parse_domain(entry);
    BOOST_TEST_REQUIRE(domain.has_value(), entry);
    const auto parsed = gateway::parse_origin(origin);
    return parsed && gateway::allows(*domain, *parsed);
}

std::string directive(std::initializer_list<std::string_view> entries) {
    std::vector<gateway::DomainPattern> domains;
    for (const auto entry : entries) domains.push_back(parse_domain(entry).value());
    return gateway::frame_ancestors(domains);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(domain_pattern)

// B08
BOOST_AUTO_TEST_CASE(an_entry_has_one_spelling) {
    for (const auto& [entry, spelling] :
         {std::pair{"example.org", "example.org"},
          {"Example.ORG", "example.org"},
          {"example.org.", "example.org"},
          {"https://example.org/", "https://example.org"},
          {"HTTPS://example.org:443", "https://example.org"},
          {"http://example.org:80", "http://example.org"},
          {"http://example.org:443", "http://example.org:443"},
          {"example.org:443", "example.org:443"},
          {"example.org:*", "example.org:*"},
          {"*.Example.org", "*.example.org"},
          {"https://*.example.org:8443", "https://*.example.org:8443"},
          {"localhost:3000", "localhost:3000"},
          {"127.0.0.1", "127.0.0.1"},
          {"[::1]:8080", "[::1]:8080"},
          {"my_shop.example.org", "my_shop.example.org"},
          {"xn--mnchen-3ya.de", "xn--mnchen-3ya.de"}}) {
        BOOST_TEST(spelt(entry) == spelling);
        BOOST_TEST(spelt(spelling) == spelling);
    }
}

// B08
BOOST_AUTO_TEST_CASE(an_international_name_is_kept_as_dns_has_it) {
    BOOST_TEST(spelt("München.de") == "xn--mnchen-3ya.de");
    BOOST_TEST(spelt("*.straße.example") == "*.xn--strae-oqa.example");
    BOOST_TEST(spelt("https://日本.example:8443") == "https://xn--wgv71a.example:8443");
}

BOOST_AUTO_TEST_CASE(what_is_no_host_is_not_taken) {
    for (const std::string_view entry : {"",
                                         "*",
                                         "*.",
                                         "*.org",
                                         "*.127.0.0.1",
                                         "*.[::1]",
                                         "a.*.example.org",
                                         "**.example.org",
                                         "exa mple.org",
                                         "example.org/shop",
                                         "https://example.org/shop",
                                         "https://example.org//",
                                         "user@example.org",
                                         "example.org?x",
                                         "example.org#x",
                                         "example..org",
                                         ".example.org",
                                         "-a.example",
                                         "a-.example",
                                         "ftp://example.org",
                                         "javascript:alert(1)",
                                         "example.org:0",
                                         "example.org:65536",
                                         "example.org:",
                                         "example.org:80:80",
                                         "256.0.0.1",
                                         "1.2.3",
                                         "example.1",
                                         "[::1",
                                         "[example]",
                                         "example.org;default-src",
                                         "example.org 'self'",
                                         "example.org\r\nX: y",
                                         "\xff.example"}) {
        const auto parsed = parse_domain(entry);
        BOOST_TEST(!parsed, entry);
        if (!parsed) BOOST_TEST(!parsed.error().detail.empty());
    }
    BOOST_TEST(!parse_domain(std::string("a\0.example", 10)));
    BOOST_TEST(!parse_domain(std::string(64, 'a') + ".example"));
    std::string too_long;
    for (int i = 0; i < 130; ++i) too_long += "a.";
    BOOST_TEST(!parse_domain(too_long + "example"));
}

// B08
BOOST_AUTO_TEST_CASE(an_exact_host_allows_itself_over_either_scheme) {
    BOOST_TEST(allows("example.org", "https://example.org"));
    BOOST_TEST(allows("example.org", "http://example.org"));
    BOOST_TEST(allows("example.org", "https://EXAMPLE.org"));
    BOOST_TEST(!allows("example.org", "https://www.example.org"));
    BOOST_TEST(!allows("example.org", "https://example.org.evil.example"));
    BOOST_TEST(!allows("example.org", "https://badexample.org"));
    BOOST_TEST(!allows("example.org", "https://example.com"));
}

// B08
BOOST_AUTO_TEST_CASE(a_star_allows_what_is_below_and_nothing_else) {
    BOOST_TEST(allows("*.example.org", "https://www.example.org"));
    BOOST_TEST(allows("*.example.org", "https://a.b.example.org"));
    BOOST_TEST(!allows("*.example.org", "https://example.org"));
    BOOST_TEST(!allows("*.example.org", "https://badexample.org"));
    BOOST_TEST(!allows("*.example.org", "https://www.example.org.evil.example"));
}

// B08
BOOST_AUTO_TEST_CASE(scheme_and_port_count_where_they_are_named) {
    BOOST_TEST(allows("https://example.org", "https://example.org"));
    BOOST_TEST(!allows("https://example.org", "http://example.org"));
    BOOST_TEST(allows("example.org:8443", "https://example.org:8443"));
    BOOST_TEST(!allows("example.org:8443", "https://example.org"));
    BOOST_TEST(!allows("example.org", "https://example.org:8443"));
    BOOST_TEST(allows("example.org", "https://example.org:443"));
    BOOST_TEST(allows("example.org:*", "http://example.org:3000"));
    BOOST_TEST(allows("https://*.example.org:*", "https://a.example.org:3000"));
}

BOOST_AUTO_TEST_CASE(this_machines_own_names_may_have_any_port) {
    BOOST_TEST(allows("localhost", "http://localhost:3000"));
    BOOST_TEST(allows("127.0.0.1", "http://127.0.0.1:3000"));
    BOOST_TEST(allows("[::1]", "http://[::1]:3000"));
    BOOST_TEST(!allows("localhost:8080", "http://localhost:3000"));
    BOOST_TEST(!allows("localhost", "http://localhost.example:3000"));
}

BOOST_AUTO_TEST_CASE(what_is_no_origin_is_never_allowed) {
    for (const std::string_view origin : {"null",
                                          "",
                                          "example.org",
                                          "https://example.org/",
                                          "https://example.org/x",
                                          "file://example.org",
                                          "https://*.example.org",
                                          "https://example.org:*",
                                          "chrome-extension://abc"}) {
        BOOST_TEST(!gateway::parse_origin(origin).has_value(), origin);
    }
}

// Q04
BOOST_AUTO_TEST_CASE(the_sites_allowed_may_frame_the_widget_and_nobody_else) {
    BOOST_TEST(directive({}) == "frame-ancestors 'none'");
    BOOST_TEST(directive({"example.org"}) ==
               "frame-ancestors https://example.org http://example.org");
    BOOST_TEST(directive({"https://*.example.org:8443", "localhost"}) ==
               "frame-ancestors https://*.example.org:8443 https://localhost:* http://localhost:*");
    BOOST_TEST(directive({"münchen.de:*"}) ==
               "frame-ancestors https://xn--mnchen-3ya.de:* http://xn--mnchen-3ya.de:*");
}

BOOST_AUTO_TEST_SUITE_END()
