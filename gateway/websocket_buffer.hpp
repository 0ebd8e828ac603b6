#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/server_lane.hpp"

// What Beast's WebSocket takes for its socket: bytes in memory, both ways. A read waits for feed();
// a write hands its bytes over at once. So the protocol is Beast's, and how and when bytes travel,
// in how few writes and with which buffers, is ours. One thread, like all of a lane.
namespace gateway {

class WebSocketBuffer {
  public:
    using executor_type = Executor;

    class Owner {
      public:
        virtual ~Owner() = default;
        virtual void on_output(std::string_view bytes) = 0;
        // There was nothing left to read.
        virtual void on_input_wanted() = 0;
    };

    // The owner outlives this.
    WebSocketBuffer(Executor executor, Owner& owner) : executor_(executor), owner_(owner) {}

    executor_type get_executor() const { return executor_; }

    void feed(std::string_view bytes) {
        input_.append(bytes);
        if (reader_) give();
    }
    [[nodiscard]] bool wants_input() const { return reader_ && input_.empty(); }
    // A read that waits, and all to come, end.
    void end() {
        ended_ = true;
        if (reader_) give();
    }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return net::async_initiate<Token, Signature>(
            [this](auto handler, const Buffers& into) {
                reader_ = std::move(handler);
                into_ = first_of(into);
                if (into_.size() == 0 || ended_ || !input_.empty()) return give();
                owner_.on_input_wanted();
            },
            token,
            buffers);
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return net::async_initiate<Token, Signature>(
            [this](auto handler, const Buffers& from) {
                std::size_t count = 0;
                for (auto at = net::buffer_sequence_begin(from);
                     at != net::buffer_sequence_end(from);
                     ++at) {
                    const net::const_buffer buffer(*at);
                    owner_.on_output({static_cast<const char*>(buffer.data()), buffer.size()});
                    count += buffer.size();
                }
                complete(std::move(handler), {}, count);
            },
            token,
            buffers);
    }

  private:
    using Signature = void(boost::system::error_code, std::size_t);
    // Every handler here belongs to the lane's executor, so nothing else of it need be kept.
    using Handler = std::move_only_function<Signature>;

    template <class Buffers>
    static net::mutable_buffer first_of(const Buffers& buffers) {
        for (auto at = net::buffer_sequence_begin(buffers); at != net::buffer_sequence_end(buffers);
             ++at) {
            const net::mutable_buffer buffer(*at);
            if (buffer.size() > 0) return buffer;
        }
        return {};
    }

    void give() {
        const std::size_t count = net::buffer_copy(into_, net::buffer(input_));
        input_.erase(0, count);
        if (input_.empty()) input_ = {};
        const bool at_end = count == 0 && into_.size() > 0;
        complete(std::exchange(reader_, nullptr),
                 at_end ? net::error::eof : boost::system::error_code(),
                 count);
    }

    template <class AnyHandler>
    void complete(AnyHandler handler, boost::system::error_code failed, std::size_t count) {
        net::post(executor_, [handler = std::move(handler), failed, count]() mutable {
            std::move(handler)(failed, count);
        });
    }

    Executor executor_;
    Owner& owner_;
    std::string input_;
    Handler reader_;
    net::mutable_buffer into_;
    bool ended_ = false;
};

// Beast ends a connection by these. The owner does that, once Beast has nothing more to say.
template <class Handler>
void async_teardown(boost::beast::role_type /*role*/, WebSocketBuffer& buffer, Handler&& handler) {
    net::post(buffer.get_executor(),
              [handler = std::forward<Handler>(handler)]() mutable { handler({}); });
}
inline void beast_close_socket(WebSocketBuffer& buffer) {
    buffer.end();
}

}  // namespace gateway
