#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

// A client that sends exactly the bytes it is given.
namespace test_support {

inline constexpr std::chrono::milliseconds kPatience{10'000};

struct RawResponse {
    unsigned status = 0;
    std::string head;
    std::string body;

    [[nodiscard]] std::string header(std::string_view name) const {
        const std::string key = "\r\n" + std::string(name) + ": ";
        const auto at = head.find(key);
        if (at == std::string::npos) return {};
        const auto from = at + key.size();
        return head.substr(from, head.find("\r\n", from) - from);
    }
};

class RawClient {
  public:
    explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        sockaddr generic{};
        static_assert(sizeof(generic) == sizeof(to));
        std::copy_n(
            reinterpret_cast<const char*>(&to), sizeof(to), reinterpret_cast<char*>(&generic));
        if (fd_ < 0 || ::connect(fd_, &generic, sizeof(generic)) != 0) {
            throw std::runtime_error("cannot connect");
        }
    }
    ~RawClient() { ::close(fd_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    // False when the server no longer takes the bytes.
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    void finish_sending() const { ::shutdown(fd_, SHUT_WR); }

    // Whether something can be read, waiting for it at most that long.
    [[nodiscard]] bool has_input_within(std::chrono::milliseconds time) const {
        pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
        return ::poll(&ready, 1, static_cast<int>(time.count())) == 1;
    }

    // Nothing when the connection ended, or the time was up, before a whole answer had come.
    std::optional<RawResponse> receive(bool head_only = false) {
        while (received_.find("\r\n\r\n") == std::string::npos) {
            if (!receive_some()) return std::nullopt;
        }
        const auto head_end = received_.find("\r\n\r\n") + 4;
        RawResponse response{.status = static_cast<unsigned>(std::stoul(received_.substr(9, 3))),
                             .head = received_.substr(0, head_end),
                             .body = {}};
        received_.erase(0, head_end);
        const std::string length = response.header("Content-Length");
        const std::size_t size = head_only || length.empty() ? 0 : std::stoul(length);
        while (received_.size() < size) {
            if (!receive_some()) return std::nullopt;
        }
        response.body = received_.substr(0, size);
        received_.erase(0, size);
        return response;
    }

    // What the server sends until it closes; nothing when it does not close in time.
    std::optional<std::string> receive_all() {
        while (receive_some()) {
        }
        if (!closed_) return std::nullopt;
        return std::exchange(received_, {});
    }

    // Whether the server has closed, or closes, without sending anything more.
    bool is_closed() { return receive_all() == std::string(); }

  private:
    bool receive_some() {
        if (!has_input_within(kPatience)) return false;
        std::string chunk(std::size_t{64} * 1024, '\0');
        const auto count = ::recv(fd_, chunk.data(), chunk.size(), 0);
        if (count <= 0) {
            closed_ = true;
            return false;
        }
        received_.append(chunk, 0, static_cast<std::size_t>(count));
        return true;
    }

    int fd_;
    bool closed_ = false;
    std::string received_;
};

}  // namespace test_support
