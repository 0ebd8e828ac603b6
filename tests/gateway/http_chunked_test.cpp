#include "gateway/http_chunked.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <vector>

namespace {

using gateway::ChunkedDecoder;

constexpr std::size_t kBodyMax = 1000;
constexpr std::size_t kTrailerMax = 100;

struct Decoded {
    unsigned status = 0;  // 200: complete; 100: more is needed; else that of the refusal
    std::string body;
    std::size_t taken = 0;
};

// Feeds `bytes` in pieces of `piece` bytes.
Decoded decode(std::string_view bytes, std::size_t piece = std::string_view::npos) {
    ChunkedDecoder decoder({.body_bytes_max = kBodyMax, .trailer_bytes_max = kTrailerMax});
    Decoded result;
    while (!decoder.done() && result.taken < bytes.size()) {
        const auto taken = decoder.feed(bytes.substr(result.taken, piece), result.body);
        if (!taken) {
            result.status = taken.error().status;
            return result;
        }
        result.taken += *taken;
    }
    result.status = decoder.done() ? 200 : 100;
    return result;
}

void check_all(const std::vector<std::string>& bodies, unsigned status) {
    for (const std::string& body : bodies) {
        BOOST_TEST_CONTEXT("body: " << body) {
            BOOST_TEST(decode(body).status == status);
            BOOST_TEST(decode(body, 1).status == status);
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_chunked)

BOOST_AUTO_TEST_CASE(chunks_are_joined_and_what_follows_is_left) {
    const std::string body = "5\r\nhello\r\n1;a=b\r\n \r\n00A\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n";
    for (std::size_t piece = 1; piece <= body.size(); ++piece) {
        const Decoded whole = decode(body + "GET / HTTP/1.1", piece);
        BOOST_TEST(whole.status == 200U);
        BOOST_TEST(whole.body == "hello 0123456789");
        BOOST_TEST(whole.taken == body.size());
    }
}

BOOST_AUTO_TEST_CASE(every_shorter_part_asks_for_more) {
    const std::string body = "5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n";
    for (std::size_t size = 0; size < body.size(); ++size) {
        BOOST_TEST(decode(std::string_view(body).substr(0, size)).status == 100U);
    }
}

BOOST_AUTO_TEST_CASE(a_size_that_is_not_plain_hexadecimal_is_refused) {
    check_all({"0x5\r\nhello\r\n0\r\n\r\n",
               "+5\r\nhello\r\n0\r\n\r\n",
               "-1\r\nhello\r\n0\r\n\r\n",
               " 5\r\nhello\r\n0\r\n\r\n",
               "5 \r\nhello\r\n0\r\n\r\n",
               "5 ;a=b\r\nhello\r\n0\r\n\r\n",
               "5\t\r\nhello\r\n0\r\n\r\n",
               "5_0\r\nhello\r\n0\r\n\r\n",
               "g\r\n",
               ";a=b\r\n",
               "\r\nhello",
               "00000000000000005\r\nhello\r\n0\r\n\r\n",
               "10000000000000005\r\nhello\r\n0\r\n\r\n"},
              400);
}

BOOST_AUTO_TEST_CASE(a_line_that_does_not_end_in_both_characters_is_refused) {
    check_all({"5\nhello\r\n0\r\n\r\n",
               "5\rhello\r\n0\r\n\r\n",
               "5;a\nhello\r\n0\r\n\r\n",
               "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n",
               "5\r\nhello\n0\r\n\r\n",
               "5\r\nhello0\r\n\r\n",
               "5\r\nhello\r0\r\n\r\n",
               "5\r\nhellooo\r\n0\r\n\r\n",
               "0\r\nX: y\n\r\n",
               "0\r\nX: y\r\n\n",
               "0\r\n\n",
               "0\r\n\rx"},
              400);
}

BOOST_AUTO_TEST_CASE(a_bad_trailer_field_is_refused) {
    check_all({"0\r\nX : y\r\n\r\n",
               "0\r\nnonsense\r\n\r\n",
               "0\r\nX: y\r\n folded\r\n\r\n",
               "0\r\nX: \x01\r\n\r\n",
               "0\r\nContent-Length: 5\r\n\r\n",
               "0\r\nTransfer-Encoding: chunked\r\n\r\n",
               "0\r\nHost: a\r\n\r\n"},
              400);
}

BOOST_AUTO_TEST_CASE(a_body_over_the_bound_is_refused_when_its_size_is_read) {
    check_all({"3e9\r\n",
               "fffffffffffffff0\r\n",
               "1\r\na\r\n3e8\r\n",
               "1\r\na\r\nffffffffffffffff;x\r\n"},
              413);
    BOOST_TEST(decode("3e8\r\n" + std::string(kBodyMax, 'a') + "\r\n0\r\n\r\n").status == 200U);
}

BOOST_AUTO_TEST_CASE(an_extension_ends_with_its_line_and_never_within_quotes) {
    check_all({"1;a=\"b\r\nx\r\n0\r\n\r\n", "1;a=\"b\\\"\r\nx\r\n0\r\n\r\n"}, 400);
    check_all({"1;a=\"b\\\"c\"\r\nx\r\n0\r\n\r\n", "1;a=b\\\r\nx\r\n0;\r\n\r\n"}, 200);
}

BOOST_AUTO_TEST_CASE(extensions_and_trailers_are_bounded) {
    check_all({"1;" + std::string(5000, 'a')}, 400);
    check_all({"0\r\nX: " + std::string(kTrailerMax, 'a')}, 431);
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "1;abcdefgh\r\nx\r\n";
    check_all({many}, 400);
}

BOOST_AUTO_TEST_SUITE_END()
