#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands/decider.hpp"
#include "events/commit.hpp"

// A command on its way through a partition, and its answer. The partition sees commands and states
// of any aggregate through these; only the templates below know the types.
namespace commands {

struct CommandMeta {
    events::TenantId tenant;
    events::CommandId id;
    events::BodyDigest digest{};  // keyed digest of what was asked, to tell a repeat from a misuse
    std::optional<events::CommandId> causation;
    std::optional<events::CommandId> correlation;
    parlour::log::v1::ActorKind actor_kind = parlour::log::v1::ACTOR_KIND_SYSTEM;
    std::optional<events::Uuid> actor;
    std::int64_t now_ms = 0;
    std::optional<events::Version> expected;  // the stream's version the client has seen
};

struct Accepted {
    events::Seq position;
    events::Version version;  // of the last event decided
    bool replayed = false;    // the same command was done before; nothing new was written
};

struct Refusal {
    enum class Kind : std::uint8_t {
        kRejected,         // by the aggregate: `rejection` says how
        kKeyReused,        // the same command id with another body
        kVersionConflict,  // `current` is the stream's version
        kNotOwner,         // this node does not lead the partition: `owner` says who does
        kFailed,           // below the domain: `error` says how
    };
    Kind kind{};
    std::optional<RejectionText> rejection;
    events::Version current;
    std::optional<events::Error> error;  // also with kNotOwner, and retryable then
    std::string owner{};                 // the leader's address; empty: not known at the moment
};

using Answer = std::expected<Accepted, Refusal>;
using OnAnswer = std::move_only_function<void(Answer)>;

// The state of one stream, whatever its aggregate.
class StreamState {
  public:
    StreamState() = default;
    virtual ~StreamState() = default;
    StreamState(const StreamState&) = delete;
    StreamState& operator=(const StreamState&) = delete;

    [[nodiscard]] virtual std::unique_ptr<google::protobuf::Message> new_envelope() const = 0;
    // False for an event type this build does not know: the stream must not be folded further.
    virtual bool evolve(const google::protobuf::Message& envelope) = 0;
};

using Envelopes = std::vector<std::unique_ptr<google::protobuf::Message>>;

class Work {
  public:
    Work(const events::StreamId& stream, CommandMeta meta, OnAnswer on_answer)
        : stream(stream), meta(meta), on_answer(std::move(on_answer)) {}
    virtual ~Work() = default;
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

    [[nodiscard]] virtual std::unique_ptr<StreamState> new_state() const = 0;
    // `state` was made by new_state() of a command of the same aggregate.
    [[nodiscard]] virtual std::expected<Envelopes, RejectionText> decide(
        const StreamState& state) const = 0;

    events::StreamId stream;
    CommandMeta meta;
    OnAnswer on_answer;
};

template <Decider A>
class StateOf final : public StreamState {
  public:
    [[nodiscard]] std::unique_ptr<google::protobuf::Message> new_envelope() const override {
        return std::make_unique<typename A::Event>();
    }
    bool evolve(const google::protobuf::Message& envelope) override {
        const auto& event = static_cast<const typename A::Event&>(envelope);
        if (event.body_case() == A::Event::BODY_NOT_SET) return false;
        A::evolve(state, event);
        return true;
    }
    typename A::State state;
};

template <Decider A>
class WorkOf final : public Work {
  public:
    WorkOf(const events::StreamId& stream,
           typename A::Command command,
           CommandMeta meta,
           OnAnswer on_answer)
        : Work(stream, meta, std::move(on_answer)), command_(std::move(command)) {}

    [[nodiscard]] std::unique_ptr<StreamState> new_state() const override {
        return std::make_unique<StateOf<A>>();
    }
    [[nodiscard]] std::expected<Envelopes, RejectionText> decide(
        const StreamState& state) const override {
        auto decided = A::decide(static_cast<const StateOf<A>&>(state).state,
                                 command_,
                                 Context{.command = meta.id, .now_ms = meta.now_ms});
        if (!decided) return std::unexpected(A::describe(decided.error()));
        Envelopes envelopes;
        envelopes.reserve(decided->size());
        for (auto& event : *decided) {
            envelopes.push_back(std::make_unique<typename A::Event>(std::move(event)));
        }
        return envelopes;
    }

  private:
    typename A::Command command_;
};

}  // namespace commands
