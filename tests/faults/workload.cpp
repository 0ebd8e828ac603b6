#include "tests/faults/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>

#include "commands/conversation.hpp"
#include "events/commit.hpp"
#include "events/crypto.hpp"
#include "events/fence.hpp"
#include "events/record.hpp"
#include "tests/support/view_rows.hpp"

namespace faults {
namespace {

using commands::Conversation;
using events::Errc;
using parlour::conversation::v1::ConversationEvent;

constexpr std::chrono::seconds kDeadline{60};
constexpr std::int64_t kNowMs = 1'790'000'000'000;
constexpr std::size_t kTenants = 3;

events::TenantId tenant_of(std::uint64_t number) {
    return {.bytes = {static_cast<std::uint8_t>(number + 1), 7}};
}

template <class AnyId>
AnyId drawn_id(std::mt19937_64& random) {
    AnyId id;
    for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
    return id;
}

std::string drawn_text(std::mt19937_64& random, std::size_t bytes_max) {
    std::string text(1 + random() % bytes_max, '\0');
    for (auto& c : text) c = static_cast<char>('a' + random() % 26);
    return text;
}

}  // namespace

// What the log holds of one command.
struct Workload::Stored {
    events::TenantId tenant;
    events::Uuid stream;
    std::uint64_t seq = 0;
    std::uint64_t version = 0;
    std::string text;
};

// Mostly a new command; sometimes one that was asked before, answered or not.
std::size_t Workload::next_command() {
    const std::lock_guard lock(mutex_);
    const auto dice = random_() % 10;
    if (dice < 2 && !commands_.empty()) return random_() % commands_.size();
    Command command;
    command.id = drawn_id<events::CommandId>(random_);
    const std::size_t other = commands_.empty() ? 0 : random_() % commands_.size();
    if (dice < 4 || commands_.empty() || !commands_[other].known_open) {
        command.tenant = tenant_of(random_() % kTenants);
        command.stream = events::Uuid{.bytes = command.id.bytes};
    } else {
        command.tenant = commands_[other].tenant;
        command.stream = commands_[other].stream;
        command.text = drawn_text(random_, shape_.text_bytes_max);
        command.known_open = true;
    }
    commands_.push_back(std::move(command));
    return commands_.size() - 1;
}

void Workload::send(Stack& stack, std::size_t which) {
    Command command;
    {
        std::unique_lock lock(mutex_);
        ++unanswered_;
        command = commands_[which];
    }
    commands::CommandMeta meta;
    meta.tenant = command.tenant;
    meta.id = command.id;
    const auto digest = events::sha256({command.text});
    std::copy_n(digest.begin(), meta.digest.size(), meta.digest.begin());
    meta.now_ms = kNowMs;
    Conversation::Command asked = commands::OpenConversation{};
    if (!command.text.empty()) {
        asked = commands::SendMessage{.author = parlour::conversation::v1::AUTHOR_VISITOR,
                                      .text = events::Personal(command.text)};
    }
    stack.writer->submit<Conversation>(
        command.stream, std::move(asked), meta, [this, which](const commands::Answer& answer) {
            answered(which, answer);
        });
}

void Workload::answered(std::size_t which, const commands::Answer& answer) {
    const std::lock_guard lock(mutex_);
    --unanswered_;
    auto& command = commands_[which];
    if (answer) {
        const auto& before = command.acknowledged;
        const bool same =
            !before || (before->position == answer->position && before->version == answer->version);
        if (!same) broken_ = "a repeat got another answer";
        command.acknowledged = *answer;
        command.known_open = true;
    } else if (answer.error().kind == commands::Refusal::Kind::kFailed) {
        ++failures_[std::string(events::name_of(answer.error().error->code))];
        if (answer.error().error->detail.empty()) broken_ = "a failure without a reason";
    } else {
        broken_ = "a command that may be done was refused";
    }
    changed_.notify_all();
}

bool Workload::run(Stack& stack, std::size_t count) {
    const auto wait_for = [this](std::size_t most) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kDeadline, [&] { return unanswered_ <= most; });
    };
    for (std::size_t i = 0; i < count; ++i) {
        send(stack, next_command());
        if (!wait_for(shape_.unanswered_max - 1)) return false;
    }
    return wait_for(0);
}

std::size_t Workload::acknowledged() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(
        commands_, [](const Command& command) { return command.acknowledged.has_value(); }));
}

std::map<std::string, std::size_t> Workload::failures() const {
    const std::lock_guard lock(mutex_);
    return failures_;
}

namespace {

// The text of a commit's only event, unsealed; empty for one that opens.
events::Result<std::string> text_of(Stack& stack,
                                    const events::Commit& commit,
                                    const events::OpenedHeader& opened) {
    const auto& meta = opened.meta;
    const auto key = stack.keys->find(meta.tenant, meta.key_id, kNowMs);
    if (!key) return std::unexpected(key.error());
    const auto& event = opened.header.events(0);
    const auto unsealed = events::unseal_event(
        *key,
        events::associated_data(
            meta.tenant, meta.stream, meta.first_version, event.type(), meta.key_id),
        commit.sealed(0));
    if (!unsealed) return std::unexpected(unsealed.error());
    ConversationEvent envelope;
    if (!envelope.ParseFromString(event.public_fields()) ||
        !envelope.MergeFromString(unsealed->personal_fields)) {
        return events::fail(Errc::kDamaged, "an event does not parse");
    }
    return envelope.message_sent().text();
}

// Checks a history record by record.
struct Reading {
    Stack& stack;
    events::Fence fence;
    std::map<events::TenantId, std::uint64_t> seqs;
    std::map<events::Uuid, std::uint64_t> versions;
    std::optional<std::string> wrong;
};

}  // namespace

std::optional<std::string> Workload::read_all(Stack& stack,
                                              std::map<events::CommandId, Stored>& found) {
    Reading reading{.stack = stack, .fence = {}, .seqs = {}, .versions = {}, .wrong = {}};
    const auto visit = [&](events::Offset offset, std::string_view frame) -> std::string {
        events::Record record;
        if (const auto decoded = events::decode_record(frame, record); !decoded) {
            return decoded.error().detail;
        }
        if (reading.fence.apply(record) == events::Verdict::kVoid) return "a void record";
        if (!record.has_commit()) return {};
        events::OpenedHeader opened;
        if (!events::read_header(record.commit(), opened)) return "a header does not parse";
        if (!events::opens(record.commit())) return "a commitment does not open";
        const auto& meta = opened.meta;
        if (meta.seq.value != ++reading.seqs[meta.tenant]) {
            return fmt::format(
                "seq {} where {} belongs", meta.seq.value, reading.seqs[meta.tenant]);
        }
        if (meta.first_version.value != ++reading.versions[meta.stream.uuid]) {
            return fmt::format("version {} where {} belongs",
                               meta.first_version.value,
                               reading.versions[meta.stream.uuid]);
        }
        const auto at = stack.log->offset_of(meta.tenant, meta.seq);
        if (!at || *at != offset) return "the index of seqs points elsewhere";
        const auto text = text_of(stack, record.commit(), opened);
        if (!text) return "a text does not unseal: " + text.error().detail;
        const Stored stored{.tenant = meta.tenant,
                            .stream = meta.stream.uuid,
                            .seq = meta.seq.value,
                            .version = meta.first_version.value,
                            .text = *text};
        return found.emplace(meta.command, stored).second ? "" : "a command was done twice";
    };
    for (std::uint16_t p = 0; p < stack.log->partitions(); ++p) {
        reading.fence = {};
        const auto scanned = stack.log->scan(
            {p}, {}, [&](events::Offset offset, const events::RecordKey&, std::string_view frame) {
                const auto wrong = visit(offset, frame);
                if (!wrong.empty()) {
                    reading.wrong =
                        fmt::format("partition {} offset {}: {}", p, offset.value, wrong);
                }
                return wrong.empty();
            });
        if (!scanned) return "the log cannot be read: " + scanned.error().detail;
        if (reading.wrong) return reading.wrong;
    }
    for (const auto& [tenant, last] : reading.seqs) {
        const auto head = stack.log->head(tenant);
        if (!head || head->value != last) return "the index ends elsewhere than the log";
    }
    return std::nullopt;
}

std::optional<std::string> Workload::violation(Stack& stack) {
    std::map<events::CommandId, Stored> found;
    if (auto wrong = read_all(stack, found)) return wrong;
    const std::lock_guard lock(mutex_);
    if (broken_) return broken_;
    std::size_t known = 0;
    for (const auto& command : commands_) {
        const auto stored = found.find(command.id);
        if (stored == found.end()) {
            if (command.acknowledged) return "an acknowledged command is lost";
            continue;
        }
        ++known;
        const auto& [tenant, stream, seq, version, text] = stored->second;
        if (tenant != command.tenant || stream != command.stream) return "a command is elsewhere";
        if (text != command.text) return "a text is another one";
        if (!command.acknowledged) continue;
        if (command.acknowledged->position.value != seq ||
            command.acknowledged->version.value != version) {
            return "an acknowledged command stands at another place than its answer said";
        }
    }
    if (known != found.size()) return "the log holds what nobody sent";
    return std::nullopt;
}

std::optional<std::string> views_lag(Stack& stack) {
    for (std::uint16_t p = 0; p < stack.log->partitions(); ++p) {
        const auto end = stack.log->end({p});
        if (!end) return end.error().detail;
        const auto reached = std::make_shared<std::promise<bool>>();
        auto answer = reached->get_future();
        stack.runner->when_reached(
            {p}, {end->value - 1}, [reached](bool yes) { reached->set_value(yes); });
        if (answer.wait_for(kDeadline) != std::future_status::ready) return "the views hang";
        if (!answer.get()) {
            const auto why = stack.runner->failure();
            return "the views stopped: " + (why ? why->detail : "without a reason");
        }
    }
    return std::nullopt;
}

std::optional<std::string> views_differ(Stack& stack,
                                        const std::filesystem::path& dir,
                                        rocksdb::Env* env) {
    if (auto lag = views_lag(stack)) return lag;
    auto fresh = projections::Store::open(dir, env);
    if (!fresh) return fresh.error().detail;
    Views views;
    projections::Runner runner(*stack.log, stack.log->partitions(), **fresh, views.all());
    if (const auto done = runner.catch_up(); !done) return "a rebuild: " + done.error().detail;
    for (auto* const view : views.all()) {
        const auto live = test_support::rows_of(*stack.store, *view, stack.log->partitions());
        if (live != test_support::rows_of(**fresh, *view, stack.log->partitions())) {
            return fmt::format("the view {} is not what a rebuild gives", view->name());
        }
    }
    return std::nullopt;
}

}  // namespace faults
