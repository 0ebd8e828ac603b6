#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <expected>
#include <span>
#include <string_view>

#include "gateway/client_dial.hpp"

// Bytes over a line, whichever kind it is, so that what is built on them is built once. The line,
// and what the views point to, outlive the call; its own deadline ends either.
namespace gateway {

namespace net = boost::asio;

// At least one byte; an error when the line has ended.
net::awaitable<std::expected<std::size_t, boost::system::error_code>> read_some(
    ClientLine& line, std::span<char> into);

// Success once all of it is on its way.
net::awaitable<boost::system::error_code> write_all(ClientLine& line, std::string_view bytes);

}  // namespace gateway
