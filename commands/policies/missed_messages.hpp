#pragma once

#include "commands/policies/policy.hpp"

// A conversation has said that a mail is to go out: queue it. Two streams, so that the mail's
// attempts are none of the conversation's business. Several conversations may name the same mail to
// an expert: it is queued once.
namespace commands {

class MissedMessages final : public Policy {
  public:
    [[nodiscard]] std::string_view name() const override { return "missed-messages"; }
    [[nodiscard]] bool reads(events::StreamKind kind) const override;
    void react(const Witnessed& event, std::vector<Asked>& asked) const override;
};

}  // namespace commands
