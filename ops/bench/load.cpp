#include "ops/bench/load.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bench {

namespace {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;
using Clock = std::chrono::steady_clock;
using Socket = net::basic_stream_socket<tcp, net::io_context::executor_type>;
using TlsStream = net::ssl::stream<Socket>;

constexpr std::size_t kReadBytes = std::size_t{16} * 1024;

struct Tally {
    Clock::time_point from;   // answers before it are warm-up
    Clock::time_point until;  // no request is sent behind it
    Clock::time_point last;
    std::uint64_t errors = 0;
    std::vector<std::uint32_t> latencies_us;
};

// What the head of an answer says, as far as a load needs it; size 0 while it is incomplete.
struct Answer {
    std::size_t size = 0;
    bool success = false;
};

Answer parse_answer(std::string_view bytes) {
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const auto head_end = bytes.find("\r\n\r\n");
    if (head_end == std::string_view::npos) return {};
    const std::string_view head = bytes.substr(0, head_end + 2);
    std::size_t length = 0;
    const auto at = head.find(kLength);
    if (at != std::string_view::npos) {
        const char* const digits = head.data() + at + kLength.size();
        std::from_chars(digits, head.data() + head.size(), length);
    }
    const std::size_t size = head_end + 4 + length;
    if (bytes.size() < size) return {};
    return {.size = size, .success = head.starts_with("HTTP/1.1 2")};
}

// One connection of the load, over a Socket or a TlsStream; everything runs on the thread of its
// context.
template <class Stream>
class Connection {
  public:
    Connection(Stream stream, std::size_t number, const NextRequest& next, Tally& tally)
        : stream_(std::move(stream)),
          number_(number),
          next_(next),
          tally_(tally),
          in_(kReadBytes, '\0') {}

    void connect(const tcp::endpoint& to) {
        auto& socket = stream_.lowest_layer();
        socket.connect(to);
        socket.set_option(tcp::no_delay(true));
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            stream_.handshake(net::ssl::stream_base::client);
        }
        socket.non_blocking(true);
    }

    void send() {
        out_.clear();
        next_(number_, out_);
        sent_at_ = Clock::now();
        if (sent_at_ >= tally_.until) return;
        net::async_write(stream_, net::buffer(out_), [this](error_code failed, std::size_t) {
            if (failed) return fail();
            receive();
        });
    }

  private:
    void receive() {
        if (filled_ == in_.size()) in_.resize(in_.size() * 2);
        stream_.async_read_some(net::buffer(in_.data() + filled_, in_.size() - filled_),
                                [this](error_code failed, std::size_t count) {
                                    if (failed) return fail();
                                    filled_ += count;
                                    look();
                                });
    }

    void look() {
        const Answer answer = parse_answer({in_.data(), filled_});
        if (answer.size == 0) return receive();
        const auto now = Clock::now();
        if (now >= tally_.from) {
            if (answer.success) {
                const auto took =
                    std::chrono::duration_cast<std::chrono::microseconds>(now - sent_at_);
                tally_.latencies_us.push_back(static_cast<std::uint32_t>(took.count()));
            } else {
                ++tally_.errors;
            }
            tally_.last = now;
        }
        // One request at a time is under way, so nothing follows its answer.
        filled_ = 0;
        send();
    }

    void fail() {
        ++tally_.errors;
        error_code ignored;
        stream_.lowest_layer().close(ignored);
    }

    Stream stream_;
    std::size_t number_;
    const NextRequest& next_;
    Tally& tally_;
    std::string out_;
    std::string in_;
    std::size_t filled_ = 0;
    Clock::time_point sent_at_;
};

double percentile_ms(std::vector<std::uint32_t>& latencies_us, double part) {
    if (latencies_us.empty()) return 0;
    const auto rank =
        static_cast<std::ptrdiff_t>(part * static_cast<double>(latencies_us.size() - 1));
    std::ranges::nth_element(latencies_us, latencies_us.begin() + rank);
    return static_cast<double>(latencies_us[static_cast<std::size_t>(rank)]) / 1000.0;
}

// `make` gives a stream that is not connected yet.
template <class Make>
LoadResult run_over(net::io_context& context,
                    const LoadOptions& options,
                    const NextRequest& next,
                    const Make& make) {
    using Stream = std::invoke_result_t<Make>;
    const tcp::endpoint to(net::ip::make_address(options.address), options.port);
    Tally tally;
    std::vector<std::unique_ptr<Connection<Stream>>> connections;
    for (std::size_t i = 0; i < options.connections; ++i) {
        connections.push_back(std::make_unique<Connection<Stream>>(make(), i, next, tally));
        connections.back()->connect(to);
    }
    tally.from = Clock::now() + options.warm_up;
    tally.until = tally.from + options.duration;
    tally.last = tally.from;
    for (const auto& connection : connections) connection->send();
    // A server that stops answering must not hold up the measurement.
    context.run_until(tally.until + std::chrono::seconds(10));

    LoadResult result{.requests = tally.latencies_us.size(),
                      .errors = tally.errors,
                      .seconds = std::chrono::duration<double>(tally.last - tally.from).count()};
    result.p50_ms = percentile_ms(tally.latencies_us, 0.50);
    result.p99_ms = percentile_ms(tally.latencies_us, 0.99);
    return result;
}

}  // namespace

LoadResult run_load(const LoadOptions& options, const NextRequest& next) {
    net::io_context context(1);
    if (!options.tls) {
        return run_over(context, options, next, [&context] { return Socket(context); });
    }
    net::ssl::context tls(net::ssl::context::tls_client);
    tls.set_verify_mode(net::ssl::verify_none);
    return run_over(context, options, next, [&] { return TlsStream(context, tls); });
}

MeasuredLoad measure_load(const LoadOptions& options, const NextRequest& next) {
    const CpuClock cpu;
    const auto load = run_load(options, next);
    const std::chrono::duration<double> whole = options.warm_up + options.duration;
    return {.load = load,
            .cpu_us = cpu.micros() / std::max(1.0, load.per_second() * whole.count())};
}

Round round_of(const MeasuredLoad& figure, const MeasuredLoad& floor) {
    return {.figure = figure.load.per_second(),
            .floor = floor.load.per_second(),
            .cpu_us = figure.cpu_us,
            .floor_cpu_us = floor.cpu_us};
}

void append_get(std::string& out, std::string_view target, std::string_view extra) {
    out.append("GET ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    out.append(extra).append("\r\n");
}

void append_post(std::string& out,
                 std::string_view target,
                 std::string_view extra,
                 std::string_view body) {
    out.append("POST ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    out.append("Content-Type: application/json\r\nContent-Length: ");
    out.append(std::to_string(body.size())).append("\r\n").append(extra).append("\r\n");
    out.append(body);
}

}  // namespace bench
