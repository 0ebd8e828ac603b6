#include "gateway/server_lane.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace gateway {

using boost::system::error_code;

Connection::Connection(Lane& lane) : lane_(lane), timer_(lane.context().get_executor()) {}

Connection::~Connection() {
    if (entered_) lane_.connections_.erase(this);
}

void Connection::enter_lane() {
    entered_ = true;
    lane_.connections_.insert(this);
}

void Connection::leave_lane() {
    clear_deadline();
    timer_.cancel();
    if (std::exchange(entered_, false)) lane_.connections_.erase(this);
}

void Connection::set_deadline(Clock::time_point at) {
    deadline_ = at;
    if (!timer_armed_ || timer_.expiry() > deadline_) arm_timer();
}

void Connection::arm_timer() {
    timer_armed_ = true;
    timer_.expires_at(deadline_);
    timer_.async_wait([self = shared_from_this()](error_code cancelled) {
        if (!cancelled) self->on_timer();
    });
}

void Connection::on_timer() {
    timer_armed_ = false;
    if (deadline_ == Clock::time_point::max()) return;
    if (Clock::now() < deadline_) return arm_timer();
    deadline_ = Clock::time_point::max();
    on_deadline();
}

Lane::~Lane() {
    abandon();
    woken_.clear();  // a connection's socket goes before the context
}

void Lane::stop() {
    net::post(context_, [this] {
        stopping_ = true;
        // Who stops may leave at once, so the set is not walked itself.
        std::vector<std::shared_ptr<Connection>> told;
        told.reserve(connections_.size());
        for (Connection* const connection : connections_) {
            told.push_back(connection->shared_from_this());
        }
        for (const auto& connection : told) connection->stop();
        guard_.reset();
    });
}

void Lane::abandon() {
    std::vector<std::shared_ptr<Connection>> left;
    for (Connection* const connection : connections_) {
        left.push_back(connection->shared_from_this());
    }
    for (const auto& connection : left) connection->abandon();
}

void Lane::wake(std::shared_ptr<Connection> connection) {
    {
        const std::lock_guard lock(mutex_);
        woken_.push_back(std::move(connection));
        if (woken_.size() > 1) return;
    }
    net::post(context_, [this] { wake_all(); });
}

void Lane::wake_all() {
    std::vector<std::shared_ptr<Connection>> woken;
    {
        const std::lock_guard lock(mutex_);
        woken.swap(woken_);
    }
    for (const auto& connection : woken) connection->on_wake();
}

}  // namespace gateway
