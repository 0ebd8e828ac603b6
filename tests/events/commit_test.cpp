#include "events/commit.hpp"

#include <google/protobuf/util/message_differencer.h>

#include <boost/test/unit_test.hpp>
#include <random>

#include "events/record.hpp"
#include "events/split_event.hpp"
#include "parlour/conversation/v1/events.pb.h"
#include "parlour/visitor/v1/events.pb.h"
#include "tests/events/samples.hpp"

using namespace events;
using google::protobuf::util::MessageDifferencer;
using parlour::conversation::v1::ConversationEvent;
using parlour::visitor::v1::VisitorEvent;

namespace {

const std::string kText = "canary: please call me at home";
const BodyDigest kDigest{1, 2, 3};

Key256 data_key(std::uint8_t byte = 7) {
    std::array<std::uint8_t, 32> bytes{};
    bytes.fill(byte);
    return Key256{bytes};
}

CommitMeta meta_of(std::uint64_t first_version = 3) {
    CommitMeta meta;
    meta.tenant = samples::tenant();
    meta.seq = Seq{5};
    meta.stream = {parlour::log::v1::STREAM_KIND_CONVERSATION, samples::id<Uuid>(0x57)};
    meta.first_version = Version{first_version};
    meta.command = samples::id<CommandId>(0xcd);
    meta.actor_kind = parlour::log::v1::ACTOR_KIND_API_TOKEN;
    meta.actor = samples::id<Uuid>(0xac);
    meta.time_unix_ms = 1'795'310'880'007;
    meta.key_id = samples::id<KeyId>(0x4b);
    return meta;
}

ConversationEvent message(const std::string& text) {
    ConversationEvent event;
    event.mutable_message_sent()->set_message_id(samples::fill(16, 0x3e));
    event.mutable_message_sent()->set_author(parlour::conversation::v1::AUTHOR_VISITOR);
    event.mutable_message_sent()->set_text(text);
    return event;
}

Commit seal(std::vector<ConversationEvent> envelopes, const CommitMeta& meta = meta_of()) {
    std::vector<google::protobuf::Message*> borrowed;
    for (auto& envelope : envelopes) borrowed.push_back(&envelope);
    Commit commit;
    seal_commit(meta, data_key(), kDigest, borrowed, commit);
    return commit;
}

OpenedHeader opened(const Commit& commit) {
    OpenedHeader header;
    const auto status = read_header(commit, header);
    BOOST_TEST_REQUIRE(status.has_value());
    return header;
}

// The associated data of the commit's event at `index`.
std::string place_of(const OpenedHeader& header, int index) {
    return associated_data(
        header.meta.tenant,
        header.meta.stream,
        Version{header.meta.first_version.value + static_cast<std::uint64_t>(index)},
        header.header.events(index).type(),
        header.meta.key_id);
}

// What aggregates see again: public and personal fields put together.
ConversationEvent unsealed(const Commit& commit, int index) {
    const auto header = opened(commit);
    const auto part = unseal_event(data_key(), place_of(header, index), commit.sealed(index));
    BOOST_TEST_REQUIRE(part.has_value());
    BOOST_TEST(part->digest.has_value() == (index == 0));
    if (part->digest) BOOST_TEST((*part->digest == kDigest));
    ConversationEvent event;
    BOOST_TEST(event.ParseFromString(header.header.events(index).public_fields()));
    BOOST_TEST(event.MergeFromString(part->personal_fields));
    return event;
}

std::string_view header_code(const Commit& commit) {
    OpenedHeader header;
    const auto status = read_header(commit, header);
    return status ? "ok" : name_of(status.error().code);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(commit)

BOOST_AUTO_TEST_CASE(personal_fields_are_nowhere_in_the_frame) {
    Record record = samples::record_under(samples::claim());
    *record.mutable_commit() = seal({message(kText), message(kText)});
    const std::string frame = encode_record(record).value();
    for (std::size_t size = 8; size <= kText.size(); size += 8) {
        BOOST_TEST(frame.find(kText.substr(kText.size() - size, 8)) == std::string::npos);
    }
    BOOST_TEST(frame.find(samples::fill(16, 0x3e)) != std::string::npos);  // public: it is there
}

BOOST_AUTO_TEST_CASE(an_event_without_public_fields_leaves_only_its_type) {
    VisitorEvent event;
    event.mutable_visitor_identified()->set_name("Vic");
    event.mutable_visitor_identified()->set_email("vic@example.com");
    SplitEvent parts;
    split_event(event, parts);

    VisitorEvent empty;
    empty.mutable_visitor_identified();
    BOOST_TEST(parts.public_fields == empty.SerializeAsString());
    BOOST_TEST(parts.personal_fields == event.SerializeAsString());
    BOOST_TEST(parts.type == 1U);
}

BOOST_AUTO_TEST_CASE(an_event_without_personal_fields_seals_none) {
    ConversationEvent event;
    event.mutable_conversation_opened()->set_visitor_id("visitor");
    SplitEvent parts;
    split_event(event, parts);
    BOOST_TEST(parts.personal_fields.empty());
    BOOST_TEST(parts.public_fields == event.SerializeAsString());
    split_event(ConversationEvent(), parts);
    BOOST_TEST(parts.type == 0U);
    BOOST_TEST(parts.personal_fields.empty());
    BOOST_TEST(parts.public_fields.empty());
}

// Written by hand, so it is held against protobuf: with every field set, and with every one that
// may be absent left out.
BOOST_AUTO_TEST_CASE(the_header_is_what_protobuf_would_write) {
    auto full = meta_of();
    full.causation = samples::id<CommandId>(0xca);
    full.correlation = samples::id<CommandId>(0xc0);
    full.seq = Seq{300};
    full.first_version = Version{70'000};
    auto bare = meta_of(1);
    bare.actor.reset();
    bare.actor_kind = parlour::log::v1::ACTOR_KIND_UNSPECIFIED;
    bare.time_unix_ms = -1;
    for (const auto& meta : {full, bare}) {
        const Commit commit = seal({message(kText), message(std::string(300, 'x'))}, meta);
        const auto header = opened(commit);
        BOOST_TEST(header.header.SerializeAsString() == commit.header());
        BOOST_TEST(header.header.events(1).type() == 2U);
        ConversationEvent shown;
        BOOST_TEST(shown.ParseFromString(header.header.events(1).public_fields()));
        BOOST_TEST(shown.message_sent().message_id() == samples::fill(16, 0x3e));
        BOOST_TEST(shown.message_sent().text().empty());
        BOOST_TEST((header.meta.causation == meta.causation));
        BOOST_TEST((header.meta.actor == meta.actor));
        BOOST_TEST(header.meta.time_unix_ms == meta.time_unix_ms);
    }
}

BOOST_AUTO_TEST_CASE(unsealing_gives_the_event_back) {
    const Commit commit = seal({message(kText), message("second")});
    BOOST_TEST(MessageDifferencer::Equals(unsealed(commit, 0), message(kText)));
    BOOST_TEST(MessageDifferencer::Equals(unsealed(commit, 1), message("second")));
}

BOOST_AUTO_TEST_CASE(the_header_gives_back_what_was_sealed_with_it) {
    CommitMeta meta = meta_of();
    meta.causation = samples::id<CommandId>(0x01);
    meta.correlation = samples::id<CommandId>(0x02);
    const auto header = opened(seal({message("a"), message("b")}, meta));
    BOOST_TEST((header.meta.tenant == meta.tenant));
    BOOST_TEST((header.meta.seq == meta.seq));
    BOOST_TEST((header.meta.stream == meta.stream));
    BOOST_TEST((header.meta.first_version == meta.first_version));
    BOOST_TEST((header.meta.command == meta.command));
    BOOST_TEST((header.meta.causation == meta.causation));
    BOOST_TEST((header.meta.correlation == meta.correlation));
    BOOST_TEST(header.meta.actor_kind == meta.actor_kind);
    BOOST_TEST((header.meta.actor == meta.actor));
    BOOST_TEST(header.meta.time_unix_ms == meta.time_unix_ms);
    BOOST_TEST((header.meta.key_id == meta.key_id));
    BOOST_TEST(header.header.events_size() == 2);

    const auto plain = opened(seal({message("a")}));
    BOOST_TEST(!plain.meta.causation.has_value());
    BOOST_TEST(!plain.meta.correlation.has_value());
}

BOOST_AUTO_TEST_CASE(a_sealed_event_opens_only_under_its_key_and_at_its_place) {
    const Commit commit = seal({message(kText), message(kText)});
    const auto header = opened(commit);
    const auto opens_at = [&](const std::string& place) {
        return unseal_event(data_key(), place, commit.sealed(0)).has_value();
    };
    const auto& meta = header.meta;
    const auto type = header.header.events(0).type();
    BOOST_TEST_REQUIRE(opens_at(place_of(header, 0)));
    BOOST_TEST(!unseal_event(data_key(8), place_of(header, 0), commit.sealed(0)).has_value());
    BOOST_TEST(!opens_at(place_of(header, 1)));
    BOOST_TEST(!opens_at(
        associated_data(samples::tenant(9), meta.stream, meta.first_version, type, meta.key_id)));
    const StreamId other_kind{parlour::log::v1::STREAM_KIND_VISITOR, meta.stream.uuid};
    BOOST_TEST(
        !opens_at(associated_data(meta.tenant, other_kind, meta.first_version, type, meta.key_id)));
    const StreamId other_stream{meta.stream.kind, samples::id<Uuid>(9)};
    BOOST_TEST(!opens_at(
        associated_data(meta.tenant, other_stream, meta.first_version, type, meta.key_id)));
    BOOST_TEST(!opens_at(
        associated_data(meta.tenant, meta.stream, meta.first_version, type + 1, meta.key_id)));
    BOOST_TEST(!opens_at(associated_data(
        meta.tenant, meta.stream, meta.first_version, type, samples::id<KeyId>(9))));
}

BOOST_AUTO_TEST_CASE(the_place_and_the_commitment_are_computed_as_the_format_page_says) {
    BOOST_TEST(to_hex(associated_data(
                   samples::tenant(), meta_of().stream, Version{3}, 2, samples::id<KeyId>(0x4b))) ==
               "11111111111111110457575757575757575757575757575757000000000000000300000002"
               "4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b");
    // Computed with another SHA-256.
    const Digest digest = commitment_of(samples::commit_record(samples::claim()).commit());
    BOOST_TEST(to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()}) ==
               "d146ddcc0da2adf315fc90b3a8ab97b504d88ff5713082d94ee4d8f7cb8d9d78");
}

BOOST_AUTO_TEST_CASE(any_flipped_byte_keeps_the_commitment_from_opening) {
    Commit commit = seal({message(kText), message("second")});
    BOOST_TEST_REQUIRE(opens(commit));
    for (std::string* part : {commit.mutable_header(),
                              commit.mutable_sealed(0),
                              commit.mutable_sealed(1),
                              commit.mutable_salt(),
                              commit.mutable_commitment()}) {
        for (char& c : *part) {
            c = static_cast<char>(c ^ 1);
            BOOST_TEST(!opens(commit));
            c = static_cast<char>(c ^ 1);
        }
    }
    BOOST_TEST(opens(commit));
}

BOOST_AUTO_TEST_CASE(moving_bytes_between_ciphertexts_keeps_the_commitment_from_opening) {
    Commit commit = seal({message(kText), message("second")});
    std::string& first = *commit.mutable_sealed(0);
    std::string& second = *commit.mutable_sealed(1);
    second.insert(0, 1, first.back());
    first.pop_back();
    BOOST_TEST(!opens(commit));
    Commit shorter = seal({message(kText)});
    shorter.mutable_salt()->pop_back();
    BOOST_TEST(!opens(shorter));
}

BOOST_AUTO_TEST_CASE(equal_events_are_sealed_and_committed_to_differently) {
    const Commit one = seal({message(kText), message(kText)});
    const Commit two = seal({message(kText), message(kText)});
    BOOST_TEST(one.sealed(0) != two.sealed(0));
    BOOST_TEST(one.sealed(0) != one.sealed(1));
    BOOST_TEST(one.salt() != two.salt());
    BOOST_TEST(one.commitment() != two.commitment());
}

BOOST_AUTO_TEST_CASE(a_header_this_program_does_not_write_is_damaged) {
    const Commit good = seal({message("a")});
    const auto with = [&good](const auto& change) {
        CommitHeader header;
        header.ParseFromString(good.header());
        change(header);
        Commit commit = good;
        header.SerializeToString(commit.mutable_header());
        return header_code(commit);
    };
    BOOST_TEST(with([](CommitHeader&) {}) == "ok");
    BOOST_TEST(with([](CommitHeader& h) { h.clear_tenant(); }) == "damaged");
    BOOST_TEST(with([](CommitHeader& h) { h.mutable_stream()->push_back('x'); }) == "damaged");
    BOOST_TEST(with([](CommitHeader& h) { h.set_command_id("short"); }) == "damaged");
    BOOST_TEST(with([](CommitHeader& h) { h.set_key_id(""); }) == "damaged");
    BOOST_TEST(with([](CommitHeader& h) { h.set_causation_id("short"); }) == "damaged");
    BOOST_TEST(with([](CommitHeader& h) { h.set_correlation_id("short"); }) == "damaged");
    BOOST_TEST(with([](CommitHeader& h) { h.set_actor_id("short"); }) == "damaged");
    BOOST_TEST(with([](CommitHeader& h) { h.clear_actor_id(); }) == "ok");
    BOOST_TEST(with([](CommitHeader& h) { h.set_seq(0); }) == "damaged");
    BOOST_TEST(with([](CommitHeader& h) { h.set_first_version(0); }) == "damaged");
    BOOST_TEST(with([](CommitHeader& h) { h.add_events(); }) == "damaged");
    BOOST_TEST(with([](CommitHeader& h) { h.clear_events(); }) == "damaged");
    Commit torn = good;
    torn.mutable_header()->pop_back();
    BOOST_TEST(header_code(torn) == "damaged");
}

// Method: random texts (any UTF-8, up to 64 KiB), counts and places; sealed, framed, read and
// unsealed again; the seed is printed.
BOOST_AUTO_TEST_CASE(any_commit_survives_the_way_through_a_frame) {
    const auto seed = std::random_device{}();
    BOOST_TEST_MESSAGE("seed " << seed);
    std::mt19937_64 random(seed);
    const std::vector<std::string> pieces{
        "a", "\xc3\xa4", "\xe2\x80\xae", "\xf0\x9f\x98\x80", "\n", std::string(1, '\0')};
    for (std::size_t round = 0; round < 60; ++round) {
        const auto count = std::uniform_int_distribution<std::size_t>(1, round % 8 + 1)(random);
        std::vector<ConversationEvent> messages;
        for (std::size_t i = 0; i < count; ++i) {
            std::string text;
            const auto size = std::size_t{1} << std::uniform_int_distribution<int>(0, 16)(random);
            while (text.size() < size) text += pieces[random() % pieces.size()];
            messages.push_back(message(text));
        }
        Record record = samples::record_under(samples::claim());
        *record.mutable_commit() = seal(messages, meta_of(1 + random() % 1000));
        const auto frame = encode_record(record);
        if (!frame) continue;  // larger than a record may be
        Record read;
        BOOST_TEST_REQUIRE(decode_record(*frame, read).has_value());
        BOOST_TEST(opens(read.commit()));
        for (std::size_t i = 0; i < count; ++i) {
            BOOST_TEST_REQUIRE(MessageDifferencer::Equals(
                                   unsealed(read.commit(), static_cast<int>(i)), messages[i]),
                               "seed " << seed << " round " << round);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
