#include "gateway/app.hpp"

#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <future>
#include <utility>
#include <vector>

#include "commands/writer.hpp"
#include "events/key_ring.hpp"
#include "events/local_log.hpp"
#include "gateway/app_clock.hpp"
#include "gateway/auth.hpp"
#include "gateway/background.hpp"
#include "gateway/cards.hpp"
#include "gateway/cards_public.hpp"
#include "gateway/company.hpp"
#include "gateway/company_details.hpp"
#include "gateway/company_tokens.hpp"
#include "gateway/conversations.hpp"
#include "gateway/conversations_read.hpp"
#include "gateway/customer_session.hpp"
#include "gateway/customers.hpp"
#include "gateway/data_collection.hpp"
#include "gateway/expert_profile.hpp"
#include "gateway/experts.hpp"
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
#include "gateway/stored_images.hpp"
#include "gateway/visitor.hpp"
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

}  // namespace

// In the order in which they depend on each other; destroyed in the reverse.
struct App::Parts {
    DataFolder folder;
    AppOptions options;
    Metrics metrics;
    std::unique_ptr<events::LocalLog> log;
    std::unique_ptr<events::KeyRing> keys;
    std::unique_ptr<projections::Store> store;
    projections::Views views;
    std::unique_ptr<projections::Runner> runner;
    std::unique_ptr<net::thread_pool> pool;
    std::unique_ptr<commands::Writer> writer;
    std::unique_ptr<WidgetCache> known_widgets;
    std::unique_ptr<LiveHub> hub;
    std::unique_ptr<PresenceTracker> presence;
    TicketBox tickets;
    std::unique_ptr<Services> services;
    PasswordHasher hasher;
    LogInDelays log_in_delays;
    Quota account_mails{kMailRate};
    std::unique_ptr<AfterAnswer> after_answer;
    std::unique_ptr<AccountServices> accounts;
    std::unique_ptr<Background> background;
    std::unique_ptr<Rebuilder> rebuilder;
    std::unique_ptr<StoredImages> images;
    std::unique_ptr<Authenticator> authenticator;
    std::unique_ptr<LiveServices> live;
    std::unique_ptr<Router> router;
    std::unique_ptr<PortalOrigins> origins;

    Status open_stores();
    Status start_writing();
    void make_routes();
    void make_accounts();
    void add_account_routes();
    void make_live();
    void add_samples();
    void add_pages_and_probes();
    Status prepare_demo();
    Status wait_for_views(const events::TenantId& tenant);
};

Status App::Parts::open_stores() {
    const auto& paths = folder.paths;
    auto opened_log = events::LocalLog::open(paths.data / "log",
                                             {.flush_delay_us = options.flush_delay_us,
                                              .secondary_dir = {},
                                              .reserve = options.reserve});
    if (!opened_log) return std::unexpected(opened_log.error());
    log = std::move(*opened_log);
    const auto tenants = log->tenants();
    if (!tenants) return std::unexpected(tenants.error());
    // A lost ring must not be replaced by an empty one: only a log without commits may get a new
    // one.
    auto opened_keys = events::KeyRing::open(paths.keys,
                                             folder.master,
                                             folder.id,
                                             tenants->empty(),
                                             {.secondary_dir = {}, .reserve = options.reserve});
    if (!opened_keys) return std::unexpected(opened_keys.error());
    keys = std::move(*opened_keys);
    if (log->dropped_unsynced_write()) {
        log_event(LogLevel::kWarning, "unsynced-write-dropped", {{"store", Word("log")}});
    }
    if (keys->dropped_unsynced_write()) {
        log_event(LogLevel::kWarning, "unsynced-write-dropped", {{"store", Word("keys")}});
    }
    const auto discarded =
        keys->discard_unused([this](const events::KeyId& key) { return log->is_bound(key); });
    if (!discarded) return std::unexpected(discarded.error());
    auto opened_store = projections::Store::open(paths.data / "views");
    if (!opened_store) return std::unexpected(opened_store.error());
    store = std::move(*opened_store);
    runner = std::make_unique<projections::Runner>(*log, log->partitions(), *store, views.all());
    return runner->catch_up();
}

Status App::Parts::start_writing() {
    pool = std::make_unique<net::thread_pool>(static_cast<std::size_t>(options.workers));
    make_live();
    runner->start(options.on_views_failure);
    const commands::PartitionServices partition_services{
        .log = *log,
        .history = *log,
        .keys = *keys,
        .on_read_back =
            [this](events::Partition partition, events::Offset end) {
                runner->notify(partition, end);
                background->notify(partition, end);
            },
        .on_failure = options.on_failure,
        .meter = &metrics};
    writer = std::make_unique<commands::Writer>(
        log->partitions(), partition_services, pool->get_executor());
    known_widgets = std::make_unique<WidgetCache>(*store, *keys, views.widgets);
    services = std::make_unique<Services>(Services{.pool = *pool,
                                                   .history = *log,
                                                   .keys = *keys,
                                                   .writer = *writer,
                                                   .runner = *runner,
                                                   .store = *store,
                                                   .views = views,
                                                   .metrics = metrics,
                                                   .known_widgets = *known_widgets,
                                                   .availability = presence.get(),
                                                   .now_ms = wall_clock_ms,
                                                   .public_url = options.settings.site.public_url});
    rebuilder = std::make_unique<Rebuilder>(*log, log->partitions(), *store, *runner);
    // Before the claims, whose records are the first that it is told of.
    background = std::make_unique<Background>(*log, log->partitions(), *services, options.settings);
    services->when_policies_reached = [this](events::Partition partition,
                                             events::Offset offset,
                                             std::function<void(bool)> reached) {
        background->when_reached(partition, offset, std::move(reached));
    };
    images = std::make_unique<StoredImages>(*services, log->files());
    if (auto swept = images->sweep(pictures_in_force(*services)); !swept) return swept;
    authenticator = std::make_unique<Authenticator>(*services);
    authenticator->set_visitor(visitor_verifier(*services));
    authenticator->set_customer(customer_verifier(*services));
    authenticator->set_portal(portal_verifier(*services));
    make_accounts();
    live = std::make_unique<LiveServices>(LiveServices{.services = *services,
                                                       .authenticator = *authenticator,
                                                       .hub = *hub,
                                                       .presence = *presence,
                                                       .tickets = tickets,
                                                       .times = {}});
    make_routes();
    auto claimed = writer->claim_all();
    // What is there can be read meanwhile; the claims go on by themselves once there is room.
    if (!claimed && claimed.error().code != Errc::kStorageFull) return claimed;
    if (auto restored = presence->restore(); !restored) return restored;
    presence->start(pool->get_executor());
    return {};
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
    add_samples();
    add_widget_routes(*router, *services);
    add_widget_identity_routes(*router, *services);
    add_public_widget_routes(*router, *services);
    add_visitor_routes(*router, *services);
    add_expert_routes(*router, *services);
    add_expert_profile_routes(*router, *services);
    add_card_routes(*router, *services);
    add_public_card_routes(*router, *services, *images);
    add_picture_routes(*router, *services, *images);
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
    add_processing_terms_routes(*router, *services);
    add_data_collection_routes(*router, *services);
    add_invitation_routes(*router, *accounts);
}

// The hub follows the views from here on; the tracker speaks through it.
void App::Parts::make_live() {
    hub = std::make_unique<LiveHub>(LiveParts{
        .log = *log,
        .history = *log,
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

// What is asked for only when the metrics are read.
void App::Parts::add_samples() {
    const auto sample = [this](const char* name, const char* help, auto read) {
        metrics.sample(name, help, [read] { return static_cast<double>(read()); });
    };
    sample("parlour_commands_waiting", "Commands that wait for their turn.", [this] {
        return writer->load().waiting;
    });
    sample("parlour_commits_in_flight", "Commits sent and not read back yet.", [this] {
        return writer->load().in_flight;
    });
    sample("parlour_partitions_led", "Partitions that take commands.", [this] {
        return writer->load().led;
    });
    sample("parlour_views_behind_records",
           "Records that the slowest view has yet to read.",
           [this] { return runner->behind(); });
    sample("parlour_policies_behind_records",
           "Records that the policies have yet to read.",
           [this] { return background->behind(); });
    sample("parlour_policies_stopped", "1 when the policies stand still.", [this] {
        return background->has_stopped() ? 1 : 0;
    });
    sample("parlour_views_stopped", "1 when the views stand still.", [this] {
        return runner->failure() ? 1 : 0;
    });
}

// The demo company goes into an empty data folder only; where it is already, what is missing of it
// is made.
Status App::Parts::prepare_demo() {
    const auto tenants = log->tenants();
    if (!tenants) return std::unexpected(tenants.error());
    const auto demo = demo_company(folder.master);
    for (const auto& tenant : *tenants) {
        if (tenant != demo.tenant && tenant != events::kPlatformTenant) {
            return events::fail(Errc::kInvalidArgument,
                                "--demo makes its company in an empty data folder only; this one "
                                "holds another company");
        }
    }
    if (const Status made = ensure_demo_company(folder.master, *keys, *writer, wall_clock_ms());
        !made) {
        return made;
    }
    auto shown = wait_for_views(events::kPlatformTenant);
    return shown ? wait_for_views(demo.tenant) : shown;
}

// Until the views show everything the tenant has.
Status App::Parts::wait_for_views(const events::TenantId& tenant) {
    const auto head = log->head(tenant);
    if (!head) return std::unexpected(head.error());
    const auto offset = log->offset_of(tenant, *head);
    if (!offset) return std::unexpected(offset.error());
    std::promise<bool> reached;
    runner->when_reached(events::partition_of(tenant, log->partitions()),
                         *offset,
                         [&reached](bool yes) { reached.set_value(yes); });
    if (reached.get_future().get()) return {};
    return std::unexpected(runner->failure().value_or(
        events::Error{Errc::kUnavailable, "the views stopped while they caught up"}));
}

App::App(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

App::~App() {
    if (parts_->after_answer) parts_->after_answer->stop();
    if (parts_->rebuilder) parts_->rebuilder->stop();
    if (parts_->background) parts_->background->stop();
    if (parts_->presence) parts_->presence->stop();
    if (parts_->hub) parts_->hub->stop();
    parts_->writer.reset();
    if (parts_->pool) {
        parts_->pool->join();
    }
    if (parts_->runner) parts_->runner->stop();
}

Result<std::unique_ptr<App>> App::open(const DataFolder& folder, AppOptions options) {
    std::unique_ptr<App> app(new App(std::make_unique<Parts>()));
    auto& parts = *app->parts_;
    parts.folder = folder;
    parts.options = std::move(options);
    Status status = parts.open_stores();
    if (status) status = parts.start_writing();
    if (status && parts.options.demo) status = parts.prepare_demo();
    if (!status) return std::unexpected(status.error());
    return app;
}

Status App::start(std::string url) {
    const auto& options = parts_->options;
    const auto& site = options.settings.site;
    return parts_->background->start(site.public_url.empty() ? std::move(url) : site.public_url,
                                     options.on_policies_failure);
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
    return {{std::string(kLivePath), live_upgrade(*parts_->live)}};
}

Handler App::handler() {
    return [parts = parts_.get()](Request request) {
        return parts->origins->answer(*parts->router, std::move(request));
    };
}

}  // namespace gateway
