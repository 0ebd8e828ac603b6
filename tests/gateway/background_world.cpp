#include "tests/gateway/background_world.hpp"

#include "commands/company.hpp"
#include "commands/expert.hpp"
#include "commands/visitor.hpp"
#include "commands/widget.hpp"

namespace gateway_test {

BackgroundWorld::BackgroundWorld() {
    events::Key256 master;
    events::fill_random({master.data(), events::Key256::size()});
    keys = std::move(*events::KeyRing::open(dir.path() / "keys", master, Uuid{}, true));
    log = std::move(*events::LocalLog::open(dir.path() / "log", {}));
    settings.smtp.url = catcher.url();
    settings.smtp.from = "service@acme.example";
    settings.smtp.tls = mail::Tls::kOff;
    settings.mail.missed_after = std::chrono::seconds(0);
    settings.mail.missed_every = std::chrono::seconds(0);
    open("views");
    make_company();
}

void BackgroundWorld::open(const std::string& name) {
    pool = std::make_unique<boost::asio::thread_pool>(1);
    store = std::move(*projections::Store::open(dir.path() / name));
    views = std::make_unique<projections::Views>();
    runner = std::make_unique<projections::Runner>(*log, log->partitions(), *store, views->all());
    BOOST_TEST_REQUIRE(runner->catch_up().has_value());
    runner->on_moved([this] {
        const std::lock_guard lock(mutex);
        moved.notify_all();
    });
    runner->start();
    writer = std::make_unique<commands::Writer>(
        log->partitions(),
        commands::PartitionServices{.log = *log,
                                    .history = *log,
                                    .keys = *keys,
                                    .on_read_back =
                                        [this](events::Partition partition, events::Offset end) {
                                            runner->notify(partition, end);
                                            background->notify(partition, end);
                                        }},
        pool->get_executor());
    widgets = std::make_unique<gateway::WidgetCache>(*store, *keys, views->widgets);
    services.reset(new gateway::Services{.pool = *pool,
                                         .history = *log,
                                         .keys = *keys,
                                         .writer = *writer,
                                         .runner = *runner,
                                         .store = *store,
                                         .views = *views,
                                         .metrics = metrics,
                                         .known_widgets = *widgets,
                                         .availability = &presence,
                                         .now_ms = [this] { return now.load(); }});
    background =
        std::make_unique<gateway::Background>(*log, log->partitions(), *services, settings);
    BOOST_TEST_REQUIRE(writer->claim_all().has_value());
}

void BackgroundWorld::close() {
    background->stop();
    writer.reset();
    pool->join();
    runner->stop();
    background.reset();
    services.reset();
    widgets.reset();
    runner.reset();
    store.reset();
}

void BackgroundWorld::start() {
    const auto started = background->start(std::string(kUrl), {});
    BOOST_TEST_REQUIRE(started.has_value(), (started ? "" : started.error().detail));
}

void BackgroundWorld::make_company() {
    run<commands::Company>(kCompany, commands::CreateCompany{.name = Personal("Acme & Söhne")});
    run<commands::Expert>(
        kExpert,
        commands::AddExpert{.name = Personal("Ben"), .email = Personal("ben@acme.example")});
    run<commands::Widget>(kWidget, commands::CreateWidget{.name = Personal("Shop"), .key = Uuid{}});
    run<commands::Visitor>(kVisitor,
                           commands::IdentifyVisitor{.name = Personal("Mira"),
                                                     .email = Personal("mira@visitor.example"),
                                                     .visit = std::nullopt});
}

events::Version BackgroundWorld::begin(std::uint8_t number, const std::string& text) {
    return run<Conversation>(
        Uuid{.bytes = {number}},
        commands::BeginConversation{
            .open = {.visitor = kVisitor,
                     .expert = kExpert,
                     .channel = parlour::conversation::v1::CHANNEL_WIDGET},
            .widget = kWidget,
            .mode = {},
            .message = {.author = Author::AUTHOR_VISITOR, .text = Personal(text)}});
}

void BackgroundWorld::wait_for_views(const events::TenantId& tenant) {
    std::promise<bool> reached;
    runner->when_reached(events::partition_of(tenant, log->partitions()),
                         log->offset_of(tenant, *log->head(tenant)).value(),
                         [&reached](bool yes) { reached.set_value(yes); });
    BOOST_TEST_REQUIRE(reached.get_future().get());
}

bool BackgroundWorld::newest_mail_is(parlour::views::v1::MailProgress progress,
                                     const events::TenantId& tenant) {
    return eventually([&] {
        const auto mails = views->mails.list(*store, tenant, 1);
        return mails && !mails->empty() && mails->front().row.progress() == progress;
    });
}

std::string BackgroundWorld::caught(std::size_t number, const char* part) const {
    return std::string(catcher.mail(number).at(part).as_string());
}

std::string BackgroundWorld::header(std::size_t number, const char* name) const {
    return std::string(catcher.mail(number).at("headers").at(name).as_string());
}

}  // namespace gateway_test
