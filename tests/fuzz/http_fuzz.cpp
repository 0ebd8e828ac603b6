#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http_chunked.hpp"
#include "gateway/http_head.hpp"

// Any bytes as a request. What our parsers take must hold what they promise, must not depend on how
// the bytes were cut, and must mean the same to Beast's parser: two readings of one request are
// what request smuggling is made of.
namespace {

namespace http = boost::beast::http;
using gateway::equals_ignoring_case;
using gateway::Head;
using BeastParser = http::request_parser<http::string_body>;

constexpr std::size_t kFieldsMax = 100;
constexpr gateway::ChunkedDecoder::Bounds kBounds{.body_bytes_max = 10'000,
                                                  .trailer_bytes_max = 1'000};

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "broken: " << what << '\n';
    std::abort();
}

std::ptrdiff_t count_of(const Head& head, std::string_view lower_name) {
    return std::ranges::count_if(head.fields, [&](const gateway::Field& field) {
        return equals_ignoring_case(field.name, lower_name);
    });
}

void check_head(const Head& head) {
    const auto hosts = count_of(head, "host");
    require(head.http11 ? hosts == 1 : hosts <= 1, "one host");
    const auto lengths = count_of(head, "content-length");
    const auto codings = count_of(head, "transfer-encoding");
    require(lengths + codings <= 1, "one framing");
    require(head.body.chunked == (codings == 1), "chunked as said");
    require(!head.body.chunked || head.http11, "chunked in 1.1 only");
    require(lengths == 1 || head.body.content_length == 0, "length as said");
    require(head.path.starts_with('/'), "absolute path");
    for (const std::string_view part : {head.path, head.query}) {
        require(std::ranges::all_of(part, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; }),
                "visible target");
    }
    require(head.fields.size() <= kFieldsMax, "bounded fields");
    for (const gateway::Field& field : head.fields) {
        require(gateway::is_token(field.name) && gateway::is_field_value(field.value),
                "clean field");
    }
}

struct Decoded {
    std::optional<gateway::Refusal> refused;
    bool done = false;
    std::size_t taken = 0;
    std::string body;
};

Decoded decode(std::string_view bytes, std::size_t piece) {
    gateway::ChunkedDecoder decoder(kBounds);
    Decoded result;
    while (!decoder.done() && result.taken < bytes.size()) {
        const auto taken = decoder.feed(bytes.substr(result.taken, piece), result.body);
        if (!taken) {
            result.refused = taken.error();
            break;
        }
        result.taken += *taken;
    }
    result.done = decoder.done();
    require(result.body.size() <= kBounds.body_bytes_max, "bounded body");
    return result;
}

// Beast's reading of the whole message; how many bytes it took is in `taken`.
boost::system::error_code read_with_beast(std::string_view bytes,
                                          BeastParser& parser,
                                          std::size_t& taken) {
    parser.header_limit(std::numeric_limits<std::uint32_t>::max());
    parser.body_limit(boost::none);
    parser.eager(true);
    boost::system::error_code failed;
    while (!parser.is_done() && !failed) {
        const auto rest = bytes.substr(taken);
        taken += parser.put(boost::asio::buffer(rest.data(), rest.size()), failed);
        if (rest.empty()) break;
    }
    return failed;
}

void compare_heads(const Head& head, const BeastParser& parser) {
    const auto& message = parser.get();
    require(message.method_string() == head.method, "same method");
    const auto target = message.target();
    require(target.substr(0, head.path.size()) == head.path, "same path");
    require(target.ends_with(head.query), "same query");
    require((message.version() == 11) == head.http11, "same version");
    require(parser.chunked() == head.body.chunked, "same coding");
    require(parser.content_length().value_or(0) == head.body.content_length, "same length");
    require(std::distance(message.begin(), message.end()) >=
                static_cast<std::ptrdiff_t>(head.fields.size()),
            "same fields");
    for (const gateway::Field& field : head.fields) {
        const auto [from, to] = message.equal_range(field.name);
        require(std::any_of(
                    from, to, [&](const auto& theirs) { return theirs.value() == field.value; }),
                "same values");
    }
}

void compare_with_beast(std::string_view bytes, std::size_t head_size, const Head& head) {
    BeastParser parser;
    std::size_t taken = 0;
    const auto failed = read_with_beast(bytes, parser, taken);
    // Beast also checks the lists that Connection holds and the grammar of chunk extensions, which
    // we pass over.
    if (failed == http::error::bad_value || failed == http::error::bad_chunk_extension) return;
    require(parser.is_header_done(), "Beast takes the head");
    compare_heads(head, parser);
    if (!head.body.chunked) return;
    const Decoded ours = decode(bytes.substr(head_size), std::string_view::npos);
    if (!ours.done) return;
    require(parser.is_done(), "Beast takes the chunks");
    require(parser.get().body() == ours.body, "same body");
    require(taken == head_size + ours.taken, "same end");
}

void check_chunks(std::string_view bytes) {
    const Decoded whole = decode(bytes, std::string_view::npos);
    const Decoded bitwise = decode(bytes, 1);
    require(whole.done == bitwise.done, "cuts do not matter");
    require(whole.refused.has_value() == bitwise.refused.has_value(), "cuts do not matter");
    if (whole.refused) {
        require(whole.refused->code == bitwise.refused->code, "cuts do not matter");
    } else {
        require(whole.body == bitwise.body && whole.taken == bitwise.taken, "cuts do not matter");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(data, data + size);
    check_chunks(bytes);
    const auto end = gateway::find_head_end(bytes, 0);
    for (std::size_t cut = 0; cut < std::min<std::size_t>(size, 64); ++cut) {
        const auto part = gateway::find_head_end(std::string_view(bytes).substr(0, cut), 0);
        if (!part || *part > 0) break;
        const auto again = gateway::find_head_end(bytes, cut);
        require(again.has_value() == end.has_value() && (!end || *again == *end),
                "cuts do not matter");
    }
    if (!end || *end == 0) return 0;
    const auto head = gateway::parse_head(std::string_view(bytes).substr(0, *end), kFieldsMax);
    if (!head) {
        require(head.error().status >= 400 && !head.error().code.empty(), "a reason");
        return 0;
    }
    check_head(*head);
    if (head->body.chunked) check_chunks(std::string_view(bytes).substr(*end));
    compare_with_beast(bytes, *end, *head);
    return 0;
}
