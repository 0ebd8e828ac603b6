#include "gateway/analytics_stream.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <iterator>
#include <memory>
#include <utility>

#include "gateway/live_client.hpp"
#include "gateway/live_port.hpp"
#include "gateway/tickets.hpp"

namespace gateway {
namespace {

using Clock = std::chrono::steady_clock;
using events::Seq;

constexpr std::size_t kEventsPerPiece = 200;
// A client that has so much to read yet is told nothing more for the moment.
constexpr std::size_t kQueuedBytesMax = std::size_t{64} * 1024;
constexpr std::chrono::milliseconds kLookAgainAfter{500};
constexpr std::chrono::milliseconds kSlowClientPause{50};
constexpr std::chrono::seconds kHeartbeat{15};
constexpr std::chrono::seconds kRecheck{30};

class Stream : public std::enable_shared_from_this<Stream> {
  public:
    Stream(const AnalyticsServices& analytics,
           Principal principal,
           Request credential,
           std::optional<Seq> after)
        : analytics_(analytics),
          principal_(std::move(principal)),
          credential_(std::move(credential)),
          after_(after),
          strand_(analytics.services.pool.get_executor()),
          timer_(strand_) {}

    // Once, when a shared_ptr holds it.
    void start(std::shared_ptr<LiveSink> sink) {
        sink_ = std::move(sink);
        net::co_spawn(strand_, run(shared_from_this()), log_live_failure);
    }
    void stop() {
        net::post(strand_, [stream = shared_from_this()] {
            stream->ended_ = true;
            stream->timer_.cancel();
        });
    }

  private:
    static net::awaitable<void> run(std::shared_ptr<Stream> stream) {
        auto checked = Clock::now();
        stream->spoke_ = checked;
        while (!stream->ended_) {
            if (Clock::now() - checked >= kRecheck) {
                if (!co_await stream->may_still()) break;
                checked = Clock::now();
            }
            const auto pause = stream->step();
            if (!pause) break;
            if (pause->count() == 0 || stream->ended_) continue;
            stream->timer_.expires_after(*pause);
            co_await stream->timer_.async_wait(net::as_tuple(net::use_awaitable));
        }
        stream->sink_->close(close_code::kNormal, {});
    }

    // What cannot be told at the moment is left as it is until the next time.
    net::awaitable<bool> may_still() {
        const Access access = analytics_access();
        const auto now = co_await analytics_.authenticator.authenticate(credential_, access);
        if (!now) co_return now.error().status >= 500;
        co_return now->tenant == principal_.tenant && now->actor == principal_.actor;
    }

    // Sends what there is; gives how long to wait then, or nothing when the stream is over.
    std::optional<std::chrono::milliseconds> step() {
        if (sink_->queued_bytes() > kQueuedBytesMax) return kSlowClientPause;
        const auto& tenant = principal_.tenant;
        const auto keys = analytics_.services.keys.tenant_keys(tenant);
        if (!keys) return fail(problem(keys.error()));
        const auto piece = analytics_.feed.read(tenant, after_, kEventsPerPiece);
        if (!piece) return fail(feed_problem(piece.error()));
        after_ = piece->up_to;
        std::string text;
        for (const auto& item : piece->items) {
            if (item.last_of_commit) {
                fmt::format_to(std::back_inserter(text),
                               "id: {}\n",
                               write_feed_place(**keys, tenant, item.seq));
            }
            text.append("data: ").append(projections::structured_json(item.event)).append("\n\n");
        }
        if (text.empty() && Clock::now() - spoke_ >= kHeartbeat) text = ": heartbeat\n\n";
        if (!text.empty()) {
            spoke_ = Clock::now();
            if (!sink_->send(std::make_shared<const std::string>(std::move(text)))) {
                return std::nullopt;
            }
        }
        return piece->at_end ? kLookAgainAfter : std::chrono::milliseconds(0);
    }

    // The stream ends with what is wrong, under a name of its own.
    std::optional<std::chrono::milliseconds> fail(const Response& refused) {
        sink_->send(std::make_shared<const std::string>(
            fmt::format("event: problem\ndata: {}\n\n", refused.body)));
        return std::nullopt;
    }

    const AnalyticsServices& analytics_;
    const Principal principal_;
    const Request credential_;
    std::optional<Seq> after_;
    net::strand<net::thread_pool::executor_type> strand_;
    net::steady_timer timer_;
    std::shared_ptr<LiveSink> sink_;
    Clock::time_point spoke_;
    bool ended_ = false;  // on the strand
};

}  // namespace

Response analytics_stream(const AnalyticsServices& analytics,
                          const Call& call,
                          std::optional<Seq> after) {
    const auto stream =
        std::make_shared<Stream>(analytics, call.principal, credential_of(call.request), after);
    Response response{.status = 200, .content_type = "text/event-stream"};
    response.headers.emplace_back("Cache-Control", "no-store");
    response.headers.emplace_back("X-Accel-Buffering", "no");
    response.stream = BodyStream{
        .on_open = [stream](std::shared_ptr<LiveSink> sink) { stream->start(std::move(sink)); },
        .on_closed = [stream] { stream->stop(); }};
    return response;
}

}  // namespace gateway
