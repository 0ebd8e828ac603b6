#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "events/commit.hpp"
#include "events/error.hpp"
#include "ops/replay_unseal.hpp"
#include "ops/replay_walk.hpp"

// The lines of a replay: one for each event and for each violation, as text or as JSON.
//   text: seq, time, stream, version, type, actor, fields, with a tab between; or VIOLATION first
//   JSON: an object with these keys and "status"
namespace ops {

enum class ReplayFormat : std::uint8_t { kText, kJson };

class ReplayPrinter {
  public:
    // `unsealer` is null when personal fields stay sealed; borrowed, like `out`.
    ReplayPrinter(std::FILE* out,
                  ReplayFormat format,
                  const events::TenantId& tenant,
                  Unsealer* unsealer);

    // One line for each event. kUnknownSchema for an event of a newer program; kStorage when the
    // output is gone; what does not unseal becomes a violation.
    events::Status commit(const events::OpenedHeader& opened, const events::Commit& commit);
    void violation(const Violation& violation);
    events::Status flush();

    [[nodiscard]] std::uint64_t violations() const { return violations_; }

  private:
    struct Event;
    events::Status event(const events::OpenedHeader& opened,
                         const events::Commit& commit,
                         int index,
                         std::string_view time,
                         std::string_view stream,
                         std::string_view actor);
    void append(const Event& event);

    std::FILE* out_;
    const ReplayFormat format_;
    const events::TenantId tenant_;
    Unsealer* unsealer_;
    std::string buffer_;
    std::uint64_t violations_ = 0;
    events::StreamKind kind_{};  // of the two envelopes, reused from event to event
    std::unique_ptr<google::protobuf::Message> envelope_;
    std::unique_ptr<google::protobuf::Message> personal_;
};

}  // namespace ops
