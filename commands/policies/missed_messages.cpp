#include "commands/policies/missed_messages.hpp"

#include "commands/mail.hpp"
#include "parlour/conversation/v1/events.pb.h"

namespace commands {
namespace {

using events::Uuid;
using parlour::conversation::v1::ConversationEvent;

// `Queued` is one of the two events; they say the same of different people.
template <class Queued>
void queue(const Witnessed& event,
           const Queued& queued,
           QueueMail mail,
           std::string_view recipient,
           std::vector<Asked>& asked) {
    const auto id = Uuid::from_bytes(queued.mail_id());
    const auto person = Uuid::from_bytes(recipient);
    if (!id || !person) return;
    mail.locale = queued.locale();
    mail.recipient_tenant = event.commit.tenant;
    mail.recipient = *person;
    asked.push_back(ask<Mail>(event.commit.tenant, "queue-mail", *id, std::move(mail)));
}

}  // namespace

bool MissedMessages::reads(events::StreamKind kind) const {
    return kind == parlour::log::v1::STREAM_KIND_CONVERSATION;
}

void MissedMessages::react(const Witnessed& event, std::vector<Asked>& asked) const {
    const auto& conversation = static_cast<const ConversationEvent&>(event.envelope);
    if (conversation.has_missed_message_mail_queued()) {
        const auto& queued = conversation.missed_message_mail_queued();
        queue(event,
              queued,
              {.what = parlour::mail::v1::TEMPLATE_MISSED_DIGEST,
               .recipient_kind = parlour::mail::v1::RECIPIENT_KIND_EXPERT},
              queued.expert_id(),
              asked);
    } else if (conversation.has_unread_mail_queued()) {
        const auto& queued = conversation.unread_mail_queued();
        queue(event,
              queued,
              {.what = parlour::mail::v1::TEMPLATE_ANSWER_WAITING,
               .recipient_kind = parlour::mail::v1::RECIPIENT_KIND_VISITOR,
               .conversation = event.commit.stream.uuid,
               .from = events::Version{queued.from_version()},
               .up_to = events::Version{queued.up_to_version()}},
              queued.visitor_id(),
              asked);
    }
}

}  // namespace commands
