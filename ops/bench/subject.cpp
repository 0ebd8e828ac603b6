#include "ops/bench/subject.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "events/crypto.hpp"
#include "events/secret.hpp"
#include "gateway/app.hpp"
#include "gateway/data_folder.hpp"
#include "gateway/engine_kafka.hpp"
#include "gateway/server.hpp"
#include "ops/bench/certificate.hpp"

namespace bench {

// A server, and the thread that waits for it.
struct Subject::Serving {
    Serving(gateway::Handler handler, std::optional<gateway::TlsFiles> tls) {
        auto listening = gateway::Server::listen({.address = "127.0.0.1",
                                                  .port = 0,
                                                  .threads = kIoThreads,
                                                  .limits = {},
                                                  .tls = std::move(tls),
                                                  .trusted_proxies = {},
                                                  .live = {}},
                                                 std::move(handler));
        if (!listening) throw std::runtime_error(listening.error().detail);
        server = std::move(*listening);
        thread = std::thread([this] { server->run(); });
    }
    ~Serving() { stop(); }
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;
    void stop() {
        server->stop();
        if (thread.joinable()) thread.join();
    }

    std::unique_ptr<gateway::Server> server;
    std::thread thread;
};

namespace {

constexpr std::size_t kTextBytes = 200;
constexpr std::size_t kMasterKeyBytes = 32;
// Nobody but this node is there to be reached.
constexpr const char* kNodeUrl = "http://127.0.0.1:1";
constexpr auto kServedWithin = std::chrono::seconds(60);
constexpr auto kAskAgain = std::chrono::milliseconds(50);

// The nodes that were measured on a cluster before had the same key, so that their log can be read
// on.
void make_master_key(const std::filesystem::path& file) {
    std::filesystem::create_directories(file.parent_path());
    const auto made = gateway::write_private_file(file, std::string(kMasterKeyBytes, 'b'));
    if (!made) throw std::runtime_error(made.error().detail);
}

}  // namespace

Subject::Subject(const std::filesystem::path& scratch, const Options& options) {
    auto paths = gateway::resolve_paths({.data = scratch / "data", .keys = {}, .master_key = {}});
    if (!paths) throw std::runtime_error(paths.error().detail);
    if (options.kafka) make_master_key(paths->master_key);
    const auto folder = gateway::open_or_make_data_folder(*paths);
    if (!folder) throw std::runtime_error(folder.error().detail);
    gateway::AppOptions app_options{
        .demo = true, .flush_delay_us = options.flush_delay_us, .on_failure = {}};
    std::unique_ptr<gateway::Engine> engine;
    if (options.kafka) {
        app_options.settings.node.name = "bench";
        app_options.settings.node.advertise = kNodeUrl;
        auto opened = gateway::open_kafka_engine(
            *folder, {.connection = *options.kafka, .make_topics = true, .on_failure = {}});
        if (!opened) throw std::runtime_error(opened.error().detail);
        engine = *std::move(opened);
    }
    auto app = gateway::App::open(*folder, std::move(app_options), std::move(engine));
    if (!app) throw std::runtime_error(app.error().detail);
    app_ = std::move(*app);
    http_ = std::make_unique<Serving>(app_->handler(), std::nullopt);
    if (options.https) {
        https_ = std::make_unique<Serving>(app_->handler(), make_certificate(scratch));
    }
    token_ = gateway::demo_company(folder->master).api_token;
    if (options.kafka || options.background) {
        if (const auto started = app_->start(kNodeUrl); !started) {
            throw std::runtime_error(started.error().detail);
        }
        wait_served();
    }
}

// A node's partitions come one after the other.
void Subject::wait_served() const {
    auto asking = client();
    const auto deadline = std::chrono::steady_clock::now() + kServedWithin;
    while (std::chrono::steady_clock::now() < deadline) {
        const auto answer =
            asking.request("GET", "/api/v1/experts", {{"Authorization", "Bearer " + token_}}, "");
        if (answer && answer->status == 200) return;
        std::this_thread::sleep_for(kAskAgain);
    }
    throw std::runtime_error("the node does not serve the demo company within a minute");
}

// The servers outlive the app, which may still answer their requests.
Subject::~Subject() {
    app_->hand_over();
    http_->stop();
    if (https_) https_->stop();
    app_.reset();
}

std::uint16_t Subject::port() const {
    return http_->server->port();
}

std::uint16_t Subject::https_port() const {
    return https_->server->port();
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

NextRequest Subject::messages(std::size_t connections) const {
    auto asking = client();
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < connections; ++i) paths.push_back(open_conversation(asking));
    return
        [paths = std::move(paths),
         headers = headers(),
         body = fmt::format(R"({{"author":"visitor","text":"{}"}})", std::string(kTextBytes, 'x')),
         key = std::make_shared<std::uint64_t>(0),
         run = events::to_hex(events::random_id<events::Uuid>().view())](std::size_t connection,
                                                                         std::string& out) {
            append_post(out,
                        paths[connection],
                        fmt::format("{}Idempotency-Key: {}-{}\r\n", headers, run, ++*key),
                        body);
        };
}

std::string Subject::get(gateway::Client& client, const std::string& target) const {
    const auto got = client.request("GET", target, {{"Authorization", "Bearer " + token_}}, "");
    if (!got || got->status != 200) throw std::runtime_error("a query was refused");
    return got->body;
}

}  // namespace bench
