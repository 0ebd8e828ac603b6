#include "gateway/forward_commands.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "commands/answers.hpp"
#include "gateway/async.hpp"
#include "gateway/command_json.hpp"
#include "gateway/json_body.hpp"
#include "gateway/limits.hpp"
#include "gateway/problem.hpp"
#include "gateway/view_wait.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Answer;
using commands::OnAnswer;

constexpr std::string_view kCommandsPath = "/node/v1/commands";
constexpr std::string_view kSettledPath = "/node/v1/settled";

Request node_request(std::string_view path, const json::object& body) {
    return {.method = "POST",
            .path = std::string(path),
            .query = {},
            .headers = {{"host", "node"}, {"content-type", "application/json"}},
            .body = json::serialize(body)};
}

// The forwarder outlives what it was asked.
net::awaitable<void> send_there(const Forwarder* forwarder,
                                events::Partition partition,
                                Request request,
                                std::shared_ptr<OnAnswer> on_answer) {
    const auto response = co_await forwarder->ask(partition, std::move(request));
    if (!response) {
        (*on_answer)(commands::not_led({}));
        co_return;
    }
    auto answer = response->status == 200 ? read_answer(response->body) : std::nullopt;
    (*on_answer)(answer ? *std::move(answer) : commands::not_led({}));
}

// Submits a command that another node wrote, and gives its answer.
net::awaitable<std::optional<Answer>> carry_out(const Services* services, json::object written) {
    co_return co_await net::async_initiate<const net::use_awaitable_t<>,
                                           void(std::optional<Answer>)>(
        [services](auto handler, json::object what) {
            auto resume = resume_with<decltype(handler), std::optional<Answer>>(std::move(handler));
            const auto shared = std::make_shared<decltype(resume)>(std::move(resume));
            OnAnswer on_answer = [shared](Answer answer) {
                (*shared)(std::optional(std::move(answer)));
            };
            if (!submit_written(what, services->writer, on_answer)) (*shared)(std::nullopt);
        },
        net::use_awaitable,
        std::move(written));
}

// Whoever asked goes on with what the command did, at any node: the views here show it first.
net::awaitable<Response> answer_command(const Services* services, Request request) {
    const auto written = parse_object(request.body);
    const auto tenant = written ? tenant_of(*written) : std::nullopt;
    if (!tenant) co_return problem(400, "command-invalid", "This is no command between nodes.");
    const auto answer = co_await carry_out(services, *written);
    if (!answer) co_return problem(400, "command-invalid", "This is no command between nodes.");
    if (*answer && (*answer)->position.value > 0) {
        co_await view_reached(services, *tenant, (*answer)->position, kMinPositionWait);
    }
    co_return json_response(200, write_answer(*answer));
}

net::awaitable<Response> answer_settled(const Services* services, Request request) {
    const auto asked = parse_object(request.body);
    const auto tenant = asked ? tenant_of(*asked) : std::nullopt;
    if (!tenant) co_return problem(400, "question-invalid", "This is no question between nodes.");
    const auto position = number_member(
        *asked, "position", {.least = 1, .most = std::numeric_limits<std::int64_t>::max()});
    if (!position) co_return position.error();
    const bool done = co_await settled(
        services, *tenant, events::Seq{static_cast<std::uint64_t>(*position)}, kMinPositionWait);
    co_return json_response(200, json::object{{"settled", done}});
}

net::awaitable<Response> answer_node(const Services* services, Request request) {
    const bool post = request.method == "POST";
    if (post && request.path == kCommandsPath) {
        co_return co_await answer_command(services, std::move(request));
    }
    if (post && request.path == kSettledPath) {
        co_return co_await answer_settled(services, std::move(request));
    }
    co_return no_such_resource();
}

}  // namespace

void CommandRelay::submit(const events::StreamId& stream,
                          std::any command,
                          const commands::CommandMeta& meta,
                          OnAnswer on_answer) {
    const auto written = write_command(stream, command, meta);
    if (!written) return on_answer(commands::not_led({}));
    net::co_spawn(pool_,
                  send_there(&forwarder_,
                             events::partition_of(meta.tenant, partitions_),
                             node_request(kCommandsPath, *written),
                             std::make_shared<OnAnswer>(std::move(on_answer))),
                  [](const std::exception_ptr&) {});
}

net::awaitable<bool> CommandRelay::settled(events::TenantId tenant, events::Seq position) const {
    const json::object asked{{"tenant", events::to_text(tenant)},
                             {"position", static_cast<std::int64_t>(position.value)}};
    const auto response = co_await forwarder_.ask(events::partition_of(tenant, partitions_),
                                                  node_request(kSettledPath, asked));
    if (!response || response->status != 200) co_return false;
    const auto answer = parse_object(response->body);
    const auto* const said = answer ? answer->if_contains("settled") : nullptr;
    co_return said != nullptr && said->is_bool() && said->get_bool();
}

Handler node_routes(const Services& services) {
    return [&services](Request request) { return answer_node(&services, std::move(request)); };
}

}  // namespace gateway
