#include "gateway/forward.hpp"

#include <memory>
#include <utility>

#include "gateway/forward_home.hpp"
#include "gateway/log.hpp"
#include "gateway/problem.hpp"

namespace gateway {
namespace {

using events::Errc;

Response owner_unknown() {
    return problem(
        503, "owner-unknown", "No node is known to serve the company at the moment; ask again.");
}

Response owner_unreachable() {
    return problem(503,
                   "owner-unreachable",
                   "The node that serves the company gave no answer; ask again with the same key.");
}

Response not_owner() {
    return problem(503, "not-owner", "The company is just moving to another node; ask again.");
}

net::awaitable<Response> answer_nobody() {
    co_return no_such_resource();
}

void drop_hop(Request& request) {
    std::erase_if(request.headers, [](const auto& field) { return field.first == kHopHeader; });
}

}  // namespace

HeaderFields Forwarder::hop_of(const Request& request) const {
    return {{std::string(kHopHeader),
             write_hop(parts_.hop_key, parts_.node, request, parts_.now_ms())}};
}

net::awaitable<Response> Forwarder::pass_on(std::string address, Request request) const {
    ++passed_on_;
    auto hop = hop_of(request);
    auto answer =
        co_await parts_.links.exchange(std::move(address), std::move(request), std::move(hop));
    if (answer) co_return *std::move(answer);
    ++failed_;
    log_event(LogLevel::kWarning, "forward-failed", {{"error", answer.error()}});
    if (answer.error().code == Errc::kUnavailable) co_return owner_unreachable();
    co_return problem(answer.error());
}

// The handlers live as long as the server that was given handler()'s.
net::awaitable<Response> Forwarder::answer(Request request,
                                           const Handler* local,
                                           const Handler* nodes) const {
    const bool hopped = request.header(kHopHeader).has_value();
    if (hopped) {
        const auto hop = read_hop(parts_.hop_key, request, parts_.now_ms());
        if (!hop) {
            log_event(LogLevel::kWarning, "hop-invalid");
            co_return problem(403,
                              "hop-invalid",
                              "This request was not passed on by a node of this cluster just now.");
        }
        ++taken_;
        request.peer = hop->peer;
        request.secure = hop->secure;
        drop_hop(request);
    }
    if (request.path.starts_with(kNodePrefix)) {
        if (!hopped) co_return no_such_resource();
        co_return co_await (*nodes)(std::move(request));
    }
    const auto home = home_of(request);
    if (!home || parts_.ownership.serves(*home)) co_return co_await (*local)(std::move(request));
    if (hopped) co_return not_owner();
    auto address = parts_.ownership.address_of(events::partition_of(*home, parts_.partitions));
    if (address) co_return co_await pass_on(*std::move(address), std::move(request));
    ++owner_unknown_;
    co_return owner_unknown();
}

Handler Forwarder::handler(Handler local, Handler nodes) const {
    const auto handlers =
        std::make_shared<const std::pair<Handler, Handler>>(std::move(local), std::move(nodes));
    return [this, handlers](Request request) {
        return answer(std::move(request), &handlers->first, &handlers->second);
    };
}

Handler Forwarder::for_nodes(Handler all) {
    return [all = std::move(all)](Request request) -> net::awaitable<Response> {
        if (request.header(kHopHeader)) return all(std::move(request));
        return answer_nobody();
    };
}

net::awaitable<events::Result<Response>> Forwarder::ask(events::Partition partition,
                                                        Request request) const {
    auto address = parts_.ownership.address_of(partition);
    if (!address) co_return events::fail(Errc::kUnavailable, "no node is known to lead it");
    ++passed_on_;
    auto hop = hop_of(request);
    auto answer =
        co_await parts_.links.exchange(*std::move(address), std::move(request), std::move(hop));
    if (!answer) ++failed_;
    co_return answer;
}

Forwarder::Counts Forwarder::counts() const {
    return {.passed_on = passed_on_,
            .failed = failed_,
            .owner_unknown = owner_unknown_,
            .taken = taken_};
}

}  // namespace gateway
