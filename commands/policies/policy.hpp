#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/writer.hpp"

// What a policy is: it sees committed events and asks for commands. It keeps nothing: the commands'
// ids are derived from the commit, so a replay of the history changes nothing.
namespace commands {

// One committed event. The envelope holds its public fields only.
struct Witnessed {
    const events::CommitMeta& commit;
    events::Version version;
    const google::protobuf::Message& envelope;
};

// A command that a policy asks for. It may be submitted more than once, under the same id.
struct Asked {
    events::TenantId tenant;
    std::string_view purpose;  // a literal; tells the commands of one event apart
    std::function<void(Writer&, const CommandMeta&, OnAnswer)> submit;
};

template <Decider A>
Asked ask(const events::TenantId& tenant,
          std::string_view purpose,
          const events::Uuid& stream,
          typename A::Command command) {
    return {.tenant = tenant,
            .purpose = purpose,
            .submit = [stream, command = std::move(command)](
                          Writer& writer, const CommandMeta& meta, OnAnswer on_answer) {
                writer.submit<A>(stream, command, meta, std::move(on_answer));
            }};
}

class Policy {
  public:
    virtual ~Policy() = default;
    // Stable, lower-case-with-hyphens: it is part of the commands' ids.
    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual bool reads(events::StreamKind kind) const = 0;
    // Called for the events of those streams, in the order of their partition. Pure.
    virtual void react(const Witnessed& event, std::vector<Asked>& asked) const = 0;
};

}  // namespace commands
