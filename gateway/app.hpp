#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "events/error.hpp"
#include "events/feed_sink.hpp"
#include "events/free_space.hpp"
#include "gateway/data_folder.hpp"
#include "gateway/demo.hpp"
#include "gateway/engine.hpp"
#include "gateway/http.hpp"
#include "gateway/live_port.hpp"
#include "gateway/metrics.hpp"
#include "gateway/router.hpp"
#include "gateway/settings.hpp"

// The composition root: the only place that picks implementations and the only one with a clock.
// From a data folder to a handler of requests.
namespace gateway {

struct AppOptions {
    bool demo = false;
    Settings settings;
    int workers = 2;  // threads that decide and read; the log, views and sockets have their own
    std::uint32_t flush_delay_us = 0;  // benchmarks only
    events::DiskReserve reserve;       // kept free on the devices of log and keys
    // Opens the topic that is told what happens, without anybody in it; nothing: no topic is.
    std::function<events::Result<std::unique_ptr<events::FeedSink>>()> open_analytics_topic;
    // Told once, on a thread of the App's, when the log cannot go on: stop and say why.
    std::function<void(const events::Error&)> on_failure;
    // Told once when the views stand still: commands are still taken, queries show the past.
    std::function<void(const events::Error&)> on_views_failure;
    // Told once when no policy goes on: nothing that follows from a commit happens by itself.
    std::function<void(const events::Error&)> on_policies_failure;
};

class App {
  public:
    // Opens log, key ring and views, claims every partition, brings the views to the end of the log
    // and, with `demo`, makes the demo company. Blocks until the App can answer. kInvalidArgument:
    // --demo on a data folder with another company's data; else as the parts report.
    // `engine`: what the nodes of a cluster share; partitions are claimed from start() on then, as
    // they are assigned. Nothing: the data folder's own.
    static events::Result<std::unique_ptr<App>> open(const DataFolder& folder,
                                                     AppOptions options,
                                                     std::unique_ptr<Engine> engine = nullptr);
    ~App();  // waits for what is in flight; the server must have stopped
    App(const App&) = delete;
    App& operator=(const App&) = delete;

    // Begins what goes on by itself: policies, timers, mails. `url` is where the server listens,
    // for links where no public_url is set. Once. As Background::start. A node of a cluster begins
    // to claim, and waits with `demo` until the demo company is there.
    events::Status start(std::string url);
    // A node of a cluster gives up what it owns, so that the others take it over while this one
    // still answers what is under way. Nothing to do for a program that is alone.
    void hand_over();
    // Begins to build every view anew while the old ones serve. False when that is going on
    // already.
    bool rebuild_views();
    // Answers requests for as long as the App lives.
    [[nodiscard]] Handler handler();
    // The same for what other nodes pass on, and nobody else's. Of a node of a cluster only.
    [[nodiscard]] Handler node_handler();
    // Takes WebSockets, by path, likewise.
    [[nodiscard]] std::map<std::string, LiveUpgrade, std::less<>> live();
    // What the program counts; for what counts outside the App, such as the server.
    [[nodiscard]] Metrics& metrics();
    // Every route there is.
    [[nodiscard]] std::vector<Router::Listed> routes() const;

  private:
    struct Parts;
    explicit App(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace gateway
