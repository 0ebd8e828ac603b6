#include "commands/policies/account_mails.hpp"

#include "commands/mail.hpp"
#include "parlour/account/v1/events.pb.h"
#include "parlour/invitation/v1/events.pb.h"

namespace commands {
namespace {

using events::Uuid;
using parlour::account::v1::AccountEvent;
using parlour::invitation::v1::InvitationEvent;

constexpr std::string_view kAnyLanguage = "en";

// An invitation whose link was shown has no mail.
void queue(const Witnessed& event,
           std::string_view mail_id,
           parlour::mail::v1::Template what,
           std::string_view locale,
           std::vector<Asked>& asked) {
    const auto id = Uuid::from_bytes(mail_id);
    if (!id) return;
    const bool invited = what == parlour::mail::v1::TEMPLATE_INVITATION;
    asked.push_back(
        ask<Mail>(event.commit.tenant,
                  "queue-mail",
                  *id,
                  QueueMail{.what = what,
                            .locale = std::string(locale),
                            .recipient_kind = invited ? parlour::mail::v1::RECIPIENT_KIND_INVITATION
                                                      : parlour::mail::v1::RECIPIENT_KIND_ACCOUNT,
                            .recipient_tenant = event.commit.tenant,
                            .recipient = event.commit.stream.uuid,
                            .conversation = std::nullopt}));
}

}  // namespace

bool AccountMails::reads(events::StreamKind kind) const {
    return kind == parlour::log::v1::STREAM_KIND_ACCOUNT ||
           kind == parlour::log::v1::STREAM_KIND_INVITATION;
}

void AccountMails::react(const Witnessed& event, std::vector<Asked>& asked) const {
    if (event.commit.stream.kind == parlour::log::v1::STREAM_KIND_INVITATION) {
        const auto& invitation = static_cast<const InvitationEvent&>(event.envelope);
        if (!invitation.has_invitation_sent()) return;
        const auto& sent = invitation.invitation_sent();
        queue(event,
              sent.mail_id(),
              parlour::mail::v1::TEMPLATE_INVITATION,
              sent.locale() == "de" ? "de" : kAnyLanguage,
              asked);
        return;
    }
    const auto& account = static_cast<const AccountEvent&>(event.envelope);
    if (account.has_email_confirmation_requested()) {
        queue(event,
              account.email_confirmation_requested().mail_id(),
              parlour::mail::v1::TEMPLATE_CONFIRM_EMAIL,
              kAnyLanguage,
              asked);
    } else if (account.has_password_reset_requested()) {
        queue(event,
              account.password_reset_requested().mail_id(),
              parlour::mail::v1::TEMPLATE_RESET_PASSWORD,
              kAnyLanguage,
              asked);
    }
}

}  // namespace commands
