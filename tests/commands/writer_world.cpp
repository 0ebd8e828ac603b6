#include "tests/commands/writer_world.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "events/crypto.hpp"

namespace writer_world {

using commands::Conversation;
using events::Personal;

World::World() {
    auto ring = events::KeyRing::open(
        dir_.path() / "keys", events::Key256{}, events::Uuid{.bytes = {5}}, true);
    if (!ring) throw std::runtime_error(ring.error().detail);
    keys = std::move(*ring);
    restart();
}

void World::restart() {
    writer_.reset();
    loop_.restart();
    loop_.poll();
    claimed.reset();
    const commands::PartitionServices services{
        .log = seen,
        .history = log,
        .keys = *keys,
        .node = "test",
        .address = "https://test.example:8443",
        .claim_again_after = std::chrono::milliseconds(1),
        .on_read_back = [this](events::Partition, events::Offset end) { read_back.push_back(end); },
        .on_holds = [this](events::Partition, bool now) { holds.push_back(now); },
        .on_failure = [this](const events::Error& error) { failure = error; },
        .meter = &meter};
    writer_ =
        std::make_unique<commands::PartitionWriter>(kPartition, services, loop_.get_executor());
    writer_->claim([this](const events::Status& status) { claimed = status; });
    settle();
}

void World::run_ready() {
    loop_.restart();
    loop_.poll();
}

void World::step() {
    run_ready();
    log.run_pending();
    run_ready();
}

void World::settle() {
    run_ready();
    while (log.run_pending() > 0) run_ready();
}

Pending World::settled(Pending pending) {
    settle();
    return pending;
}

bool World::wait_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        loop_.restart();
        loop_.run_one_for(std::chrono::milliseconds(5));
        settle();
    }
    return true;
}

void World::release() {
    writer_->release([this] { ++released; });
    settle();
}

void World::claim() {
    claimed.reset();
    writer_->claim([this](const events::Status& status) { claimed = status; });
    settle();
}

std::unique_ptr<commands::PartitionWriter> World::follower() {
    const commands::PartitionServices services{.log = log, .history = log, .keys = *keys};
    auto made =
        std::make_unique<commands::PartitionWriter>(kPartition, services, loop_.get_executor());
    made->read_on();
    settle();
    return made;
}

void World::claim_as_another_node(events::Term term) {
    const events::ClaimRef claim{.term = term, .id = events::random_id<events::ClaimId>()};
    events::Record record;
    record.set_term(claim.term.value);
    record.set_claim_id(std::string(claim.id.view()));
    record.mutable_claim()->set_node("another");
    record.mutable_claim()->set_address("https://another.example:8443");
    auto frame = events::encode_record(record);
    if (!frame) throw std::runtime_error(frame.error().detail);
    std::vector<events::Outgoing> records;
    records.push_back({.key = events::random_id<events::RecordKey>(),
                       .frame = std::move(*frame),
                       .index = events::ClaimIndex{claim}});
    log.append(kPartition, std::move(records), [](const events::Status&) {});
}

commands::CommandMeta World::meta(std::uint16_t command, std::uint8_t body) const {
    commands::CommandMeta meta;
    meta.tenant = kTenant;
    meta.id.bytes = {static_cast<std::uint8_t>(command & 0xffU),
                     static_cast<std::uint8_t>(command >> 8U)};
    meta.digest = {body};
    meta.now_ms = 1'790'000'000'000;
    return meta;
}

Pending World::open(std::uint16_t command, const events::Uuid& stream) {
    auto pending = std::make_shared<std::optional<commands::Answer>>();
    writer_->submit<Conversation>(
        stream, commands::OpenConversation{}, meta(command, 0), [pending](commands::Answer answer) {
            *pending = std::move(answer);
        });
    return pending;
}

Pending World::send(std::uint16_t command,
                    const std::string& text,
                    std::optional<events::Version> expected) {
    auto given = meta(command, events::sha256({text})[0]);
    given.expected = expected;
    return submit(text, given);
}

Pending World::send_numbered(std::uint64_t number) {
    auto given = meta(0, 0);
    for (std::size_t i = 0; i < sizeof(number); ++i) {
        given.id.bytes[8 + i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return submit("message " + std::to_string(number), given);
}

Pending World::submit(const std::string& text, const commands::CommandMeta& given) {
    auto pending = std::make_shared<std::optional<commands::Answer>>();
    writer_->submit<Conversation>(
        kStream,
        commands::SendMessage{.author = parlour::conversation::v1::AUTHOR_VISITOR,
                              .text = Personal(text)},
        given,
        [pending](commands::Answer answer) { *pending = std::move(answer); });
    return pending;
}

std::vector<events::Record> records_of(events::MemoryLog& log) {
    std::vector<events::Record> records;
    const auto entries = log.read(kPartition, {}, {});
    if (!entries) throw std::runtime_error(entries.error().detail);
    for (const auto& entry : *entries) {
        if (!events::decode_record(*entry.frame, records.emplace_back())) {
            throw std::runtime_error("a record does not decode");
        }
    }
    return records;
}

}  // namespace writer_world
