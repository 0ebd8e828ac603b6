#pragma once

#include "commands/policies/policy.hpp"

// An account or an invitation has made a token that goes out by mail: queue the mail. In which
// language, the account says when the mail is written.
namespace commands {

class AccountMails final : public Policy {
  public:
    [[nodiscard]] std::string_view name() const override { return "account-mails"; }
    [[nodiscard]] bool reads(events::StreamKind kind) const override;
    void react(const Witnessed& event, std::vector<Asked>& asked) const override;
};

}  // namespace commands
