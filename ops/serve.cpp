#include "ops/serve.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "events/kafka_feed.hpp"
#include "events/key_ring.hpp"
#include "gateway/analytics_publisher.hpp"
#include "gateway/app.hpp"
#include "gateway/client.hpp"
#include "gateway/engine_kafka.hpp"
#include "gateway/log.hpp"
#include "gateway/server.hpp"
#include "ops/cli.hpp"
#include "ops/config_check.hpp"
#include "ops/config_forms.hpp"
#include "ops/serve_options.hpp"

namespace ops {
namespace {

using gateway::log_event;
using gateway::LogLevel;

// SIGINT, SIGTERM, SIGHUP and SIGUSR1, taken by one waiting thread; every other thread has them
// blocked.
class Signals {
  public:
    Signals() {
        sigemptyset(&set_);
        sigaddset(&set_, SIGINT);
        sigaddset(&set_, SIGTERM);
        sigaddset(&set_, SIGHUP);
        sigaddset(&set_, SIGUSR1);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
        signal(SIGPIPE, SIG_IGN);
    }
    [[nodiscard]] int wait() const {
        int which = 0;
        sigwait(&set_, &which);
        return which;
    }
    // From here on whoever asks again for the end gets it at once, as from any program.
    static void let_end_through() {
        sigset_t ends{};
        sigemptyset(&ends);
        sigaddset(&ends, SIGINT);
        sigaddset(&ends, SIGTERM);
        pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
    }

  private:
    sigset_t set_{};
};

// The first thing that went wrong while serving.
class Failure {
  public:
    void set(const events::Error& error) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = error;
    }
    [[nodiscard]] std::optional<events::Error> get() const {
        const std::lock_guard lock(mutex_);
        return error_;
    }

  private:
    mutable std::mutex mutex_;
    std::optional<events::Error> error_;
};

std::optional<gateway::TlsFiles> tls_of(const Config& config) {
    const auto& files = config.settings.tls;
    return files.private_key.empty() ? std::nullopt : std::optional(files);
}

std::string url_of(const Config& config, std::uint16_t port) {
    const bool six = config.address.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}",
                       tls_of(config) ? "https" : "http",
                       six ? "[" : "",
                       config.address,
                       six ? "]" : "",
                       port);
}

void say(std::FILE* where, std::string_view line) {
    fmt::print(where, "{}\n", line);
    std::fflush(where);
}

// Should this be cut off behind the showing, the next start shows it once more.
events::Status show_recovery(const gateway::DataFolder& folder) {
    if (folder.recovery_due) {
        say(stderr,
            fmt::format("recovery key, shown once: {}\n"
                        "  Write it down and keep it apart from the machine. With {} lost and "
                        "this key lost, nobody can read the data again.",
                        events::recovery_text(folder.master),
                        folder.paths.master_key.string()));
        return gateway::recovery_shown(folder.paths);
    }
    return {};
}

void warn_about_keys(const gateway::DataFolder& folder) {
    if (gateway::on_one_device(folder.paths.data, folder.paths.keys)) {
        log_event(LogLevel::kWarning, "keys-on-data-device");
    }
}

// SIGHUP: the certificate was renewed.
void reload(gateway::Server& server) {
    if (const auto reloaded = server.reload_certificates(); !reloaded) {
        log_event(LogLevel::kError, "certificate-not-reloaded", {{"error", reloaded.error()}});
    } else {
        log_event(LogLevel::kInfo, "certificate-reloaded");
    }
}

// SIGUSR1: the views are doubted.
void rebuild(gateway::App& app) {
    if (!app.rebuild_views()) log_event(LogLevel::kWarning, "rebuild-goes-on-already");
}

// What the nodes of a cluster share; nothing where the log lies in the data folder.
events::Result<std::unique_ptr<gateway::Engine>> open_engine(
    const Config& config,
    const gateway::DataFolder& folder,
    const std::function<void(const events::Error&)>& on_failure) {
    if (config.kafka_url.empty()) return std::unique_ptr<gateway::Engine>();
    auto connection = events::parse_kafka_url(config.kafka_url);
    if (!connection) return std::unexpected(connection.error());
    connection->security = config.kafka;
    return gateway::open_kafka_engine(
        folder,
        {.connection = *std::move(connection),
         .reserve = {.bytes = config.settings.disk_reserve_mib << 20U},
         .make_topics = config.demo,
         .on_failure = on_failure});
}

events::Result<std::unique_ptr<gateway::Server>> listen_to_everybody(const Config& config,
                                                                     gateway::App& app) {
    return gateway::Server::listen({.address = config.address,
                                    .port = config.port,
                                    .limits = config.settings.limits,
                                    .tls = tls_of(config),
                                    .trusted_proxies = config.settings.site.trusted_proxies,
                                    .forwarded_by = config.settings.site.forwarded_by,
                                    .live = app.live()},
                                   app.handler());
}

events::Status tell_demo(const Config& config,
                         const gateway::DataFolder& folder,
                         const std::string& url) {
    if (!config.demo) return {};
    return gateway::write_private_file(
        folder.paths.data / "demo.json",
        gateway::demo_json(gateway::demo_company(folder.master), url));
}

// The listener of the other nodes, where they do not come by the one for everybody.
events::Result<std::unique_ptr<gateway::Server>> listen_to_nodes(const Config& config,
                                                                 gateway::App& app) {
    const auto& node = config.settings.node;
    if (node.name.empty()) return std::unique_ptr<gateway::Server>();
    const auto advertised = gateway::parse_url(node.advertise);
    if (!advertised) return std::unexpected(advertised.error());
    const bool tls = !node.tls.certificate_chain.empty();
    if (config.node_listen.empty() && !tls && advertised->port == std::to_string(config.port)) {
        return std::unique_ptr<gateway::Server>();
    }
    const auto everywhere = (tls ? "0.0.0.0:" : "127.0.0.1:") + advertised->port;
    const auto endpoint =
        parse_endpoint(config.node_listen.empty() ? everywhere : config.node_listen);
    if (!endpoint) {
        return events::fail(events::Errc::kInvalidArgument, "node.advertise has no usable port");
    }
    auto files = node.tls;
    files.client_authorities = node.authorities;
    return gateway::Server::listen({.address = endpoint->address,
                                    .port = endpoint->port,
                                    .limits = config.settings.limits,
                                    .tls = tls ? std::optional(files) : std::nullopt,
                                    .trusted_proxies = {},
                                    .live = app.live()},
                                   app.node_handler());
}

// What it is told while it serves, until it is told to end.
void obey(const Signals& signals, gateway::Server& server, gateway::App& app) {
    for (int which = signals.wait(); which == SIGHUP || which == SIGUSR1; which = signals.wait()) {
        which == SIGHUP ? reload(server) : rebuild(app);
    }
}

void sample_connections(gateway::App& app, const gateway::Server& server) {
    app.metrics().sample("parlour_open_connections",
                         "Connections that are open, WebSockets among them.",
                         [&server] { return static_cast<double>(server.open_connections()); });
}

void views_stopped(const events::Error& error) {
    log_event(LogLevel::kError, "views-stopped", {{"error", error}});
}
void policies_stopped(const events::Error& error) {
    log_event(LogLevel::kError, "policies-stopped", {{"error", error}});
}

// How the topic that is told what happens is opened: that of the cluster whose log this is, if no
// other is configured; nothing where there is neither.
decltype(gateway::AppOptions::open_analytics_topic) analytics_topic(const Config& config) {
    const auto& url = config.analytics_kafka.empty() ? config.kafka_url : config.analytics_kafka;
    if (url.empty()) return {};
    return [url, security = config.kafka]() -> events::Result<std::unique_ptr<events::FeedSink>> {
        auto connection = events::parse_kafka_url(url);
        if (!connection) return std::unexpected(std::move(connection.error()));
        connection->security = security;
        return events::KafkaFeed::open(*connection, std::string(gateway::kAnalyticsTopic));
    };
}

// The servers on threads of their own, until it ends.
class Serving {
  public:
    Serving(gateway::Server* everybody, gateway::Server* nodes) : servers_{everybody, nodes} {
        for (auto* const server : servers_) {
            if (server != nullptr) threads_.emplace_back([server] { server->run(); });
        }
    }
    ~Serving() { stop(); }
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;
    void stop() {
        for (auto*& server : servers_) {
            if (auto* const running = std::exchange(server, nullptr)) running->stop();
        }
        for (auto& thread : threads_) thread.join();
        threads_.clear();
    }

  private:
    std::array<gateway::Server*, 2> servers_;
    std::vector<std::thread> threads_;
};

int serve(const Config& config) {
    gateway::configure_log(config.settings.log);
    const Signals signals;
    if (const auto tls = tls_of(config)) {
        // Before anything is made or opened, which takes longer.
        const auto usable = gateway::TlsCertificate::load(*tls);
        if (!usable) return fail_with("serve", usable.error().detail);
    }
    const auto folder = gateway::open_or_make_data_folder(config.paths);
    if (!folder) return fail_with("serve", folder.error().detail);

    Failure failure;
    std::atomic<bool> ending{false};
    // Ends the wait for a signal when the log or a view cannot go on.
    const auto on_failure = [&failure, &ending](const events::Error& error) {
        log_event(LogLevel::kError, "log-stopped", {{"error", error}});
        failure.set(error);
        if (!ending.exchange(true)) kill(getpid(), SIGTERM);
    };
    auto engine = open_engine(config, *folder, on_failure);
    if (!engine) return fail_with("serve", engine.error().detail);
    auto app = gateway::App::open(*folder,
                                  {.demo = config.demo,
                                   .settings = config.settings,
                                   .reserve = {.bytes = config.settings.disk_reserve_mib << 20U},
                                   .open_analytics_topic = analytics_topic(config),
                                   .on_failure = on_failure,
                                   .on_views_failure = views_stopped,
                                   .on_policies_failure = policies_stopped},
                                  *std::move(engine));
    if (!app) return fail_with("serve", app.error().detail);
    if (auto done = show_recovery(*folder); !done) return fail_with("serve", done.error().detail);
    warn_about_keys(*folder);

    auto server = listen_to_everybody(config, **app);
    if (!server) return fail_with("serve", server.error().detail);
    auto nodes = listen_to_nodes(config, **app);
    if (!nodes) return fail_with("serve", nodes.error().detail);
    sample_connections(**app, **server);
    const std::string url = url_of(config, (*server)->port());
    if (const auto told = tell_demo(config, *folder, url); !told) {
        return fail_with("serve", told.error().detail);
    }
    // A node of a cluster is asked by the others as soon as it claims.
    Serving serving(server->get(), nodes->get());
    if (const auto started = (*app)->start(url); !started) {
        serving.stop();
        app->reset();
        return fail_with("serve", started.error().detail);
    }
    log_event(LogLevel::kInfo, "started", {{"port", (*server)->port()}, {"demo", config.demo}});
    say(stdout, "listening on " + url);
    obey(signals, **server, **app);
    if (!ending.exchange(true)) Signals::let_end_through();
    (*app)->hand_over();
    serving.stop();
    // A request that outlived the stop still answers to the server's loop: the App goes first.
    app->reset();
    nodes->reset();
    server->reset();
    if (const auto error = failure.get()) return fail_with("serve", error->detail);
    log_event(LogLevel::kInfo, "stopped");
    return kExitOk;
}

}  // namespace

int run_serve(std::span<char* const> args) {
    return run_subcommand(serve_subcommand(), args, [](const Arguments& arguments) {
        const auto source = read_serve_options(arguments);
        return source.faults.empty() ? serve(source.config) : refuse("serve", source);
    });
}

}  // namespace ops
