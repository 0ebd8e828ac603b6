#include "commands/policies/joining.hpp"

#include "commands/account.hpp"
#include "commands/company.hpp"
#include "commands/expert.hpp"
#include "parlour/invitation/v1/events.pb.h"

namespace commands {
namespace {

using events::Uuid;
using parlour::company::v1::CompanyEvent;
using parlour::invitation::v1::InvitationAccepted;
using parlour::invitation::v1::InvitationEvent;

void give_roles(const Witnessed& event,
                const InvitationAccepted& accepted,
                std::vector<Asked>& asked) {
    const auto& tenant = event.commit.tenant;
    const auto account = Uuid::from_bytes(accepted.account_id());
    const auto company = Uuid::from_bytes(accepted.company_id());
    if (!account || !company) return;
    GrantRoles grant{.account = *account, .roles = {}};
    for (const int role : accepted.roles()) {
        grant.roles.push_back(static_cast<parlour::company::v1::Role>(role));
    }
    asked.push_back(ask<Company>(tenant, "grant-roles", *company, std::move(grant)));
    if (const auto expert = Uuid::from_bytes(accepted.expert_id())) {
        asked.push_back(ask<Expert>(tenant, "join-expert", *expert, JoinExpert{*account}));
    }
}

void link_account(const Witnessed& event, std::string_view account_id, std::vector<Asked>& asked) {
    const auto account = Uuid::from_bytes(account_id);
    if (!account) return;
    const auto& platform = events::kPlatformTenant;
    asked.push_back(
        ask<Account>(platform, "link-company", *account, LinkCompany{event.commit.tenant}));
    asked.push_back(
        ask<Account>(platform, "complete-registration", *account, CompleteRegistration{}));
}

}  // namespace

bool Joining::reads(events::StreamKind kind) const {
    return kind == parlour::log::v1::STREAM_KIND_INVITATION ||
           kind == parlour::log::v1::STREAM_KIND_COMPANY;
}

void Joining::react(const Witnessed& event, std::vector<Asked>& asked) const {
    if (event.commit.stream.kind == parlour::log::v1::STREAM_KIND_INVITATION) {
        const auto& invitation = static_cast<const InvitationEvent&>(event.envelope);
        if (invitation.has_invitation_accepted()) {
            give_roles(event, invitation.invitation_accepted(), asked);
        }
        return;
    }
    const auto& company = static_cast<const CompanyEvent&>(event.envelope);
    if (company.has_role_granted()) link_account(event, company.role_granted().account_id(), asked);
}

}  // namespace commands
