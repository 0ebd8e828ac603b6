#include <boost/test/unit_test.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>

#include "events/fence.hpp"
#include "events/kafka_log.hpp"
#include "events/record_index.hpp"
#include "tests/events/kafka_mock.hpp"
#include "tests/events/real_records.hpp"
#include "tests/support/effort.hpp"
#include "tests/support/let_pass.hpp"
#include "tests/support/temp_dir.hpp"

// Two nodes that lead a partition in turns while the cluster's protocol fails at random; then what
// they were told is held against what a third node reads from the beginning: Jepsen's lost write,
// divergent offset, duplicate and non-monotonic read. The mock cluster of 2.0.2 looks at no
// sequence numbers, so one request is in flight at a time and no leader moves.
// PARLOUR_TEST_SCHEDULES says how many schedules, PARLOUR_TEST_SEED which one comes first.
namespace {

using events::Offset;
using events::RecordKey;
using kafka_support::MockCluster;

constexpr std::uint16_t kPartitions = 4;
constexpr std::chrono::milliseconds kMessageTimeout{1000};
// A schedule has rounds of so many steps, each with an end to the errors: until enough commits were
// answered under them, which takes more than one when the brokers were down for most of it.
constexpr int kSteps = 60;
constexpr int kRoundsMax = 20;
constexpr std::size_t kAnsweredMin = 10;
const auto kPartition = events::partition_of(samples::tenant(1), kPartitions);

bool soon(const auto& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        test_support::let_pass(std::chrono::milliseconds(1));
    }
    return true;
}

// What a partition's records mean: which commits count, by their seq.
class Meaning {
  public:
    // Gives the seq when it is a commit that counts.
    std::optional<std::uint64_t> take(const events::Entry& entry) {
        BOOST_TEST_REQUIRE(entry.offset.value >= next_.value);  // a read never goes back
        next_ = Offset{entry.offset.value + 1};
        // The mock takes a record that is sent again for another one; a broker does not.
        if (!seen_.insert(entry.key).second) return std::nullopt;
        const auto head = events::read_head(*entry.frame);
        BOOST_TEST_REQUIRE(head.has_value());
        const auto verdict = fence_.apply(*head);
        const auto index = events::read_index(*entry.frame);
        BOOST_TEST_REQUIRE(index.has_value());
        const auto* const commit = std::get_if<events::CommitIndex>(&*index);
        if (commit == nullptr || verdict != events::Verdict::kCounts) return std::nullopt;
        // No gap, no duplicate.
        BOOST_TEST_REQUIRE(commit->seq.value == highest_ + 1, "at offset " << entry.offset.value);
        highest_ = commit->seq.value;
        return highest_;
    }
    [[nodiscard]] Offset next() const { return next_; }
    [[nodiscard]] std::uint64_t highest() const { return highest_; }
    [[nodiscard]] const std::optional<events::ClaimRef>& in_force() const {
        return fence_.in_force();
    }

  private:
    events::Fence fence_;
    Offset next_;
    std::uint64_t highest_ = 0;
    std::set<RecordKey> seen_;
};

// What was answered to a client.
using Answered = std::map<std::uint64_t, RecordKey>;

// A node, and a writer of its partition as PartitionWriter is one.
class Writer {
  public:
    Writer(const MockCluster& cluster, Answered& answered) : answered_(answered) {
        auto opened = events::KafkaLog::open(dir_.path() / "log",
                                             {.connection = cluster.connection(),
                                              .topics = "faults",
                                              .keys = {},
                                              .reserve = {},
                                              .message_timeout = kMessageTimeout,
                                              .requests_in_flight = 1,
                                              .on_grown = {},
                                              .on_failure = {}});
        BOOST_TEST_REQUIRE(opened.has_value(), (opened ? "" : opened.error().detail));
        log_ = *std::move(opened);
    }

    [[nodiscard]] events::KafkaLog& log() { return *log_; }
    [[nodiscard]] bool leads() const { return claim_ && meaning_.in_force() == claim_; }

    // Reads on, and answers what came back and counts.
    void read() {
        const auto entries = log_->read(kPartition, meaning_.next(), {});
        BOOST_TEST_REQUIRE(entries.has_value());
        for (const auto& entry : *entries) {
            const auto seq = meaning_.take(entry);
            if (!seq || sent_.empty() || sent_.front() != entry.key) continue;
            sent_.pop_front();
            BOOST_TEST_REQUIRE(answered_.emplace(*seq, entry.key).second);
        }
        if (was_told_of_a_failure() || is_deposed()) lose();
    }

    void claim() {
        if (claim_) return;
        const auto term = meaning_.in_force() ? meaning_.in_force()->term.value : 0;
        claim_ = {events::Term{term + 1}, events::random_id<events::ClaimId>()};
        send(real_records::claim(*claim_));
    }

    void commit() {
        if (!leads()) return;
        if (sent_.empty()) next_seq_ = meaning_.highest() + 1;
        auto record =
            real_records::commit({.under = *claim_, .seq = next_seq_, .version = next_seq_});
        ++next_seq_;
        sent_.push_back(record.key);
        send(std::move(record));
    }

    // Until it leads and nothing is under way.
    bool settle() {
        return soon([this] {
            read();
            claim();
            return leads() && sent_.empty();
        });
    }

  private:
    struct Told {
        std::mutex mutex;
        bool failed = false;
    };
    [[nodiscard]] bool was_told_of_a_failure() const {
        const std::scoped_lock lock(told_->mutex);
        return told_->failed;
    }
    [[nodiscard]] bool is_deposed() const {
        const auto& in_force = meaning_.in_force();
        return claim_ && in_force && in_force != claim_ && in_force->term >= claim_->term;
    }
    // Nothing more goes out under this claim; what is under way is answered by nobody.
    void lose() {
        claim_.reset();
        sent_.clear();
        told_ = std::make_shared<Told>();
    }
    void send(events::Outgoing record) {
        std::vector<events::Outgoing> one;
        one.push_back(std::move(record));
        log_->append(kPartition, std::move(one), [told = told_](const events::Status& status) {
            const std::scoped_lock lock(told->mutex);
            told->failed = told->failed || !status;
        });
    }

    test_support::TempDir dir_;
    Answered& answered_;
    std::unique_ptr<events::KafkaLog> log_;
    Meaning meaning_;
    std::optional<events::ClaimRef> claim_;
    std::deque<RecordKey> sent_;
    std::uint64_t next_seq_ = 1;
    std::shared_ptr<Told> told_ = std::make_shared<Told>();
};

struct Outcome {
    std::size_t errors = 0;
    std::size_t answered = 0;  // while there were errors
};

void compare(Writer& one, Writer& other, const Answered& answered) {
    const auto all = one.log().read(kPartition, Offset{0}, {.records = 1'000'000});
    BOOST_TEST_REQUIRE(all.has_value());
    BOOST_TEST_REQUIRE(soon(
        [&] { return other.log().end(kPartition)->value >= one.log().end(kPartition)->value; }));
    const auto same = other.log().read(kPartition, Offset{0}, {.records = 1'000'000});
    Meaning meaning;
    std::map<std::uint64_t, RecordKey> counted;
    for (std::size_t i = 0; i < all->size(); ++i) {
        const auto& entry = (*all)[i];
        BOOST_TEST_REQUIRE((*same)[i].offset.value == entry.offset.value);
        BOOST_TEST_REQUIRE((*same)[i].key.view() == entry.key.view());
        if (const auto seq = meaning.take(entry)) counted.emplace(*seq, entry.key);
    }
    for (const auto& [seq, key] : answered) {
        BOOST_TEST_REQUIRE(counted.contains(seq), "seq " << seq << " was answered and is lost");
        BOOST_TEST_REQUIRE(counted.at(seq).view() == key.view(), "seq " << seq << " is another's");
    }
    BOOST_TEST(one.log().history().head(samples::tenant(1))->value == meaning.highest());
}

// The two writers act at random, the cluster fails at random: so many errors.
std::size_t disturb(MockCluster& cluster, Writer& one, Writer& other, std::mt19937_64& random) {
    std::size_t errors = 0;
    for (int step = 0; step < kSteps; ++step) {
        auto& writer = random() % 2 == 0 ? one : other;
        if (random() % 4 == 0) errors += cluster.disturb(random);
        // Now and then a node takes the partition from the other one.
        if (writer.leads() || random() % 6 == 0) writer.claim();
        for (auto commits = random() % 8; commits > 0; --commits) writer.commit();
        // Now and then a record's time is up.
        const auto pause = random() % 20 == 0 ? 1200U : random() % 12;
        test_support::let_pass(std::chrono::milliseconds(pause));
        one.read();
        other.read();
    }
    return errors;
}

Outcome run(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    MockCluster cluster("faults.events", kPartitions);
    Outcome outcome;
    Answered answered;
    Writer one(cluster, answered);
    Writer other(cluster, answered);
    BOOST_TEST_REQUIRE(one.settle());
    for (int round = 0; round < kRoundsMax && outcome.answered < kAnsweredMin; ++round) {
        const auto before = answered.size();
        outcome.errors += disturb(cluster, one, other, random);
        outcome.answered += answered.size() - before;
        cluster.heal();
        BOOST_TEST_REQUIRE(one.settle());
        one.commit();
        BOOST_TEST_REQUIRE(one.settle());
    }
    Writer third(cluster, answered);
    compare(one, other, answered);
    compare(one, third, answered);
    return outcome;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_faults)

BOOST_AUTO_TEST_CASE(nothing_answered_is_lost_doubled_or_out_of_order_when_the_protocol_fails) {
    const auto seeds = test_support::effort("PARLOUR_TEST_SCHEDULES", 4);
    const auto first = test_support::first_seed();
    Outcome all;
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            const auto outcome = run(seed);
            all.errors += outcome.errors;
            all.answered += outcome.answered;
        }
    }
    BOOST_TEST_MESSAGE(all.errors << " errors injected, " << all.answered << " commits answered");
    // A run that tested nothing fails.
    BOOST_TEST(all.errors >= 10 * seeds);
    BOOST_TEST(all.answered >= kAnsweredMin * seeds);
}

BOOST_AUTO_TEST_SUITE_END()
