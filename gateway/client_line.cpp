#include "gateway/client_line.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace gateway {
namespace {

using boost::system::error_code;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);

template <class Stream>
net::awaitable<std::expected<std::size_t, error_code>> read_from(Stream& stream,
                                                                 std::span<char> into) {
    const auto [failed, count] =
        co_await stream.async_read_some(net::buffer(into.data(), into.size()), kAwait);
    if (failed) co_return std::unexpected(failed);
    co_return count;
}

template <class Stream>
net::awaitable<error_code> write_to(Stream& stream, std::string_view bytes) {
    const auto [failed, count] =
        co_await net::async_write(stream, net::buffer(bytes.data(), bytes.size()), kAwait);
    co_return failed;
}

}  // namespace

net::awaitable<std::expected<std::size_t, error_code>> read_some(ClientLine& line,
                                                                 std::span<char> into) {
    if (line.tls) return read_from(*line.tls, into);
    return read_from(*line.tcp, into);
}

net::awaitable<error_code> write_all(ClientLine& line, std::string_view bytes) {
    if (line.tls) return write_to(*line.tls, bytes);
    return write_to(*line.tcp, bytes);
}

}  // namespace gateway
