#include <boost/test/unit_test.hpp>

#include "events/crypto.hpp"
#include "events/files.hpp"
#include "tests/events/kafka_support.hpp"
#include "tests/events/real_records.hpp"

// Keys, secrets and files of a cluster: what one node writes under its claim every node has.
namespace {

using events::Errc;
using events::Key256;
using events::Uuid;
using kafka_support::Node;
using kafka_support::soon;
using kafka_support::Topics;
using samples::tenant;

constexpr std::int64_t kNow = 1'795'310'880'007;
const auto kPartition = events::partition_of(tenant(1), log_support::kPartitions);

bool is(const auto& result, Errc code) {
    return !result.has_value() && result.error().code == code;
}

const events::FilePlace kLogo{
    .tenant = tenant(1), .stream = log_support::stream(1), .file = samples::id<Uuid>(0xf1)};

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_keys, *boost::unit_test::precondition(kafka_support::has_broker))

BOOST_AUTO_TEST_CASE(a_key_made_by_the_leader_opens_on_a_node_with_empty_folders) {
    const Topics topics;
    Node leader(topics);
    BOOST_TEST_REQUIRE(leader.claim(kPartition).has_value());
    const auto made = leader.keys->take(tenant(1), leader.claimed());
    BOOST_TEST_REQUIRE(made.has_value(), (made ? "" : made.error().detail));
    leader.restart(/*from_nothing=*/true);
    const auto found = leader.keys->find(tenant(1), made->id, kNow);
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST((found->reveal() == made->key.reveal()));
    const auto names = leader.keys->tenant_keys(tenant(1));
    BOOST_TEST(names.has_value());
}

// K2, K6: no key is given that another node's claim makes void.
BOOST_AUTO_TEST_CASE(a_node_without_a_claim_makes_no_key) {
    const Topics topics;
    const Node node(topics);
    BOOST_TEST(is(node.keys->take(tenant(1), samples::claim(1)), Errc::kUnavailable));
    BOOST_TEST(is(node.keys->tenant_keys(tenant(1)), Errc::kUnavailable));
    BOOST_TEST(is(node.keys->put_secret(tenant(1), "password", samples::id<Uuid>(1), "x"),
                  Errc::kUnavailable));
}

BOOST_AUTO_TEST_CASE(a_destroyed_key_is_destroyed_on_every_node) {
    const Topics topics;
    Node leader(topics);
    BOOST_TEST_REQUIRE(leader.claim(kPartition).has_value());
    const auto made = leader.keys->take(tenant(1), leader.claimed());
    BOOST_TEST_REQUIRE(made.has_value());
    const Node standby(topics);
    BOOST_TEST_REQUIRE(leader.keys->destroy(tenant(1), made->id, leader.claimed()).has_value());
    BOOST_TEST(is(leader.keys->find(tenant(1), made->id, kNow), Errc::kErased));
    BOOST_TEST(
        soon([&] { return is(standby.keys->find(tenant(1), made->id, kNow), Errc::kErased); }));
    leader.restart(/*from_nothing=*/true);
    BOOST_TEST(is(leader.keys->find(tenant(1), made->id, kNow), Errc::kErased));
}

BOOST_AUTO_TEST_CASE(a_secret_is_replaced_and_destroyed_on_every_node) {
    const Topics topics;
    Node leader(topics);
    BOOST_TEST_REQUIRE(leader.claim(kPartition).has_value());
    const auto id = samples::id<Uuid>(1);
    auto& keys = *leader.keys;
    BOOST_TEST_REQUIRE(keys.put_secret(tenant(1), "password", id, "one").has_value());
    BOOST_TEST_REQUIRE(keys.put_secret(tenant(1), "password", id, "two").has_value());
    Node other(topics);
    BOOST_TEST(other.keys->get_secret(tenant(1), "password", id)->reveal() == "two");
    other.restart(/*from_nothing=*/true);
    BOOST_TEST(other.keys->get_secret(tenant(1), "password", id)->reveal() == "two");
    BOOST_TEST_REQUIRE(keys.destroy_secret(tenant(1), "password", id).has_value());
    other.restart(/*from_nothing=*/true);
    BOOST_TEST(is(other.keys->get_secret(tenant(1), "password", id), Errc::kErased));
    BOOST_TEST(is(leader.keys->get_secret(tenant(1), "password", id), Errc::kErased));
}

BOOST_AUTO_TEST_CASE(a_node_with_another_master_key_is_refused) {
    const Topics topics;
    Node leader(topics);
    BOOST_TEST_REQUIRE(leader.claim(kPartition).has_value());
    BOOST_TEST_REQUIRE(leader.keys->tenant_keys(tenant(1)).has_value());
    Key256 wrong;
    *wrong.data() = 1;
    const auto opened = leader.open_keys(wrong);
    BOOST_TEST(is(opened, Errc::kWrongMasterKey));
}

// K4: who is deposed in one topic is deposed in all.
BOOST_AUTO_TEST_CASE(another_nodes_claim_ends_keys_and_appends_of_this_one) {
    const Topics topics;
    Node first(topics);
    BOOST_TEST_REQUIRE(first.claim(kPartition).has_value());
    BOOST_TEST_REQUIRE(first.keys->tenant_keys(tenant(1)).has_value());
    Node second(topics);
    BOOST_TEST_REQUIRE(second.claim(kPartition).has_value());
    BOOST_TEST(soon([&] {
        return is(first.keys->put_secret(tenant(1), "password", samples::id<Uuid>(1), "x"),
                  Errc::kUnavailable);
    }));
    BOOST_TEST(soon([&] {
        return is(first.append(kPartition, log_support::records(log_support::plain("late"))),
                  Errc::kUnavailable);
    }));
    BOOST_TEST(second.keys->take(tenant(1), second.claimed()).has_value());
    // And it may take it back.
    BOOST_TEST(soon([&] { return first.claim(kPartition).has_value(); }));
    BOOST_TEST(first.keys->take(tenant(1), first.claimed()).has_value());
}

BOOST_AUTO_TEST_CASE(a_file_lies_on_every_node_until_it_is_removed) {
    const Topics topics;
    Node leader(topics);
    BOOST_TEST_REQUIRE(leader.claim(kPartition).has_value());
    const std::vector<std::string> frames{std::string(200'000, 'a'), "b"};
    auto& files = leader.log->files();
    BOOST_TEST_REQUIRE(files.put(kLogo, frames).has_value());
    BOOST_TEST((files.get(kLogo).value() == frames));
    BOOST_TEST(files.waiting()->size() == 1U);
    BOOST_TEST_REQUIRE(files.keep(kLogo).has_value());
    BOOST_TEST(files.kept(tenant(1), kLogo.stream)->size() == 1U);
    leader.restart(/*from_nothing=*/true);
    BOOST_TEST((leader.log->files().get(kLogo).value() == frames));
    BOOST_TEST(is(leader.log->files().remove(kLogo), Errc::kUnavailable));
    BOOST_TEST_REQUIRE(leader.claim(kPartition).has_value());
    BOOST_TEST_REQUIRE(leader.log->files().remove(kLogo).has_value());
    leader.restart(/*from_nothing=*/true);
    BOOST_TEST(is(leader.log->files().get(kLogo), Errc::kNotFound));
    BOOST_TEST(leader.log->files().waiting()->empty());
}

BOOST_AUTO_TEST_SUITE_END()
