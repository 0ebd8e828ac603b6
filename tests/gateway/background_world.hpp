#pragma once

#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "commands/conversation.hpp"
#include "events/crypto.hpp"
#include "events/local_log.hpp"
#include "gateway/background.hpp"
#include "tests/support/smtp_catcher.hpp"
#include "tests/support/temp_dir.hpp"

// The whole of what works beside the requests, on a log on disk, with a real SMTP server and a
// clock by hand: a company with an expert, a widget and a visitor.
namespace gateway_test {

using commands::Conversation;
using events::Personal;
using events::Uuid;
using parlour::conversation::v1::Author;

inline constexpr std::string_view kUrl = "http://localhost:8080";

// Who can be reached, by hand. Any thread.
class PresenceByHand final : public gateway::Availability {
  public:
    void set_online(const Uuid& expert, bool online) {
        const std::lock_guard lock(mutex_);
        if (online) online_.insert(expert);
        if (!online) online_.erase(expert);
    }
    [[nodiscard]] bool is_available(const events::TenantId& tenant,
                                    const Uuid& expert) const override {
        return !is_offline(tenant, expert);
    }
    [[nodiscard]] bool is_offline(const events::TenantId& /*tenant*/,
                                  const Uuid& expert) const override {
        const std::lock_guard lock(mutex_);
        return !online_.contains(expert);
    }

  private:
    mutable std::mutex mutex_;
    std::set<Uuid> online_;  // under mutex_
};

struct BackgroundWorld {
    BackgroundWorld();
    ~BackgroundWorld() { close(); }
    BackgroundWorld(const BackgroundWorld&) = delete;
    BackgroundWorld& operator=(const BackgroundWorld&) = delete;

    // Everything but log and keys, with the views in the folder `name`.
    void open(const std::string& name);
    void close();
    void start();

    // One command, acknowledged and in the views; gives the stream's version.
    template <commands::Decider A>
    events::Version run(const Uuid& stream,
                        typename A::Command command,
                        const events::TenantId& tenant) {
        std::promise<commands::Answer> answer;
        commands::CommandMeta meta;
        meta.tenant = tenant;
        meta.id = events::random_id<events::CommandId>();
        meta.now_ms = now;
        writer->submit<A>(stream, std::move(command), meta, [&answer](commands::Answer given) {
            answer.set_value(std::move(given));
        });
        const auto given = answer.get_future().get();
        BOOST_TEST_REQUIRE(given.has_value());
        wait_for_views(tenant);
        return given->version;
    }
    template <commands::Decider A>
    events::Version run(const Uuid& stream, typename A::Command command) {
        return run<A>(stream, std::move(command), kTenant);
    }
    void wait_for_views(const events::TenantId& tenant);

    void make_company();
    // The visitor begins a conversation from the widget.
    events::Version begin(std::uint8_t number, const std::string& text);

    // Until it is so, looked at whenever the views moved; false after a minute.
    template <class Condition>
    bool eventually(Condition condition) {
        std::unique_lock lock(mutex);
        return moved.wait_for(lock, std::chrono::minutes(1), condition);
    }
    // The newest mail's progress becomes this one.
    bool newest_mail_is(parlour::views::v1::MailProgress progress,
                        const events::TenantId& tenant = kTenant);
    [[nodiscard]] std::string caught(std::size_t number, const char* part) const;
    [[nodiscard]] std::string header(std::size_t number, const char* name) const;

    static constexpr events::TenantId kTenant{.bytes = {7}};
    static constexpr Uuid kCompany{.bytes = {1}};
    static constexpr Uuid kExpert{.bytes = {2}};
    static constexpr Uuid kWidget{.bytes = {3}};
    static constexpr Uuid kVisitor{.bytes = {4}};

    test_support::TempDir dir;
    test_support::SmtpCatcher catcher;
    gateway::Settings settings;
    gateway::Metrics metrics;
    PresenceByHand presence;  // everybody is away
    std::atomic<std::int64_t> now{1'790'000'000'000};
    std::unique_ptr<events::KeyRing> keys;
    std::unique_ptr<events::LocalLog> log;
    std::unique_ptr<boost::asio::thread_pool> pool;
    std::unique_ptr<projections::Store> store;
    std::unique_ptr<projections::Views> views;
    std::unique_ptr<projections::Runner> runner;
    std::mutex mutex;
    std::condition_variable moved;
    std::unique_ptr<commands::Writer> writer;
    std::unique_ptr<gateway::WidgetCache> widgets;
    std::unique_ptr<gateway::Services> services;
    std::unique_ptr<gateway::Background> background;
};

}  // namespace gateway_test
