#include "gateway/http_peer.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>
#include <type_traits>

namespace {

using gateway::AddressRange;
using gateway::PeerAddress;

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

bool contains(std::string_view range, std::string_view address) {
    return AddressRange::parse(range)->contains(*PeerAddress::parse(address));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_peer)

BOOST_AUTO_TEST_CASE(an_ipv4_address_has_one_form_however_it_is_written) {
    const auto plain = PeerAddress::parse("192.0.2.1");
    BOOST_TEST_REQUIRE(plain.has_value());
    BOOST_TEST((plain == PeerAddress::parse("::ffff:192.0.2.1")));
    BOOST_TEST((plain == PeerAddress::of_v4({192, 0, 2, 1})));
    BOOST_TEST((plain != PeerAddress::parse("192.0.2.2")));
    BOOST_TEST(plain->reveal()[10] == 0xff);
    BOOST_TEST(plain->reveal()[15] == 1);
}

BOOST_AUTO_TEST_CASE(what_is_no_bare_address_is_none) {
    for (const std::string_view text : {"",
                                        "localhost",
                                        "192.0.2",
                                        "192.0.2.256",
                                        "192.0.2.1:80",
                                        "[::1]",
                                        "fe80::1%eth0",
                                        " ::1",
                                        "192.0.2.1 "}) {
        BOOST_TEST(!PeerAddress::parse(text).has_value(), text);
    }
    BOOST_TEST(!PeerAddress::parse(std::string_view("192.0.2.1\0", 10)).has_value());
}

BOOST_AUTO_TEST_CASE(an_address_cannot_be_printed) {
    static_assert(Printable<int>);
    BOOST_TEST(!Printable<PeerAddress>);
    BOOST_TEST((!std::is_convertible_v<PeerAddress, std::string>));
}

BOOST_AUTO_TEST_CASE(a_range_contains_what_shares_its_first_bits) {
    BOOST_TEST(contains("10.0.0.0/8", "10.255.0.1"));
    BOOST_TEST(!contains("10.0.0.0/8", "11.0.0.1"));
    BOOST_TEST(contains("10.0.0.0/9", "10.127.0.1"));
    BOOST_TEST(!contains("10.0.0.0/9", "10.128.0.1"));
    BOOST_TEST(contains("192.0.2.1", "192.0.2.1"));
    BOOST_TEST(contains("192.0.2.1/32", "::ffff:192.0.2.1"));
    BOOST_TEST(!contains("192.0.2.1", "192.0.2.2"));
    BOOST_TEST(contains("0.0.0.0/0", "203.0.113.9"));
    BOOST_TEST(!contains("0.0.0.0/0", "2001:db8::1"));
    BOOST_TEST(contains("2001:db8::/32", "2001:db8:ffff::1"));
    BOOST_TEST(!contains("2001:db8::/32", "2001:db9::1"));
    BOOST_TEST(contains("::/0", "192.0.2.1"));
}

BOOST_AUTO_TEST_CASE(what_is_no_range_is_refused_by_its_text) {
    for (const std::string_view text : {"",
                                        "/8",
                                        "10.0.0.0/",
                                        "10.0.0.0/33",
                                        "10.0.0.0/-1",
                                        "10.0.0.0/8/8",
                                        "10.0.0.1/8",
                                        "::1/129",
                                        "2001:db8::1/32",
                                        "proxy.example",
                                        "10.0.0.0/0x8"}) {
        const auto range = AddressRange::parse(text);
        BOOST_TEST_REQUIRE(!range.has_value(), text);
        BOOST_TEST((range.error().code == events::Errc::kInvalidArgument));
        BOOST_TEST(range.error().detail.contains(text));
    }
}

BOOST_AUTO_TEST_SUITE_END()
