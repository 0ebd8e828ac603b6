#include "ops/bench/live_subject.hpp"

#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include <stdexcept>
#include <utility>

#include "gateway/app.hpp"
#include "gateway/data_folder.hpp"
#include "gateway/server.hpp"
#include "ops/bench/subject.hpp"

namespace bench {
namespace {

// Beside the sockets that live.
constexpr std::size_t kOtherConnections = 16;

std::string member(const std::string& body, const char* name) {
    const auto parsed = boost::json::parse(body);
    const auto& text = parsed.at(name).as_string();
    return {text.data(), text.size()};
}

}  // namespace

LiveSubject::LiveSubject(const std::filesystem::path& scratch,
                         const gateway::TlsFiles& tls,
                         std::size_t sockets_max) {
    const auto paths =
        gateway::resolve_paths({.data = scratch / "data", .keys = {}, .master_key = {}});
    if (!paths) throw std::runtime_error(paths.error().detail);
    const auto folder = gateway::open_or_make_data_folder(*paths);
    if (!folder) throw std::runtime_error(folder.error().detail);
    auto app = gateway::App::open(*folder, {.demo = true, .on_failure = {}});
    if (!app) throw std::runtime_error(app.error().detail);
    app_ = std::move(*app);
    auto server =
        gateway::Server::listen({.threads = kIoThreads,
                                 .limits = {.connections_max = sockets_max + kOtherConnections},
                                 .tls = tls,
                                 .trusted_proxies = {},
                                 .live = app_->live()},
                                app_->handler());
    if (!server) throw std::runtime_error(server.error().detail);
    server_ = std::move(*server);
    if (const auto started = app_->start(fmt::format("https://127.0.0.1:{}", port())); !started) {
        throw std::runtime_error(started.error().detail);
    }
    token_ = gateway::demo_company(folder->master).api_token;
    serving_ = std::thread([this] { server_->run(); });
}

LiveSubject::~LiveSubject() {
    server_->stop();
    serving_.join();
    app_.reset();
    server_.reset();
}

std::uint16_t LiveSubject::port() const {
    return server_->port();
}

LiveUser::LiveUser(std::uint16_t port, std::string token, const gateway::TlsFiles& tls)
    : port_(port),
      token_(std::move(token)),
      client_({.host = "127.0.0.1", .port = std::to_string(port), .tls = true},
              gateway::ClientOptions{
                  .trust = {.authorities = {}, .certificate = tls.certificate_chain}}) {}

std::string LiveUser::post(const std::string& target, const std::string& body) {
    const auto answer =
        client_.request("POST", target, {{"Authorization", "Bearer " + token_}}, body);
    if (!answer) throw std::runtime_error(answer.error().detail);
    if (answer->status >= 300) throw std::runtime_error("a request was refused");
    return answer->body;
}

LiveUser::Opened LiveUser::open_conversation() {
    const auto id = member(post("/api/v1/conversations", R"({"visitor":{"name":"Bench"}})"), "id");
    return {.topic = "conversation:" + id,
            .messages = fmt::format("/api/v1/conversations/{}/messages", id)};
}

void LiveUser::send(const std::string& messages, const std::string& text) {
    post(messages, fmt::format(R"({{"author":"expert","text":"{}"}})", text));
}

std::string LiveUser::ticket() {
    return member(post("/api/v1/tickets", ""), "ticket");
}

LiveCrowd::Options LiveUser::crowd(std::size_t clients, const std::string& topic) {
    return {.port = port_,
            .clients = clients,
            .greeting_steps = 2,
            .greeting = [this, topic](std::size_t, std::size_t step) {
                return step == 0 ? fmt::format(R"({{"op":"hello","ticket":"{}"}})", ticket())
                                 : fmt::format(R"({{"op":"subscribe","topic":"{}"}})", topic);
            }};
}

}  // namespace bench
