#include "projections/runner.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <set>
#include <string>
#include <vector>

#include "tests/projections/world.hpp"

using namespace projections_test;
using events::Errc;
using events::Offset;
using events::Partition;
using projections::Projection;
using projections::Runner;

namespace {

constexpr std::chrono::seconds kDeadline{60};

// Notes every commit it is given; refuses one when told to.
class Witness final : public Projection {
  public:
    explicit Witness(std::string name = "witness") : name_(std::move(name)) {}
    [[nodiscard]] std::string_view name() const override { return name_; }
    [[nodiscard]] unsigned version() const override { return 1; }
    events::Status apply(const projections::Committed& committed,
                         projections::Rows& rows) override {
        const auto& meta = committed.opened.meta;
        if (meta.seq == refused) return events::fail(Errc::kUnknownSchema, "refused");
        seen.push_back(meta.seq.value);
        rows.put(to_text(meta.tenant) + "/" + std::to_string(meta.seq.value), "");
        return {};
    }
    std::vector<std::uint64_t> seen;
    events::Seq refused;

  private:
    std::string name_;
};

// The log with some records gone, as after a compaction, or with a disk that fails.
class WornLog final : public events::Log {
  public:
    explicit WornLog(events::Log& log) : log_(log) {}
    std::set<Offset> gone;
    std::atomic<bool> broken{false};

    void append(Partition partition,
                std::vector<events::Outgoing> records,
                events::AppendDone done) override {
        log_.append(partition, std::move(records), std::move(done));
    }
    events::Result<std::vector<events::Entry>> read(Partition partition,
                                                    Offset from,
                                                    events::ReadLimit limit) override {
        if (broken.load()) return events::fail(Errc::kStorage, "the disk is gone");
        auto entries = log_.read(partition, from, limit);
        while (entries && !entries->empty()) {
            const Offset next{entries->back().offset.value + 1};
            std::erase_if(*entries, [this](const auto& e) { return gone.contains(e.offset); });
            if (!entries->empty()) return entries;
            entries = log_.read(partition, next, limit);
        }
        return entries;
    }
    events::Result<Offset> end(Partition partition) override { return log_.end(partition); }

  private:
    events::Log& log_;
};

// What when_reached answered, within the deadline.
class Answer {
  public:
    std::function<void(bool)> take() {
        return [promise = promise_](bool reached) { promise->set_value(reached); };
    }
    bool is_there() { return answer_.wait_for(std::chrono::seconds(0)) == kReady; }
    bool get() {
        BOOST_TEST_REQUIRE((answer_.wait_for(kDeadline) == kReady));
        return answer_.get();
    }

  private:
    static constexpr auto kReady = std::future_status::ready;
    std::shared_ptr<std::promise<bool>> promise_ = std::make_shared<std::promise<bool>>();
    std::future<bool> answer_ = promise_->get_future();
};

std::vector<std::uint64_t> up_to(std::uint64_t last) {
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t i = 1; i <= last; ++i) numbers.push_back(i);
    return numbers;
}

struct Running : World {
    explicit Running(std::uint16_t partition_count = 1) : World(partition_count) {}

    test_support::Appended say(const std::string& text = "text") {
        return given.commit(tenant, conversation_of(1), said(text));
    }
    void catch_up(projections::Store& into, std::vector<Projection*> which) {
        Runner runner(log, partitions, into, std::move(which));
        BOOST_TEST_REQUIRE(runner.catch_up().has_value());
    }
    // A commit of one event of a type that no program knows yet.
    test_support::Appended append_unknown_event();

    std::unique_ptr<projections::Store> store = open_store();
    Witness witness;
};

test_support::Appended Running::append_unknown_event() {
    const auto known = given.void_commit(tenant, conversation_of(1), said("from the future"));
    const auto entry = log.read(known.partition, known.offset, {.records = 1})->front();
    events::Record record;
    BOOST_TEST_REQUIRE(events::decode_record(*entry.frame, record).has_value());
    const auto claim = given.claim_in_force(known.partition);
    record.set_term(claim.term.value);
    record.set_claim_id(std::string(claim.id.view()));
    parlour::log::v1::CommitHeader header;
    header.ParseFromString(record.commit().header());
    header.mutable_events(0)->set_type(99);
    header.mutable_events(0)->set_public_fields(std::string("\x9a\x06\x00", 3));  // field 99, empty
    record.mutable_commit()->set_header(header.SerializeAsString());
    auto appended = known;
    appended.offset = given.append(known.partition, record);
    return appended;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(runner, Running)

BOOST_AUTO_TEST_CASE(catching_up_reads_every_commit_once_and_in_order) {
    // More than one batch holds.
    constexpr std::uint64_t kCommits = projections::kCommitsPerBatchMax + 100;
    test_support::Appended last{};
    for (std::uint64_t i = 0; i < kCommits; ++i) last = say();
    catch_up(*store, {&witness});
    BOOST_TEST((witness.seen == up_to(kCommits)));
    BOOST_TEST(store->position(witness, last.partition)->next_offset() == last.offset.value + 1);
}

BOOST_AUTO_TEST_CASE(a_restart_goes_on_where_it_stopped) {
    say();
    say();
    catch_up(*store, {&witness});
    store.reset();
    store = open_store();
    say();
    Witness after_restart;
    catch_up(*store, {&after_restart});
    BOOST_TEST((after_restart.seen == std::vector<std::uint64_t>{3}));
}

// The claim lies before the stored position, the commits behind it.
BOOST_AUTO_TEST_CASE(the_claim_in_force_is_known_after_a_restart) {
    say();
    catch_up(*store, {&witness});
    say();
    given.void_commit(tenant, conversation_of(1), said("void"));
    Witness after_restart;
    catch_up(*store, {&after_restart});
    BOOST_TEST((after_restart.seen == std::vector<std::uint64_t>{2}));
}

BOOST_AUTO_TEST_CASE(commits_of_a_claim_that_was_overtaken_are_void) {
    const auto old_claim = given.claim();
    say();
    const auto late = say();
    const auto frame = log.read(late.partition, late.offset, {})->front().frame;
    events::Record record;
    BOOST_TEST_REQUIRE(events::decode_record(*frame, record).has_value());
    given.claim();
    given.append(late.partition, record);  // under old_claim
    say();
    BOOST_TEST(record.term() == old_claim.term.value);
    catch_up(*store, {&witness});
    BOOST_TEST((witness.seen == std::vector<std::uint64_t>{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(a_claim_of_no_higher_term_changes_nothing) {
    const auto claim = given.claim();
    say();
    auto lost = test_support::GivenLog::record_under(
        {.term = claim.term, .id = events::random_id<events::ClaimId>()});
    lost.mutable_claim();
    given.append({}, lost);
    say();
    catch_up(*store, {&witness});
    BOOST_TEST((witness.seen == up_to(2)));
}

BOOST_AUTO_TEST_CASE(records_of_other_kinds_are_passed) {
    const auto claim = given.claim();
    say();
    auto record = test_support::GivenLog::record_under(claim);
    record.mutable_tombstone()->set_seq(1);
    given.append({}, record);
    record.mutable_void_tombstone();
    given.append({}, record);
    record.mutable_key_created();
    given.append({}, record);
    record.mutable_key_destroyed();
    given.append({}, record);
    record.mutable_file_chunk();
    given.append({}, record);
    record.mutable_heartbeat();
    given.append({}, record);
    record.mutable_checkpoint();
    given.append({}, record);
    const auto last = say();
    catch_up(*store, {&witness});
    BOOST_TEST((witness.seen == up_to(2)));
    BOOST_TEST(store->position(witness, {})->next_offset() == last.offset.value + 1);
}

BOOST_AUTO_TEST_CASE(rebuilding_gives_the_same_bytes_as_following) {
    Running many(4);
    const auto followed = many.open_store("followed");
    for (std::uint8_t round = 0; round < 30; ++round) {
        const auto tenant = tenant_of(round % 5);
        const auto stream = conversation_of(round % 7);
        if (round % 5 == round)
            many.given.commit(tenant, company_of(9), created("A"), token_issued("t"));
        if (round % 3 == 0) many.given.commit(tenant, expert_of(round), added("Expert"));
        many.given.commit(tenant, stream, opened(), said("one"));
        many.given.commit(tenant, stream, said("two"), said("three"));
        many.given.commit(tenant, stream, read_by(Author::AUTHOR_EXPERT, 3), left_offline("four"));
        if (round % 2 == 0) many.given.commit(tenant, stream, closed_by(Author::AUTHOR_VISITOR));
        many.given.void_commit(tenant, stream, said("void"));
        many.given.commit(tenant, expert_of(200), added("again"));
        many.given.commit(tenant, visitor_of(round), identified("Visitor"));
        many.given.commit(tenant, widget_of(round % 9), widget_created("Widget"));
        many.given.commit(tenant, presence_of(round), went_online(round));
        if (round % 4 == 0) many.given.claim(many.given.partition_of(tenant));
        many.read_into(*followed);
    }
    const auto rebuilt = many.open_store("rebuilt");
    many.read_into(*rebuilt);
    for (const auto* const view : many.views()) {
        const auto rows = rows_of(*followed, *view, many.partitions);
        BOOST_TEST(rows.size() > many.partitions + 4U);
        BOOST_TEST((rows == rows_of(*rebuilt, *view, many.partitions)));
    }
}

// Three views at three places, with a fourth that is new: each is given what it has not seen.
BOOST_AUTO_TEST_CASE(views_that_lag_differently_catch_up_each_for_itself) {
    Witness a("a");
    Witness b("b");
    Witness c("c");
    for (int i = 0; i < 3; ++i) say();
    catch_up(*store, {&a});
    for (int i = 0; i < 3; ++i) say();
    given.claim();
    catch_up(*store, {&a, &b});
    for (int i = 0; i < 3; ++i) say();
    catch_up(*store, {&c});
    say();
    catch_up(*store, {&c, &witness, &a, &b});
    for (const auto* const view : {&a, &b, &c, &witness}) BOOST_TEST((view->seen == up_to(10)));
    for (const auto* const view : {&a, &b, &c, &witness}) {
        BOOST_TEST((rows_of(*store, *view, 1).back() == rows_of(*store, a, 1).back()));
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_event_stops_the_views_right_before_it) {
    given.commit(tenant, conversation_of(1), opened());
    say("before");
    const auto unknown = append_unknown_event();
    say("behind");
    Runner runner(log, partitions, *store, views());
    Answer before;
    Answer behind;
    runner.when_reached({}, Offset{unknown.offset.value - 1}, before.take());
    runner.when_reached({}, unknown.offset, behind.take());
    runner.start();
    BOOST_TEST(before.get());
    BOOST_TEST(!behind.get());

    const auto failure = runner.failure();
    BOOST_TEST_REQUIRE(failure.has_value());
    BOOST_TEST((failure->code == Errc::kUnknownSchema));
    BOOST_TEST(failure->detail.find("event type 99") != std::string::npos);
    BOOST_TEST((texts_of(page(*store, conversation_of(1), {.after = {}, .limit = 50})) ==
                std::vector<std::string>{"before"}));
    for (const auto* const view : views()) {
        BOOST_TEST(store->position(*view, {})->next_offset() == unknown.offset.value);
    }
}

BOOST_AUTO_TEST_CASE(a_failed_runner_takes_nothing_more_and_keeps_its_first_failure) {
    append_unknown_event();
    Runner runner(log, partitions, *store, views());
    BOOST_TEST(!runner.catch_up());
    const auto first = runner.failure();
    BOOST_TEST_REQUIRE(first.has_value());
    const auto later = say();
    runner.notify({}, Offset{later.offset.value + 1});
    Answer answer;
    runner.when_reached({}, later.offset, answer.take());
    BOOST_TEST(!answer.get());
    runner.stop();
    BOOST_TEST(runner.failure()->detail == first->detail);
}

BOOST_AUTO_TEST_CASE(a_damaged_record_stops_the_views) {
    say();
    const auto last = say();
    auto frame = *log.read({}, last.offset, {})->front().frame;
    frame[frame.size() / 2] = static_cast<char>(frame[frame.size() / 2] ^ 1);
    std::vector<events::Outgoing> records;
    records.push_back({.key = {}, .frame = frame, .index = {}});
    log.append({}, std::move(records), [](const events::Status&) {});
    log.run_pending();
    Runner runner(log, partitions, *store, {&witness});
    const auto done = runner.catch_up();
    BOOST_TEST_REQUIRE(!done);
    BOOST_TEST((done.error().code == Errc::kDamaged));
    BOOST_TEST(store->position(witness, {})->next_offset() == last.offset.value + 1);
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_read_stops_the_views) {
    const auto last = say();
    WornLog worn(log);
    worn.broken.store(true);
    Runner runner(worn, partitions, *store, {&witness});
    Answer answer;
    runner.when_reached({}, last.offset, answer.take());
    runner.start();
    BOOST_TEST(!answer.get());
    BOOST_TEST((runner.failure()->code == Errc::kStorage));
}

BOOST_AUTO_TEST_CASE(records_that_are_gone_are_passed_wherever_they_lay) {
    WornLog worn(log);
    worn.gone.insert(say().offset);
    say();
    worn.gone.insert(say().offset);
    say();
    const auto last = say();
    worn.gone.insert(last.offset);
    Runner runner(worn, partitions, *store, {&witness});
    BOOST_TEST_REQUIRE(runner.catch_up().has_value());
    BOOST_TEST((witness.seen == std::vector<std::uint64_t>{2, 4}));
    Answer answer;
    runner.when_reached({}, last.offset, answer.take());
    BOOST_TEST(answer.get());

    Witness late("late");
    Runner both(worn, partitions, *store, {&witness, &late});
    BOOST_TEST_REQUIRE(both.catch_up().has_value());
    BOOST_TEST((late.seen == witness.seen));
}

BOOST_AUTO_TEST_CASE(what_was_announced_but_never_came_is_waited_for) {
    say();
    Runner runner(log, partitions, *store, {&witness});
    runner.notify({}, Offset{1000});
    BOOST_TEST_REQUIRE(runner.catch_up().has_value());
    say();
    BOOST_TEST_REQUIRE(runner.catch_up().has_value());
    BOOST_TEST((witness.seen == up_to(2)));
}

BOOST_AUTO_TEST_CASE(a_notified_commit_is_read_and_waiters_are_told) {
    Runner runner(log, partitions, *store, views());
    runner.start();
    given.commit(tenant, conversation_of(1), opened());
    for (int i = 1; i <= 50; ++i) {
        const auto appended = say(std::to_string(i));
        Answer answer;
        runner.when_reached(appended.partition, appended.offset, answer.take());
        runner.notify(appended.partition, Offset{appended.offset.value + 1});
        BOOST_TEST_REQUIRE(answer.get());
        BOOST_TEST(page(*store, conversation_of(1), {.after = {}, .limit = 1}).messages ==
                   static_cast<std::uint64_t>(i));
    }
}

BOOST_AUTO_TEST_CASE(a_waiter_for_the_past_is_told_at_once) {
    const auto last = say();
    Runner runner(log, partitions, *store, {&witness});
    BOOST_TEST_REQUIRE(runner.catch_up().has_value());
    Answer past;
    runner.when_reached({}, last.offset, past.take());
    BOOST_TEST_REQUIRE(past.is_there());
    BOOST_TEST(past.get());
    Answer future;
    runner.when_reached({}, Offset{last.offset.value + 1}, future.take());
    BOOST_TEST(!future.is_there());
    runner.stop();
    BOOST_TEST(!future.get());
    Answer stopped;
    runner.when_reached({}, Offset{last.offset.value + 1}, stopped.take());
    BOOST_TEST(!stopped.get());
}

// Writers and waiters on threads of their own, over several partitions, against the running thread.
BOOST_AUTO_TEST_CASE(many_partitions_are_followed_at_once) {
    constexpr std::uint16_t kPartitions = 8;
    constexpr std::uint8_t kTenants = 20;
    constexpr int kRounds = 20;
    Running many(kPartitions);
    Runner runner(many.log, kPartitions, *many.store, {&many.witness});
    runner.start();
    std::vector<Answer> answers(kRounds * kTenants);
    std::size_t next = 0;
    for (int round = 0; round < kRounds; ++round) {
        for (std::uint8_t i = 0; i < kTenants; ++i) {
            const auto appended = many.given.commit(tenant_of(i), conversation_of(1), said("text"));
            runner.notify(appended.partition, Offset{appended.offset.value + 1});
            runner.when_reached(appended.partition, appended.offset, answers[next++].take());
        }
    }
    for (auto& answer : answers) BOOST_TEST_REQUIRE(answer.get());
    runner.stop();
    BOOST_TEST(!runner.failure().has_value());
    BOOST_TEST(many.witness.seen.size() == answers.size());
    for (std::uint8_t i = 0; i < kTenants; ++i) {
        for (int seq = 1; seq <= kRounds; ++seq) {
            const auto key = to_text(tenant_of(i)) + "/" + std::to_string(seq);
            BOOST_TEST(many.store->get(many.witness, key)->has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_stopped_runner_leaves_the_rest_to_the_next) {
    say();
    {
        Runner runner(log, partitions, *store, {&witness});
        runner.start();
        runner.stop();
        runner.stop();
    }
    say();
    catch_up(*store, {&witness});
    BOOST_TEST((witness.seen == up_to(2)));
}

BOOST_AUTO_TEST_SUITE_END()
