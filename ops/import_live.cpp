#include "ops/import_live.hpp"

#include <algorithm>
#include <utility>

#include "ops/printable.hpp"

namespace ops {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = gateway::WebSocketClient::Received::Kind;

constexpr std::string_view kLive = "/api/v1/live";
constexpr std::chrono::milliseconds kOpenAgainPause{200};
constexpr std::chrono::milliseconds kGreetingTime{10'000};
// With less nothing is read at all.
constexpr std::chrono::milliseconds kLeastWait{1};

}  // namespace

LiveSocket::LiveSocket(ImportRun& run,
                       gateway::Url url,
                       gateway::ClientOptions options,
                       GiveTicket give_ticket)
    : run_(run),
      url_(std::move(url)),
      options_(std::move(options)),
      give_ticket_(std::move(give_ticket)) {}

bool LiveSocket::greet() {
    const auto ticket = give_ticket_();
    if (!ticket) return false;
    auto opened = gateway::WebSocketClient::open(url_, kLive, {}, options_);
    if (!opened) return false;
    socket_ = *std::move(opened);
    std::string hello = R"({"op":"hello","ticket":)";
    append_json_string(hello, *ticket);
    if (!socket_->send(hello + "}")) return false;
    const auto welcome = socket_->read(kGreetingTime);
    return welcome.kind == Kind::kText;
}

// False when the run stops.
bool LiveSocket::ensure_open() {
    while (!socket_) {
        if (run_.stopped()) return false;
        bool good = greet();
        for (auto topic = topics_.begin(); good && topic != topics_.end(); ++topic) {
            good = subscribe(topic->first, topic->second);
        }
        if (good) {
            ++opened_;
            open_since_ = Clock::now();
        } else {
            socket_.reset();
            run_.pause(kOpenAgainPause);
        }
    }
    return true;
}

bool LiveSocket::subscribe(const std::string& topic, const std::string& after) {
    std::string frame = R"({"op":"subscribe","topic":)";
    append_json_string(frame, topic);
    if (!after.empty()) frame += R"(,"after":)" + after;
    return socket_->send(frame + "}").has_value();
}

void LiveSocket::follow(const std::string& topic, const std::string& after) {
    topics_[topic] = after;
    if (socket_ && !subscribe(topic, after)) socket_.reset();
    ensure_open();
}

void LiveSocket::unfollow(const std::string& topic) {
    topics_.erase(topic);
    std::string frame = R"({"op":"unsubscribe","topic":)";
    append_json_string(frame, topic);
    if (socket_ && !socket_->send(frame + "}")) socket_.reset();
}

LiveNote LiveSocket::take(const std::string& frame) {
    LiveNote note = parse_live_note(frame);
    const auto topic = topics_.find(note.topic);
    if (topic != topics_.end() && !note.position.empty()) topic->second = note.position;
    return note;
}

std::optional<LiveNote> LiveSocket::next(std::chrono::milliseconds time) {
    const auto until = Clock::now() + time;
    while (ensure_open()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        auto received = socket_->read(std::max(left, kLeastWait));
        if (received.kind == Kind::kText) return take(received.text);
        if (received.kind == Kind::kNothing) return std::nullopt;
        socket_.reset();
    }
    return std::nullopt;
}

std::optional<LiveNote> LiveSocket::next_of_old() {
    if (!socket_) return std::nullopt;
    auto received = socket_->read(kLeastWait);
    if (received.kind == Kind::kText) return take(received.text);
    if (received.kind == Kind::kClosed) socket_.reset();
    return std::nullopt;
}

}  // namespace ops
