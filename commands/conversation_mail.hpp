#pragma once

#include <optional>
#include <string>

#include "events/ids.hpp"
#include "parlour/conversation/v1/events.pb.h"

// What goes out by mail because a side did not read it in time: a part of the aggregate
// Conversation. Only of conversations from the widget; an integrator tells its people itself.
namespace commands {

// Queues a mail about everything that `reader` has neither read nor been told of: nothing while
// the message that it was waited for was read or told of meanwhile, whatever came behind it. A
// visitor who was told and reads nothing is not told again.
struct MailUnread {
    parlour::conversation::v1::Author reader{};
    std::string locale;                // the reader's: "de" or "en"
    events::Version waited_for;        // the message whose time is over
    std::optional<events::Uuid> mail;  // one that tells of others too; nothing: the command's id
};

// The state of that part. A side that answers has read what came before.
struct UnreadMails {
    bool wanted = false;  // the conversation came through the widget
    events::Version from_visitor;
    events::Version from_expert;  // the last message of each side; 0: none
    events::Version told_visitor;
    events::Version told_expert;  // up to where a mail told each side
};

// The versions that such a mail would cover, both included; nothing when there is nothing to tell.
// `read_up_to` is the reader's marker.
struct Unread {
    events::Version from;
    events::Version up_to;
};
std::optional<Unread> unread_of(const UnreadMails& mails,
                                const MailUnread& mail,
                                events::Version read_up_to);

}  // namespace commands
