#include "tests/faults/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "commands/conversation.hpp"
#include "commands/partition.hpp"
#include "events/commit.hpp"
#include "events/record.hpp"
#include "projections/follower.hpp"
#include "tests/faults/simulated_executor.hpp"
#include "tests/faults/stack.hpp"
#include "tests/support/power_cut_fs.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/view_rows.hpp"

namespace faults {
namespace {

using commands::Conversation;
using events::TenantId;
using events::Uuid;

constexpr std::size_t kNodes = 2;
constexpr std::size_t kConversations = 3;
constexpr std::size_t kMessagesInEach = 6;
constexpr std::size_t kOneInSoExpects = 3;  // a version, which may be stale
constexpr std::size_t kActions = 500;
constexpr std::size_t kActionsToSettleMax = 2'000;
constexpr std::int64_t kNowMs = 1'790'000'000'000;

struct Node {
    SimulatedExecutor::Tasks tasks;
    std::unique_ptr<NodeLog> log;
    std::unique_ptr<commands::PartitionWriter> writer;
    std::unique_ptr<projections::Store> store;
    Views views;
    std::unique_ptr<projections::Follower> follower;
    std::uint64_t life = 0;  // answers of an earlier one reach nobody
    bool alive = false;
};

struct Command {
    events::CommandId id;
    Uuid stream;
    std::string text;  // empty: opens
    std::optional<events::Version> expected;
    std::optional<commands::Accepted> acknowledged;
    bool stale = false;                // refused by the only node that is left, and leads
    std::array<bool, kNodes> asked{};  // no answer yet from there
};

class Simulation {
  public:
    Simulation(events::KeyRing& keys, const SimulationOptions& options);
    ~Simulation();
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    SimulationResult run();

  private:
    std::size_t pick(std::size_t count);
    void note(std::uint64_t what);
    void break_promise(const std::string& what);

    void start(Node& node);
    void crash(Node& node);
    void open_views(Node& node);
    void run_tasks(Node& node);

    void act();
    void ask(std::size_t which, std::size_t node);
    void answered(std::size_t which, const commands::Answer& answer);
    void read_views(Node& node, std::size_t records);
    bool may_be_asked(const Command& command) const;
    bool settle();

    void check_log();
    std::string check_commit(const events::Record& record);
    void check_views();

    events::KeyRing& keys_;
    const SimulationOptions options_;
    std::mt19937_64 random_;
    SharedLog log_;
    SharedLog::Pick picker_;
    boost::asio::io_context timers_;
    test_support::TempDir dir_;
    test_support::PowerCutFs disk_;  // never cut: it only spares the syncs
    std::vector<std::unique_ptr<NodeLog>> gone_;
    std::array<Node, kNodes> nodes_;
    TenantId tenant_;
    std::vector<Command> commands_;
    SimulationResult result_;
    bool settling_ = false;  // one node is left, and it has no faults
    std::map<events::CommandId, commands::Accepted> stored_;
    std::map<Uuid, std::uint64_t> versions_;
    std::uint64_t last_seq_ = 0;
};

template <class AnyId>
AnyId drawn_id(std::mt19937_64& random) {
    AnyId id;
    for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
    return id;
}

Simulation::Simulation(events::KeyRing& keys, const SimulationOptions& options)
    : keys_(keys),
      options_(options),
      random_(options.seed),
      log_(options.defect),
      picker_([this](std::size_t count) { return pick(count); }),
      disk_(options.seed),
      // The ring outlives the run, so that a seed that comes again needs a tenant of its own.
      tenant_(events::random_id<TenantId>()) {
    for (std::size_t i = 0; i < kConversations; ++i) {
        const auto id = drawn_id<events::CommandId>(random_);
        const Uuid stream{.bytes = id.bytes};
        commands_.push_back({.id = id, .stream = stream, .text = {}});
        for (std::size_t m = 0; m < kMessagesInEach; ++m) {
            Command message{.id = drawn_id<events::CommandId>(random_),
                            .stream = stream,
                            .text = fmt::format("message {} of {}", m, i)};
            if (m % kOneInSoExpects == 0) message.expected = events::Version{1 + pick(m + 2)};
            commands_.push_back(std::move(message));
        }
    }
    for (auto& node : nodes_) {
        if (options_.views) open_views(node);
        start(node);
    }
}

Simulation::~Simulation() {
    for (auto& node : nodes_) crash(node);
}

std::size_t Simulation::pick(std::size_t count) {
    const auto chosen = static_cast<std::size_t>(random_() % count);
    note(chosen);
    return chosen;
}

void Simulation::note(std::uint64_t what) {
    result_.trace = (result_.trace ^ what) * 0x100000001b3U + 1;
}

void Simulation::break_promise(const std::string& what) {
    if (!result_.violation) result_.violation = what;
}

void Simulation::open_views(Node& node) {
    const auto name = fmt::format("views-{}", &node - nodes_.data());
    auto store = projections::Store::open(dir_.path() / name, disk_.env());
    if (!store) return break_promise(store.error().detail);
    node.store = std::move(*store);
}

void Simulation::start(Node& node) {
    node.alive = true;
    node.log = std::make_unique<NodeLog>(log_);
    const commands::PartitionServices services{
        .log = *node.log,
        .history = *node.log,
        .keys = keys_,
        .claim_again_after = {},
        .on_read_back = {},
        .on_failure = [this](const events::Error& error) {
            break_promise("a writer gave up: " + error.detail);
        }};
    node.writer = std::make_unique<commands::PartitionWriter>(
        events::Partition{0}, services, SimulatedExecutor(timers_, node.tasks));
    node.writer->claim([](const events::Status&) {});
    if (!options_.views || !node.store) return;
    node.follower =
        std::make_unique<projections::Follower>(*node.log, 1, *node.store, node.views.all());
    if (const auto loaded = node.follower->load(); !loaded) break_promise(loaded.error().detail);
}

// Nothing that the node still does reaches anybody; what it sent may land yet.
void Simulation::crash(Node& node) {
    if (!node.alive) return;
    node.alive = false;
    ++node.life;
    node.log->disconnect();
    node.writer.reset();
    run_tasks(node);
    node.follower.reset();
    gone_.push_back(std::move(node.log));
    const auto index = static_cast<std::size_t>(&node - nodes_.data());
    for (auto& command : commands_) command.asked.at(index) = false;
}

void Simulation::run_tasks(Node& node) {
    do {
        while (!node.tasks.empty()) {
            auto task = std::move(node.tasks.front());
            node.tasks.pop_front();
            task();
        }
        timers_.restart();
    } while (timers_.poll() > 0 || !node.tasks.empty());
}

bool Simulation::may_be_asked(const Command& command) const {
    if (command.text.empty()) return true;
    return std::ranges::any_of(commands_, [&](const Command& other) {
        return other.stream == command.stream && other.text.empty() && other.acknowledged;
    });
}

void Simulation::ask(std::size_t which, std::size_t node_index) {
    Node& node = nodes_.at(node_index);
    Command& command = commands_[which];
    if (!node.alive || command.asked.at(node_index) || !may_be_asked(command)) return;
    command.asked.at(node_index) = true;
    commands::CommandMeta meta;
    meta.tenant = tenant_;
    meta.id = command.id;
    meta.digest[0] = static_cast<std::uint8_t>(which);
    meta.now_ms = kNowMs;
    meta.expected = command.expected;
    Conversation::Command asked = commands::OpenConversation{};
    if (!command.text.empty()) {
        asked = commands::SendMessage{.author = parlour::conversation::v1::AUTHOR_VISITOR,
                                      .text = events::Personal(command.text)};
    }
    node.writer->submit<Conversation>(
        command.stream,
        std::move(asked),
        meta,
        [this, which, node_index, life = node.life](const commands::Answer& answer) {
            if (nodes_.at(node_index).life != life) return;
            commands_[which].asked.at(node_index) = false;
            answered(which, answer);
        });
}

void Simulation::answered(std::size_t which, const commands::Answer& answer) {
    note(1'000 + which);
    Command& command = commands_[which];
    if (!answer) {
        note(static_cast<std::uint64_t>(answer.error().kind));
        // A node that was deposed and does not know it yet may not know the conversation either.
        using enum commands::Refusal::Kind;
        const auto kind = answer.error().kind;
        if (kind == kVersionConflict && command.expected) {
            // Settled only when it came from the node that leads.
            command.stale = settling_ && nodes_[0].log->leads();
            if (command.stale && command.acknowledged) {
                break_promise("a repeat was refused as stale");
            }
        } else if (kind != kFailed && kind != kNotOwner && kind != kRejected) {
            break_promise("a command was refused for good");
        }
        return;
    }
    note(answer->position.value);
    note(answer->version.value);
    const auto& before = command.acknowledged;
    if (before) ++result_.repeats;
    if (before && (before->position != answer->position || before->version != answer->version)) {
        break_promise("a repeat got another answer");
    }
    command.acknowledged = *answer;
}

void Simulation::read_views(Node& node, std::size_t records) {
    if (!node.follower) return;
    if (const auto ends = node.follower->learn_ends(); !ends) return break_promise("no end");
    const auto step = node.follower->step(records);
    if (!step) break_promise("a view stopped: " + step.error().detail);
}

// One of all the things that may happen next.
void Simulation::act() {
    const auto dice = pick(100);
    const auto index = pick(kNodes);
    Node& node = nodes_.at(index);
    if (dice < 25) {
        ask(pick(commands_.size()), index);
    } else if (dice < 55) {
        if (node.tasks.empty()) return;
        auto task = std::move(node.tasks.front());
        node.tasks.pop_front();
        task();
    } else if (dice < 72) {
        log_.land_one(picker_);
    } else if (dice < 88) {
        log_.deliver_one(picker_);
    } else if (dice < 92) {
        timers_.restart();
        timers_.poll();
    } else if (dice < 97) {
        if (!node.alive) return;
        read_views(node, 1 + pick(8));
        if (pick(4) == 0) node.writer->read_on();
    } else if (dice < 98) {
        log_.fail_one(picker_);
    } else if (node.alive) {
        if (pick(3) == 0) crash(node);
    } else {
        start(node);
    }
}

// Without faults and with one node left, everything asked is answered and everything is done.
bool Simulation::settle() {
    settling_ = true;
    crash(nodes_[1]);
    if (!nodes_[0].alive) start(nodes_[0]);
    for (std::size_t i = 0; i < kActionsToSettleMax && !result_.violation; ++i) {
        run_tasks(nodes_[0]);
        if (log_.land_one(picker_) || log_.deliver_one(picker_)) continue;
        bool waiting = false;
        for (std::size_t c = 0; c < commands_.size(); ++c) {
            if (commands_[c].asked[0]) {
                break_promise("a command gets no answer");
            } else if (!commands_[c].acknowledged && !commands_[c].stale) {
                ask(c, 0);
                waiting = true;
            }
        }
        if (!waiting && nodes_[0].tasks.empty()) return true;
        nodes_[0].writer->read_on();
    }
    return false;
}

std::string Simulation::check_commit(const events::Record& record) {
    events::OpenedHeader opened;
    if (!events::read_header(record.commit(), opened)) return "a header does not parse";
    const auto& meta = opened.meta;
    if (meta.seq.value != ++last_seq_) return "the seqs are not dense";
    if (meta.first_version.value != ++versions_[meta.stream.uuid]) {
        return "the versions of a stream are not dense";
    }
    if (!stored_.emplace(meta.command, commands::Accepted{meta.seq, meta.first_version}).second) {
        return "a command was applied twice";
    }
    const auto key = keys_.find(meta.tenant, meta.key_id, kNowMs);
    const auto& event = opened.header.events(0);
    if (!key || !events::unseal_event(
                    *key,
                    events::associated_data(
                        meta.tenant, meta.stream, meta.first_version, event.type(), meta.key_id),
                    record.commit().sealed(0))) {
        return "an event does not unseal";
    }
    return {};
}

// The fence as the rule is written (F2), not as the product folds it.
void Simulation::check_log() {
    std::uint64_t term = 0;
    std::string claim;
    events::Record record;
    for (const auto& entry : log_.entries()) {
        if (!events::decode_record(*entry.frame, record)) return break_promise("no record");
        if (record.has_claim()) {
            ++result_.claims;
            if (record.term() > term) {
                term = record.term();
                claim = record.claim_id();
            }
        } else if (record.term() != term || record.claim_id() != claim) {
            ++result_.void_records;
        } else if (const auto wrong = check_commit(record); !wrong.empty()) {
            return break_promise(wrong);
        }
    }
    for (const auto& command : commands_) {
        const auto found = stored_.find(command.id);
        const bool is_stored = found != stored_.end();
        if (command.stale && is_stored) return break_promise("a stale command has an effect");
        if (command.stale) ++result_.stale;
        if (command.expected && is_stored &&
            found->second.version.value != command.expected->value + 1) {
            return break_promise("a command stands behind another version than it expected");
        }
        if (!command.acknowledged) continue;
        ++result_.acknowledged;
        if (found == stored_.end()) return break_promise("an acknowledged command is lost");
        if (found->second.position != command.acknowledged->position ||
            found->second.version != command.acknowledged->version) {
            return break_promise("a command stands elsewhere than its answer said");
        }
    }
}

void Simulation::check_views() {
    auto fresh = projections::Store::open(dir_.path() / "rebuilt", disk_.env());
    if (!fresh) return break_promise(fresh.error().detail);
    NodeLog reader(log_);
    Views views;
    const auto read_all = [&](projections::Store& store, Views& of) {
        projections::Follower follower(reader, 1, store, of.all());
        bool ok = follower.load() && follower.learn_ends();
        for (auto step = follower.step(512); ok; step = follower.step(512)) {
            ok = step.has_value();
            if (ok && *step == projections::Follower::Step::kIdle) return;
        }
        break_promise("a view stopped");
    };
    read_all(**fresh, views);
    for (auto& node : nodes_) {
        read_all(*node.store, node.views);
        for (auto* const view : views.all()) {
            if (test_support::rows_of(**fresh, *view, 1) !=
                test_support::rows_of(*node.store, *view, 1)) {
                break_promise(fmt::format("a node's view {} is no rebuild's", view->name()));
            }
        }
    }
}

SimulationResult Simulation::run() {
    for (std::size_t i = 0; i < kActions && !result_.violation; ++i) act();
    if (!result_.violation && !settle()) break_promise("it does not come to rest");
    if (!result_.violation) check_log();
    if (!result_.violation && options_.views) check_views();
    return result_;
}

}  // namespace

SimulationResult simulate(events::KeyRing& keys, const SimulationOptions& options) {
    return Simulation(keys, options).run();
}

}  // namespace faults
