#include "commands/conversation_mail.hpp"

#include <algorithm>

namespace commands {

std::optional<Unread> unread_of(const UnreadMails& mails,
                                const MailUnread& mail,
                                events::Version read_up_to) {
    if (!mails.wanted) return std::nullopt;
    const bool visitor = mail.reader == parlour::conversation::v1::AUTHOR_VISITOR;
    const auto last = visitor ? mails.from_expert : mails.from_visitor;
    const auto told = visitor ? mails.told_visitor : mails.told_expert;
    const auto read = std::max(read_up_to, visitor ? mails.from_visitor : mails.from_expert);
    if (visitor && told > read) return std::nullopt;
    const auto seen = std::max(read, told);
    if (last <= seen || mail.waited_for <= seen) return std::nullopt;
    return Unread{.from = events::Version{seen.value + 1}, .up_to = last};
}

}  // namespace commands
