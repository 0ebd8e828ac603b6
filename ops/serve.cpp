#include "ops/serve.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>

#include "events/key_ring.hpp"
#include "gateway/app.hpp"
#include "gateway/log.hpp"
#include "gateway/server.hpp"
#include "ops/cli.hpp"
#include "ops/config_check.hpp"
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

void sample_connections(gateway::App& app, const gateway::Server& server) {
    app.metrics().sample("parlour_open_connections",
                         "Connections that are open, WebSockets among them.",
                         [&server] { return static_cast<double>(server.open_connections()); });
}

int serve(const Config& config) {
    gateway::configure_log(config.settings.log);
    const Signals signals;
    const auto tls = tls_of(config);
    if (tls) {
        // Before anything is made or opened, which takes longer.
        const auto usable = gateway::TlsCertificate::load(*tls);
        if (!usable) return fail_with("serve", usable.error().detail);
    }
    const auto folder = gateway::open_or_make_data_folder(config.paths);
    if (!folder) return fail_with("serve", folder.error().detail);

    Failure failure;
    // Ends the wait for a signal when the log or a view cannot go on.
    const auto on_failure = [&failure](const events::Error& error) {
        log_event(LogLevel::kError, "log-stopped", {{"error", error}});
        failure.set(error);
        kill(getpid(), SIGTERM);
    };
    const auto on_views_failure = [](const events::Error& error) {
        log_event(LogLevel::kError, "views-stopped", {{"error", error}});
    };
    const auto on_policies_failure = [](const events::Error& error) {
        log_event(LogLevel::kError, "policies-stopped", {{"error", error}});
    };
    auto app = gateway::App::open(*folder,
                                  {.demo = config.demo,
                                   .settings = config.settings,
                                   .reserve = {.bytes = config.settings.disk_reserve_mib << 20U},
                                   .on_failure = on_failure,
                                   .on_views_failure = on_views_failure,
                                   .on_policies_failure = on_policies_failure});
    if (!app) return fail_with("serve", app.error().detail);
    if (auto done = show_recovery(*folder); !done) return fail_with("serve", done.error().detail);
    warn_about_keys(*folder);

    auto server = gateway::Server::listen({.address = config.address,
                                           .port = config.port,
                                           .limits = config.settings.limits,
                                           .tls = tls,
                                           .trusted_proxies = config.settings.site.trusted_proxies,
                                           .forwarded_by = config.settings.site.forwarded_by,
                                           .live = (*app)->live()},
                                          (*app)->handler());
    if (!server) return fail_with("serve", server.error().detail);
    sample_connections(**app, **server);
    const std::string url = url_of(config, (*server)->port());
    if (config.demo) {
        const auto written = gateway::write_private_file(
            folder->paths.data / "demo.json",
            gateway::demo_json(gateway::demo_company(folder->master), url));
        if (!written) return fail_with("serve", written.error().detail);
    }
    if (const auto started = (*app)->start(url); !started) {
        return fail_with("serve", started.error().detail);
    }
    std::thread serving([&server] { (*server)->run(); });
    log_event(LogLevel::kInfo, "started", {{"port", (*server)->port()}, {"demo", config.demo}});
    say(stdout, "listening on " + url);
    for (int which = signals.wait(); which == SIGHUP || which == SIGUSR1; which = signals.wait()) {
        which == SIGHUP ? reload(**server) : rebuild(**app);
    }
    (*server)->stop();
    serving.join();
    // A request that outlived the stop still answers to the server's loop: the App goes first.
    app->reset();
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
