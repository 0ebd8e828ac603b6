#include "gateway/policy_runner.hpp"

#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <future>

#include "commands/conversation.hpp"
#include "events/crypto.hpp"
#include "events/local_log.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

using commands::Conversation;
using events::Uuid;
using parlour::conversation::v1::ConversationEvent;

const events::TenantId kTenant{.bytes = {7}};

// Greets in every conversation that was opened.
class Greeting final : public commands::Policy {
  public:
    [[nodiscard]] std::string_view name() const override { return "greeting"; }
    [[nodiscard]] bool reads(events::StreamKind kind) const override {
        return kind == Conversation::kKind;
    }
    void react(const commands::Witnessed& event,
               std::vector<commands::Asked>& asked) const override {
        const auto& conversation = static_cast<const ConversationEvent&>(event.envelope);
        if (!conversation.has_conversation_opened()) return;
        asked.push_back(commands::ask<Conversation>(
            event.commit.tenant,
            "greet",
            event.commit.stream.uuid,
            commands::SendMessage{.author = parlour::conversation::v1::AUTHOR_EXPERT,
                                  .text = events::Personal("Good day!")}));
    }
};

// A log on disk with its writer, and a policy runner that keeps its place in the store `name`.
struct World {
    World() {
        events::fill_random({master.data(), events::Key256::size()});
        keys = std::move(*events::KeyRing::open(dir.path() / "keys", master, Uuid{}, true));
        log = std::move(*events::LocalLog::open(dir.path() / "log", {}));
        writer = std::make_unique<commands::Writer>(
            log->partitions(),
            commands::PartitionServices{.log = *log, .history = *log, .keys = *keys},
            pool.get_executor());
        BOOST_TEST_REQUIRE(writer->claim_all().has_value());
    }
    ~World() {
        writer.reset();
        pool.join();
    }

    void open(std::uint8_t number) {
        std::promise<commands::Answer> answer;
        commands::CommandMeta meta;
        meta.tenant = kTenant;
        meta.id = events::CommandId{.bytes = {number}};
        meta.now_ms = 1;
        writer->submit<Conversation>(
            Uuid{.bytes = {number}},
            commands::OpenConversation{.visitor = Uuid{.bytes = {1}}, .expert = Uuid{}},
            meta,
            [&answer](commands::Answer given) { answer.set_value(std::move(given)); });
        BOOST_TEST_REQUIRE(answer.get_future().get().has_value());
    }

    // Runs the policies over the whole log, with the place kept in the store `name`.
    void run_policies(const std::string& name) {
        const auto store = std::move(*projections::Store::open(dir.path() / name));
        gateway::PolicyRunner runner({.log = *log,
                                      .partitions = log->partitions(),
                                      .store = *store,
                                      .keys = *keys,
                                      .writer = *writer,
                                      .policies = {&greeting},
                                      .now_ms = [] { return 2; }});
        runner.start({});
        std::promise<bool> reached;
        runner.when_reached(events::partition_of(kTenant, log->partitions()),
                            log->offset_of(kTenant, *log->head(kTenant)).value(),
                            [&reached](bool yes) { reached.set_value(yes); });
        auto future = reached.get_future();
        BOOST_TEST_REQUIRE(
            (future.wait_for(std::chrono::seconds(60)) == std::future_status::ready));
        BOOST_TEST(future.get());
    }

    std::uint64_t commits() { return log->head(kTenant)->value; }

    test_support::TempDir dir;
    events::Key256 master;
    std::unique_ptr<events::KeyRing> keys;
    std::unique_ptr<events::LocalLog> log;
    boost::asio::thread_pool pool{1};
    std::unique_ptr<commands::Writer> writer;
    Greeting greeting;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(policy_runner, World)

BOOST_AUTO_TEST_CASE(each_commit_that_a_policy_reads_leads_to_its_command) {
    open(1);
    open(2);
    run_policies("views");
    BOOST_TEST(commits() == 4U);
}

BOOST_AUTO_TEST_CASE(it_goes_on_where_it_stopped) {
    open(1);
    run_policies("views");
    open(2);
    run_policies("views");
    BOOST_TEST(commits() == 4U);
}

// As after a crash between a command's answer and the keeping of the place.
BOOST_AUTO_TEST_CASE(a_replay_of_the_history_changes_nothing) {
    open(1);
    run_policies("views");
    run_policies("views of another run");
    BOOST_TEST(commits() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
