#include "ops/bench/subject.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <stdexcept>
#include <utility>

#include "gateway/app.hpp"
#include "gateway/data_folder.hpp"
#include "gateway/server.hpp"

namespace bench {

Subject::Subject(const std::filesystem::path& scratch, std::uint32_t flush_delay_us) {
    auto paths = gateway::resolve_paths({.data = scratch / "data", .keys = {}, .master_key = {}});
    if (!paths) throw std::runtime_error(paths.error().detail);
    const auto folder = gateway::open_or_make_data_folder(*paths);
    if (!folder) throw std::runtime_error(folder.error().detail);
    auto app = gateway::App::open(
        *folder, {.demo = true, .flush_delay_us = flush_delay_us, .on_failure = {}});
    if (!app) throw std::runtime_error(app.error().detail);
    app_ = std::move(*app);
    auto server = gateway::Server::listen(
        {.address = "127.0.0.1", .port = 0, .threads = kIoThreads, .limits = {}}, app_->handler());
    if (!server) throw std::runtime_error(server.error().detail);
    server_ = std::move(*server);
    token_ = gateway::demo_company(folder->master).api_token;
    serving_ = std::thread([this] { server_->run(); });
}

Subject::~Subject() {
    server_->stop();
    serving_.join();
    app_.reset();
    server_.reset();
}

std::uint16_t Subject::port() const {
    return server_->port();
}

std::string Subject::headers() const {
    return fmt::format("Authorization: Bearer {}\r\n", token_);
}

gateway::Client Subject::client() const {
    return gateway::Client({.host = "127.0.0.1", .port = std::to_string(port())});
}

std::string Subject::open_conversation(gateway::Client& client) const {
    const auto opened = client.request("POST",
                                       "/api/v1/conversations",
                                       {{"Authorization", "Bearer " + token_}},
                                       R"({"visitor":{"name":"Bench"}})");
    if (!opened || opened->status != 201) throw std::runtime_error("no conversation was opened");
    const auto id = boost::json::parse(opened->body).at("id").as_string();
    return fmt::format("/api/v1/conversations/{}/messages", std::string(id.data(), id.size()));
}

void Subject::send(gateway::Client& client,
                   const std::string& path,
                   const std::string& text) const {
    const auto sent = client.request("POST",
                                     path,
                                     {{"Authorization", "Bearer " + token_}},
                                     fmt::format(R"({{"author":"visitor","text":"{}"}})", text));
    if (!sent || sent->status != 201) throw std::runtime_error("a message was refused");
}

std::string Subject::get(gateway::Client& client, const std::string& target) const {
    const auto got = client.request("GET", target, {{"Authorization", "Bearer " + token_}}, "");
    if (!got || got->status != 200) throw std::runtime_error("a query was refused");
    return got->body;
}

}  // namespace bench
