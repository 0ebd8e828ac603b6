#include "gateway/app.hpp"

#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "commands/writer.hpp"
#include "events/key_ring.hpp"
#include "gateway/analytics.hpp"
#include "gateway/analytics_publisher.hpp"
#include "gateway/analytics_upkeep.hpp"
#include "gateway/answers.hpp"
#include "gateway/app_clock.hpp"
#include "gateway/app_samples.hpp"
#include "gateway/auth.hpp"
#include "gateway/background.hpp"
#include "gateway/cards.hpp"
#include "gateway/cards_public.hpp"
#include "gateway/cluster.hpp"
#include "gateway/company.hpp"
#include "gateway/company_details.hpp"
#include "gateway/company_mails.hpp"
#include "gateway/company_tokens.hpp"
#include "gateway/conversations.hpp"
#include "gateway/conversations_read.hpp"
#include "gateway/customer_session.hpp"
#include "gateway/customers.hpp"
#include "gateway/data_collection.hpp"
#include "gateway/engine.hpp"
#include "gateway/expert_profile.hpp"
#include "gateway/experts.hpp"
#include "gateway/history.hpp"
#include "gateway/invitations.hpp"
#include "gateway/live.hpp"
#include "gateway/log.hpp"
#include "gateway/password_routes.hpp"
#include "gateway/pictures.hpp"
#include "gateway/portal_origins.hpp"
#include "gateway/portal_session.hpp"
#include "gateway/presence.hpp"
#include "gateway/probes.hpp"
#include "gateway/processing_terms.hpp"
#include "gateway/read_marks.hpp"
#include "gateway/rebuilder.hpp"
#include "gateway/registrations.hpp"
#include "gateway/router.hpp"
#include "gateway/services.hpp"
#include "gateway/sessions.hpp"
#include "gateway/start_page.hpp"
#include "gateway/start_views.hpp"
#include "gateway/stored_images.hpp"
#include "gateway/visitor.hpp"
#include "gateway/visitor_lists.hpp"
#include "gateway/visitor_token.hpp"
#include "gateway/widget_cache.hpp"
#include "gateway/widget_identity.hpp"
#include "gateway/widget_public.hpp"
#include "gateway/widgets.hpp"

namespace gateway {
namespace {

using events::Errc;
using events::Result;
using events::Status;

// How late a day that is over may be totalled, beyond its ten minutes.
constexpr std::chrono::minutes kUpkeepEvery{1};
// How long a node leaves its partition to whoever deposed it, although it is assigned here: by then
// the assignment has told otherwise, if it was to.
constexpr std::chrono::milliseconds kClaimBackAfter{5'000};
constexpr std::chrono::seconds kDemoWithin{60};
constexpr std::chrono::milliseconds kLookForDemoEvery{50};

}  // namespace

// In the order in which they depend on each other; destroyed in the reverse.
struct App::Parts {
    DataFolder folder;
    AppOptions options;
    Metrics metrics;
    std::unique_ptr<Engine> engine;
    // The engine's.
    events::Log* log = nullptr;
    events::History* history = nullptr;
    events::KeyRing* keys = nullptr;
    std::unique_ptr<projections::Store> store;
    projections::Views views;
    std::unique_ptr<projections::Runner> runner;
    std::unique_ptr<net::thread_pool> pool;
    std::unique_ptr<commands::Writer> writer;
    std::unique_ptr<WidgetCache> known_widgets;
    std::unique_ptr<LiveHub> hub;
    std::unique_ptr<PresenceTracker> presence;
    TicketBox tickets;
    std::unique_ptr<StrangerQuotas> strangers;
    std::unique_ptr<Services> services;
    PasswordHasher hasher;
    LogInDelays log_in_delays;
    Quota account_mails{kMailRate};
    std::unique_ptr<AfterAnswer> after_answer;
    std::unique_ptr<AccountServices> accounts;
    std::unique_ptr<Background> background;
    std::unique_ptr<events::PseudonymKeys> pseudonyms;
    std::unique_ptr<AnalyticsFeed> feed;
    std::unique_ptr<AnalyticsServices> analytics;
    std::unique_ptr<AnalyticsUpkeep> upkeep;
    std::unique_ptr<AnalyticsPublisher> publisher;  // nothing: no topic is told
    std::unique_ptr<Cluster> cluster;               // none: this program is alone
    std::unique_ptr<Rebuilder> rebuilder;
    std::unique_ptr<StoredImages> images;
    std::unique_ptr<Authenticator> authenticator;
    std::unique_ptr<LiveServices> live;
    std::unique_ptr<Router> router;
    std::unique_ptr<PortalOrigins> origins;
    std::mutex demo_mutex;
    std::vector<std::future<void>> demo_runs;  // under demo_mutex

    Status open_stores();
    Status start_writing();
    [[nodiscard]] bool is_node() const { return engine->assignment() != nullptr; }
    Status claim_all();
    void join_cluster();
    // Which partitions' work is this program's; nothing: all of it.
    std::function<bool(events::Partition)> ours();
    LiveServices::Serves serves();
    void gained(events::Partition partition);
    void make_routes();
    void make_authenticator();
    void make_accounts();
    void add_account_routes();
    void make_analytics();
    void make_live();
    void add_pages_and_probes();
    Status prepare_demo();
    Status make_demo();
    Status wait_for_demo();
    Status wait_for_views(const events::TenantId& tenant);
};

Status App::Parts::open_stores() {
    if (!engine) {
        auto opened = open_local_engine(
            folder, {.flush_delay_us = options.flush_delay_us, .reserve = options.reserve});
        if (!opened) return std::unexpected(opened.error());
        engine = *std::move(opened);
    }
    log = &engine->log();
    history = &engine->history();
    keys = &engine->keys();
    auto opened_store = projections::Store::open(folder.paths.data / "views");
    if (!opened_store) return std::unexpected(opened_store.error());
    store = std::move(*opened_store);
    runner =
        std::make_unique<projections::Runner>(*log, history->partitions(), *store, views.all());
    return bring_up({.log = *log,
                     .partitions = history->partitions(),
                     .store = *store,
                     .runner = *runner,
                     .views = views.all(),
                     .log_is_whole = !is_node()});
}

Status App::Parts::start_writing() {
    pool = std::make_unique<net::thread_pool>(static_cast<std::size_t>(options.workers));
    make_live();
    runner->start(options.on_views_failure);
    const commands::PartitionServices partition_services{
        .log = *log,
        .history = *history,
        .keys = *keys,
        .node = is_node() ? options.settings.node.name : "local",
        .address = options.settings.node.advertise,
        .claim_back_after = kClaimBackAfter,
        .on_read_back =
            [this](events::Partition partition, events::Offset end) {
                runner->notify(partition, end);
                background->notify(partition, end);
                if (publisher) publisher->notify(partition, end);
            },
        .on_holds =
            [this](events::Partition partition, bool holds) {
                if (cluster) cluster->held(partition, holds);
                if (publisher) publisher->held(partition, holds);
            },
        .on_failure = options.on_failure,
        .meter = &metrics};
    writer = std::make_unique<commands::Writer>(
        history->partitions(), partition_services, pool->get_executor());
    known_widgets = std::make_unique<WidgetCache>(*store, *keys, views.widgets);
    strangers = std::make_unique<StrangerQuotas>(options.settings.quotas);
    services = std::make_unique<Services>(Services{.pool = *pool,
                                                   .history = *history,
                                                   .keys = *keys,
                                                   .writer = *writer,
                                                   .runner = *runner,
                                                   .store = *store,
                                                   .views = views,
                                                   .metrics = metrics,
                                                   .known_widgets = *known_widgets,
                                                   .availability = presence.get(),
                                                   .now_ms = wall_clock_ms,
                                                   .public_url = options.settings.site.public_url,
                                                   .strangers = strangers.get()});
    rebuilder = std::make_unique<Rebuilder>(*log, history->partitions(), *store, *runner);
    if (is_node()) join_cluster();
    // Before the claims, whose records are the first that it is told of.
    background = std::make_unique<Background>(
        *log, history->partitions(), *services, options.settings, ours());
    services->when_policies_reached = [this](events::Partition partition,
                                             events::Offset offset,
                                             std::function<void(bool)> reached) {
        background->when_reached(partition, offset, std::move(reached));
    };
    images = std::make_unique<StoredImages>(
        *services, engine->files(), options.settings.quotas.files_mib << 20U);
    // What other nodes are just storing is not to be swept away.
    if (!is_node()) {
        if (auto swept = images->sweep(pictures_in_force(*services)); !swept) return swept;
    }
    make_authenticator();
    make_accounts();
    live = std::make_unique<LiveServices>(LiveServices{.services = *services,
                                                       .authenticator = *authenticator,
                                                       .hub = *hub,
                                                       .presence = *presence,
                                                       .tickets = tickets,
                                                       .times = {},
                                                       .serves = serves()});
    make_analytics();
    make_routes();
    return claim_all();
}

// A node of a cluster claims what it is given, later.
Status App::Parts::claim_all() {
    presence->start(pool->get_executor());
    if (is_node()) return {};
    auto claimed = writer->claim_all();
    // What is there can be read meanwhile; the claims go on by themselves once there is room.
    if (!claimed && claimed.error().code != Errc::kStorageFull) return claimed;
    return presence->restore();
}

std::function<bool(events::Partition)> App::Parts::ours() {
    if (!is_node()) return {};
    return [this](events::Partition partition) { return cluster->is_ours(partition); };
}

LiveServices::Serves App::Parts::serves() {
    if (!is_node()) return {};
    return [this](const events::TenantId& tenant) { return cluster->serves(tenant); };
}

void App::Parts::join_cluster() {
    cluster = std::make_unique<Cluster>(
        Cluster::Parts{.engine = *engine,
                       .node = options.settings.node,
                       .master = folder.master,
                       .services = *services,
                       .hub = *hub,
                       .presence = *presence,
                       .on_gained = [this](events::Partition partition) { gained(partition); }});
    services->is_elsewhere = [this](const events::TenantId& tenant) {
        return !cluster->serves(tenant);
    };
    services->settled_there = [this](events::TenantId tenant, events::Seq position) {
        return cluster->settled_there(tenant, position);
    };
}

void App::Parts::make_routes() {
    router = std::make_unique<Router>(*authenticator, metrics);
    const auto& site = options.settings.site;
    origins = std::make_unique<PortalOrigins>(site.portal_origins, site.public_url);
    add_account_routes();
    add_conversation_routes(*router, *services);
    add_conversation_reading_routes(*router, *services);
    add_read_mark_routes(*router, *services);
    add_live_routes(*router, *live);
    add_presence_routes(*router, *live, views.presence);
    add_pages_and_probes();
    add_samples(metrics,
                {.writer = *writer,
                 .runner = *runner,
                 .background = *background,
                 .paths = folder.paths,
                 .reserve = options.reserve});
    add_widget_routes(*router, *services);
    add_widget_identity_routes(*router, *services);
    add_public_widget_routes(*router, *services);
    add_visitor_routes(*router, *services);
    add_visitor_list_routes(*router, *services);
    add_answer_routes(*router, *services);
    add_expert_routes(*router, *services);
    add_expert_profile_routes(*router, *services);
    add_card_routes(*router, *services);
    add_public_card_routes(*router, *services, *images);
    add_picture_routes(*router, *services, *images);
    add_analytics_routes(*router, *analytics);
    add_history_routes(*router, *log, *services);
}

void App::Parts::add_pages_and_probes() {
    add_probe_routes(*router,
                     *services,
                     {.metrics = options.settings.metrics.enabled,
                      .mail = !options.settings.smtp.url.empty(),
                      .policies_stopped = [this] { return background->has_stopped(); }});
    add_start_routes(*router,
                     options.demo ? std::optional(demo_company(folder.master)) : std::nullopt);
}

void App::Parts::make_authenticator() {
    authenticator = std::make_unique<Authenticator>(*services);
    authenticator->set_visitor(visitor_verifier(*services));
    authenticator->set_customer(customer_verifier(*services));
    authenticator->set_portal(portal_verifier(*services));
}

void App::Parts::make_accounts() {
    after_answer = std::make_unique<AfterAnswer>(*pool);
    accounts = std::make_unique<AccountServices>(
        AccountServices{.services = *services,
                        .hasher = hasher,
                        .delays = log_in_delays,
                        .after = *after_answer,
                        .mails = account_mails,
                        .registration = options.settings.site.registration});
}

void App::Parts::add_account_routes() {
    add_session_routes(*router, *accounts);
    add_registration_routes(*router, *accounts);
    add_customer_routes(*router, *accounts);
    add_password_routes(*router, *accounts);
    add_company_routes(*router, *accounts);
    add_company_details_routes(*router, *services);
    add_company_token_routes(*router, *services);
    add_company_mail_routes(*router, *services);
    add_processing_terms_routes(*router, *services);
    add_data_collection_routes(*router, *services);
    add_invitation_routes(*router, *accounts);
}

void App::Parts::make_analytics() {
    pseudonyms = std::make_unique<events::PseudonymKeys>(*keys);
    feed = std::make_unique<AnalyticsFeed>(*log, *pseudonyms, *services);
    analytics = std::make_unique<AnalyticsServices>(
        AnalyticsServices{.services = *services, .authenticator = *authenticator, .feed = *feed});
    AnalyticsUpkeep::Ours writes_here;
    if (is_node()) {
        writes_here = [this](const events::TenantId& tenant) {
            return cluster->is_ours(events::partition_of(tenant, history->partitions()));
        };
    }
    upkeep =
        std::make_unique<AnalyticsUpkeep>(*log, *pseudonyms, *services, std::move(writes_here));
    if (!options.open_analytics_topic) return;
    publisher = std::make_unique<AnalyticsPublisher>(
        AnalyticsPublisher::Parts{.log = *log,
                                  .partitions = history->partitions(),
                                  .store = *store,
                                  .keys = *pseudonyms,
                                  .open = options.open_analytics_topic,
                                  .now_ms = wall_clock_ms,
                                  .places = engine->feed_places()});
    metrics.sample("parlour_analytics_topic_behind_records",
                   "Records that the topic for analytics has yet to be told of.",
                   [this] { return static_cast<double>(publisher->behind()); });
    metrics.sample("parlour_analytics_topic_events",
                   "Events that the topic for analytics was told.",
                   [this] { return static_cast<double>(publisher->published()); });
}

// The hub follows the views from here on; the tracker speaks through it.
void App::Parts::make_live() {
    hub = std::make_unique<LiveHub>(LiveParts{
        .log = *log,
        .history = *history,
        .keys = *keys,
        .store = *store,
        .conversations = views.conversations,
        .reached = [this](events::Partition partition) { return runner->reached(partition); },
        .executor = pool->get_executor(),
        .now_ms = wall_clock_ms});
    hub->set_shows([this](const events::TenantId& tenant,
                          const events::Uuid& widget,
                          const events::Uuid& expert) {
        return views.widgets.shows(*store, tenant, widget, expert).value_or(false);
    });
    runner->on_moved([this] { hub->moved(); });
    const auto& times = options.settings.presence;
    presence = std::make_unique<PresenceTracker>(
        PresenceTracker::Parts{.store = *store,
                               .board = views.presence,
                               .conversations = views.conversations,
                               .record = presence_recorder(*keys, writer, wall_clock_ms),
                               .on_change = presence_teller(*hub),
                               .now_ms = wall_clock_ms},
        PresenceTracker::Times{.lease = times.lease, .grace = times.grace});
    hub->set_presence_snapshot(
        [this](const events::TenantId& tenant) { return presence_events(*presence, tenant); });
}

// The demo company goes into an empty data folder only; where it is already, what is missing of it
// is made.
Status App::Parts::prepare_demo() {
    const auto tenants = history->tenants();
    if (!tenants) return std::unexpected(tenants.error());
    const auto demo = demo_company(folder.master);
    for (const auto& tenant : *tenants) {
        if (tenant != demo.tenant && tenant != events::kPlatformTenant) {
            return events::fail(Errc::kInvalidArgument,
                                "--demo makes its company in an empty data folder only; this one "
                                "holds another company");
        }
    }
    if (const Status made = make_demo(); !made) return made;
    auto shown = wait_for_views(events::kPlatformTenant);
    return shown ? wait_for_views(demo.tenant) : shown;
}

Status App::Parts::make_demo() {
    MadeElsewhere elsewhere;
    if (is_node()) {
        elsewhere = [this](const events::TenantId& tenant) {
            return !cluster->is_ours(events::partition_of(tenant, history->partitions()));
        };
    }
    return ensure_demo_company(folder.master, *keys, *writer, wall_clock_ms(), elsewhere);
}

// Of the demo company, each node of a cluster makes what it leads as soon as it does. Not on the
// pool, whose threads carry out what this waits for.
void App::Parts::gained(events::Partition partition) {
    if (!options.demo) return;
    const auto concerned = [&](const events::TenantId& tenant) {
        return events::partition_of(tenant, history->partitions()) == partition;
    };
    if (!concerned(events::kPlatformTenant) && !concerned(demo_company(folder.master).tenant)) {
        return;
    }
    const std::lock_guard lock(demo_mutex);
    demo_runs.push_back(std::async(std::launch::async, [this] {
        const auto made = make_demo();
        if (!made) log_event(LogLevel::kWarning, "demo-not-made", {{"error", made.error()}});
    }));
}

// Whichever nodes make it, the views here show it in the end.
Status App::Parts::wait_for_demo() {
    const auto demo = demo_company(folder.master);
    const auto deadline = std::chrono::steady_clock::now() + kDemoWithin;
    while (std::chrono::steady_clock::now() < deadline) {
        const auto widget = known_widgets->by_key(demo.widget_key, wall_clock_ms());
        std::size_t linked = 0;
        const auto walked = views.accounts.each(*store, [&](const projections::AccountItem& item) {
            if (item.usable() && !item.companies.empty()) ++linked;
        });
        if (widget && walked && linked > demo.experts.size()) return {};
        std::this_thread::sleep_for(kLookForDemoEvery);
    }
    return events::fail(Errc::kUnavailable,
                        "the demo company is not there within a minute: no node leads its "
                        "partitions; see parlour_partitions_served of each");
}

// Until the views show everything the tenant has.
Status App::Parts::wait_for_views(const events::TenantId& tenant) {
    const auto head = history->head(tenant);
    if (!head) return std::unexpected(head.error());
    const auto offset = history->offset_of(tenant, *head);
    if (!offset) return std::unexpected(offset.error());
    std::promise<bool> reached;
    runner->when_reached(events::partition_of(tenant, history->partitions()),
                         *offset,
                         [&reached](bool yes) { reached.set_value(yes); });
    if (reached.get_future().get()) return {};
    return std::unexpected(runner->failure().value_or(
        events::Error{Errc::kUnavailable, "the views stopped while they caught up"}));
}

App::App(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

App::~App() {
    if (parts_->cluster) parts_->cluster->stop();
    parts_->demo_runs.clear();
    if (parts_->after_answer) parts_->after_answer->stop();
    if (parts_->rebuilder) parts_->rebuilder->stop();
    if (parts_->publisher) parts_->publisher->stop();
    if (parts_->upkeep) parts_->upkeep->stop();
    if (parts_->background) parts_->background->stop();
    if (parts_->presence) parts_->presence->stop();
    if (parts_->hub) parts_->hub->stop();
    parts_->writer.reset();
    if (parts_->pool) {
        parts_->pool->join();
    }
    if (parts_->runner) parts_->runner->stop();
}

Result<std::unique_ptr<App>> App::open(const DataFolder& folder,
                                       AppOptions options,
                                       std::unique_ptr<Engine> engine) {
    std::unique_ptr<App> app(new App(std::make_unique<Parts>()));
    auto& parts = *app->parts_;
    parts.folder = folder;
    parts.options = std::move(options);
    parts.engine = std::move(engine);
    Status status = parts.open_stores();
    if (status) status = parts.start_writing();
    if (status && parts.options.demo && !parts.is_node()) status = parts.prepare_demo();
    if (!status) return std::unexpected(status.error());
    return app;
}

Status App::start(std::string url) {
    parts_->upkeep->start(kUpkeepEvery);
    if (parts_->publisher) parts_->publisher->start();
    const auto& options = parts_->options;
    const auto& site = options.settings.site;
    if (auto started =
            parts_->background->start(site.public_url.empty() ? std::move(url) : site.public_url,
                                      options.on_policies_failure);
        !started || !parts_->cluster) {
        return started;
    }
    if (auto joined = parts_->cluster->start(); !joined) return joined;
    return options.demo ? parts_->wait_for_demo() : Status();
}

void App::hand_over() {
    if (parts_->cluster) parts_->cluster->stop();
}

bool App::rebuild_views() {
    return parts_->rebuilder->start();
}

Metrics& App::metrics() {
    return parts_->metrics;
}

std::vector<Router::Listed> App::routes() const {
    return parts_->router->list();
}

std::map<std::string, LiveUpgrade, std::less<>> App::live() {
    auto here = live_upgrade(*parts_->live);
    const auto& cluster = parts_->cluster;
    return {{std::string(kLivePath), cluster ? cluster->live(std::move(here)) : std::move(here)}};
}

Handler App::handler() {
    Handler here = [parts = parts_.get()](Request request) {
        return parts->origins->answer(*parts->router, std::move(request));
    };
    return parts_->cluster ? parts_->cluster->handler(std::move(here)) : here;
}

Handler App::node_handler() {
    return Forwarder::for_nodes(handler());
}

}  // namespace gateway
