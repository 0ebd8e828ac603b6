#pragma once

#include "commands/policies/policy.hpp"

// Somebody joins a company: an accepted invitation gives its roles and makes the expert, and
// whoever has a role finds the company at the next log-in. That is several streams; by a policy a
// crash between two of them leaves nothing half done, and whoever was removed since does not come
// back.
namespace commands {

class Joining final : public Policy {
  public:
    [[nodiscard]] std::string_view name() const override { return "joining"; }
    [[nodiscard]] bool reads(events::StreamKind kind) const override;
    void react(const Witnessed& event, std::vector<Asked>& asked) const override;
};

}  // namespace commands
