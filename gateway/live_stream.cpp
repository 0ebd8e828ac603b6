#include "gateway/live_stream.hpp"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace gateway {

std::string write_event_id(const std::vector<std::string>& positions) {
    std::string text;
    for (const auto& position : positions) {
        if (!text.empty()) text += ',';
        text += position.empty() ? "-" : position;
    }
    return text;
}

std::optional<std::vector<std::string>> read_event_id(std::string_view text, std::size_t topics) {
    std::vector<std::string> positions;
    for (bool more = true; more;) {
        const auto end = text.find(',');
        const auto one = text.substr(0, end);
        if (one.empty()) return std::nullopt;
        positions.emplace_back(one == "-" ? std::string_view{} : one);
        more = end != std::string_view::npos;
        if (more) text.remove_prefix(end + 1);
    }
    if (positions.size() != topics) return std::nullopt;
    return positions;
}

LiveStream::LiveStream(const LiveServices& live,
                       std::shared_ptr<LiveSink> sink,
                       std::vector<StreamTopic> topics)
    : LiveClient(live, std::move(sink)), topics_(std::move(topics)), heartbeat_(strand()) {
    for (const auto& topic : topics_) positions_.push_back(topic.after);
}

void LiveStream::start(LiveTicket ticket) {
    net::post(strand(), [stream = self<LiveStream>(), ticket = std::move(ticket)] {
        if (stream->has_ended()) return;
        stream->admit(ticket);
        stream->wait_for_heartbeat();
        for (const auto& topic : stream->topics_) {
            net::co_spawn(
                stream->strand(), follow(stream, topic.topic, topic.position), log_live_failure);
        }
    });
}

void LiveStream::stop() {
    net::post(strand(), [stream = self<LiveStream>()] {
        stream->heartbeat_.cancel();
        stream->end();
    });
}

// The id tells of all topics where the client stands, so that it goes on with each of them without
// hole or double.
void LiveStream::deliver(const LiveTopic& topic,
                         const LiveFrame& frame,
                         std::string_view position) {
    std::string lines;
    if (!position.empty()) {
        const auto at = std::ranges::find(topics_, topic, &StreamTopic::topic);
        if (at != topics_.end()) {
            positions_[static_cast<std::size_t>(at - topics_.begin())] = position;
        }
        lines = fmt::format("id: {}\n", write_event_id(positions_));
    }
    lines += fmt::format("data: {}\n\n", *frame);
    sink().send(std::make_shared<const std::string>(std::move(lines)));
}

void LiveStream::wait_for_heartbeat() {
    heartbeat_.expires_after(live().times.heartbeat);
    heartbeat_.async_wait(
        [stream = self<LiveStream>()](const boost::system::error_code& cancelled) {
            if (cancelled || stream->has_ended()) return;
            stream->sink().send(std::make_shared<const std::string>(": heartbeat\n\n"));
            stream->wait_for_heartbeat();
        });
}

}  // namespace gateway
