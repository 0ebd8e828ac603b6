#include "gateway/letters.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "commands/streams.hpp"
#include "gateway/answer_link.hpp"
#include "gateway/mail_token.hpp"
#include "gateway/missed_digests.hpp"

namespace gateway {
namespace {

using events::Errc;
using events::Personal;
using events::Uuid;
using parlour::views::v1::InvitationState;
using projections::MailItem;

using Written = events::Result<std::variant<Letter, NoLetter>>;

constexpr auto kConversationKind = parlour::log::v1::STREAM_KIND_CONVERSATION;
constexpr auto kAccountKind = parlour::log::v1::STREAM_KIND_ACCOUNT;
constexpr auto kInvitationKind = parlour::log::v1::STREAM_KIND_INVITATION;
constexpr std::size_t kPage = 100;

constexpr NoLetter kRead{"read"};
constexpr NoLetter kGone{"recipient-gone"};
constexpr NoLetter kNoAddress{"no-address"};
constexpr NoLetter kOver{"over"};

// Where a letter goes.
struct Recipient {
    Personal name;  // may be empty
    Personal address;
};

class Letters {
  public:
    Letters(const Services& services, std::string public_url)
        : services_(services), url_(std::move(public_url)) {}

    [[nodiscard]] Written write(const MailItem& item) const;

  private:
    [[nodiscard]] Written confirm(const MailItem& item) const;
    [[nodiscard]] Written known_address(const MailItem& item) const;
    [[nodiscard]] Written reset(const MailItem& item) const;
    [[nodiscard]] Written invite(const MailItem& item) const;
    [[nodiscard]] Written missed(const MailItem& item) const;
    [[nodiscard]] Written answer_waiting(const MailItem& item) const;

    // An account that a mail is to, with what it says of itself.
    struct Person {
        projections::AccountItem account;
        projections::PersonItem is;
    };
    [[nodiscard]] events::Result<std::optional<Person>> person(const Uuid& account) const;
    [[nodiscard]] events::Result<std::optional<Recipient>> expert(const events::TenantId& tenant,
                                                                  const Uuid& id) const;
    [[nodiscard]] events::Result<std::optional<Personal>> company(
        const events::TenantId& tenant) const;
    // A conversation of which an expert has something to read.
    struct Waiting {
        events::StreamId conversation;
        projections::ConversationHead head;
        events::Version after;  // what is behind this, up to and with the next
        events::Version up_to;
    };
    [[nodiscard]] events::Result<std::vector<Waiting>> waiting(const MailItem& item) const;
    // At most `limit` of them; what is beyond is counted.
    [[nodiscard]] events::Status add_messages(const MailItem& item,
                                              const Waiting& waiting,
                                              std::size_t limit,
                                              mail::MissedMessages& messages) const;

    [[nodiscard]] Personal link(std::string_view about) const {
        return Personal(std::string(url_).append("/#").append(about));
    }
    [[nodiscard]] events::Result<Personal> token_link(std::string_view what,
                                                      const MailItem& item,
                                                      events::StreamKind kind) const;
    [[nodiscard]] Personal conversation_link(const events::TenantId& tenant,
                                             const events::StreamId& conversation) const {
        return link("conversation=" + events::public_id(tenant, conversation));
    }
    [[nodiscard]] events::Result<Personal> answer_link(const MailItem& item) const;
    // Nobody wants to be told of what was written so long ago.
    [[nodiscard]] bool is_too_old(const MailItem& item) const {
        return services_.now_ms() - item.row.queued_unix_ms() > projections::kUnreadMailedForMs;
    }

    const Services& services_;
    std::string url_;
};

Uuid recipient_of(const MailItem& item) {
    return Uuid::from_bytes(item.row.queued().recipient_id()).value_or(Uuid{});
}

events::StreamId conversation_of(const MailItem& item) {
    return {
        .kind = kConversationKind,
        .uuid = Uuid::from_bytes(item.row.queued().conversation_id()).value_or(Uuid{}),
    };
}

Letter letter_to(Recipient recipient, mail::Mail content) {
    Letter letter;
    letter.to = {.name = std::move(recipient.name), .address = std::move(recipient.address)};
    letter.content = std::move(content);
    return letter;
}

Written Letters::write(const MailItem& item) const {
    switch (item.row.queued().template_()) {
        case parlour::mail::v1::TEMPLATE_CONFIRM_EMAIL:
            return confirm(item);
        case parlour::mail::v1::TEMPLATE_ADDRESS_KNOWN:
            return known_address(item);
        case parlour::mail::v1::TEMPLATE_RESET_PASSWORD:
            return reset(item);
        case parlour::mail::v1::TEMPLATE_INVITATION:
            return invite(item);
        case parlour::mail::v1::TEMPLATE_MISSED_MESSAGES:
        case parlour::mail::v1::TEMPLATE_MISSED_DIGEST:
            return missed(item);
        case parlour::mail::v1::TEMPLATE_ANSWER_WAITING:
            return answer_waiting(item);
        default:
            return events::fail(Errc::kUnknownSchema, "a mail of an unknown kind");
    }
}

events::Result<std::optional<Letters::Person>> Letters::person(const Uuid& account) const {
    auto found = services_.views.accounts.find(services_.store, account);
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    auto is = services_.views.accounts.person(
        services_.store, services_.keys, account, services_.now_ms());
    if (!is) return std::unexpected(is.error());
    if (!*is) return std::nullopt;
    return std::optional(Person{.account = **std::move(found), .is = **std::move(is)});
}

// By the account, once there is one; else the address that the company gave.
events::Result<std::optional<Recipient>> Letters::expert(const events::TenantId& tenant,
                                                         const Uuid& id) const {
    auto item = services_.views.roster.person(
        services_.store, services_.keys, tenant, id, services_.now_ms());
    if (!item) return std::unexpected(item.error());
    if (!*item || (*item)->deactivated || !(*item)->name || !(*item)->email) return std::nullopt;
    Recipient recipient{.name = *(*item)->name, .address = *(*item)->email};
    if ((*item)->account) {
        auto found = person(*(*item)->account);
        if (!found) return std::unexpected(found.error());
        if (!*found || !(*found)->account.usable()) return std::nullopt;
        recipient.address = std::move((*found)->is.email);
    }
    return std::optional(std::move(recipient));
}

events::Result<std::optional<Personal>> Letters::company(const events::TenantId& tenant) const {
    auto profile = services_.views.companies.profile(
        services_.store, services_.keys, tenant, services_.now_ms());
    if (!profile) return std::unexpected(profile.error());
    if (!*profile) return std::nullopt;
    return std::move((*profile)->name);
}

events::Result<Personal> Letters::token_link(std::string_view what,
                                             const MailItem& item,
                                             events::StreamKind kind) const {
    const auto keys = services_.keys.tenant_keys(item.tenant);
    if (!keys) return std::unexpected(keys.error());
    const auto about = events::public_id(item.tenant, {.kind = kind, .uuid = recipient_of(item)});
    return link(
        std::string(what).append("=").append(link_token(about, mail_secret(**keys, item.id))));
}

events::Result<Personal> Letters::answer_link(const MailItem& item) const {
    const auto keys = services_.keys.tenant_keys(item.tenant);
    if (!keys) return std::unexpected(keys.error());
    const AnswerLink about{.conversation = conversation_of(item).uuid,
                           .from = events::Version{item.row.queued().from_version()},
                           .until_unix_ms = item.row.queued_unix_ms() + kAnswerLinkValidMs};
    return Personal(url_ + "/answer#" + write_answer_link(**keys, item.tenant, about));
}

Written Letters::confirm(const MailItem& item) const {
    auto found = person(recipient_of(item));
    if (!found) return std::unexpected(found.error());
    if (!*found) return kGone;
    const auto& account = (*found)->account;
    const auto& token = account.confirmation;
    if (account.confirmed || account.expired || !token || token->mail != item.id ||
        token->valid_until_ms <= services_.now_ms()) {
        return kOver;
    }
    auto where = token_link("confirm", item, kAccountKind);
    if (!where) return std::unexpected(where.error());
    auto letter = letter_to({.name = (*found)->is.name, .address = (*found)->is.email},
                            mail::ConfirmEmail{.name = (*found)->is.name,
                                               .link = *std::move(where),
                                               .until_unix_ms = token->valid_until_ms});
    letter.confirmed = false;
    letter.language = language_of(account.locale);
    return letter;
}

Written Letters::known_address(const MailItem& item) const {
    auto found = person(recipient_of(item));
    if (!found) return std::unexpected(found.error());
    if (!*found) return kGone;
    auto letter = letter_to({.name = (*found)->is.name, .address = (*found)->is.email},
                            mail::RegistrationForKnownAddress{.log_in_link = link("log-in"),
                                                              .reset_link = link("reset")});
    letter.confirmed = (*found)->account.confirmed;
    letter.language = language_of((*found)->account.locale);
    return letter;
}

Written Letters::reset(const MailItem& item) const {
    auto found = person(recipient_of(item));
    if (!found) return std::unexpected(found.error());
    if (!*found) return kGone;
    const auto& account = (*found)->account;
    if (!account.usable() || !account.reset || account.reset->mail != item.id ||
        account.reset->valid_until_ms <= services_.now_ms()) {
        return kOver;
    }
    auto where = token_link("reset", item, kAccountKind);
    if (!where) return std::unexpected(where.error());
    auto letter = letter_to({.name = (*found)->is.name, .address = (*found)->is.email},
                            mail::ResetPassword{.name = (*found)->is.name,
                                                .link = *std::move(where),
                                                .until_unix_ms = account.reset->valid_until_ms});
    letter.language = language_of(account.locale);
    return letter;
}

Written Letters::invite(const MailItem& item) const {
    auto found = services_.views.invitations.find(
        services_.store, services_.keys, item.tenant, recipient_of(item), services_.now_ms());
    if (!found) return std::unexpected(found.error());
    if (!*found || !(*found)->email) return kGone;
    auto& invitation = **found;
    if (invitation.state != InvitationState::INVITATION_STATE_OPEN ||
        invitation.mail != std::optional(item.id) ||
        invitation.valid_until_ms <= services_.now_ms()) {
        return kOver;
    }
    auto name = company(item.tenant);
    if (!name) return std::unexpected(name.error());
    if (!*name) return kGone;
    auto where = token_link("invitation", item, kInvitationKind);
    if (!where) return std::unexpected(where.error());
    const bool expert = std::ranges::find(invitation.roles, parlour::company::v1::ROLE_EXPERT) !=
                        invitation.roles.end();
    auto letter = letter_to(
        {.name = invitation.name.value_or(Personal()), .address = *std::move(invitation.email)},
        mail::Invitation{.role = expert ? mail::InvitedAs::kExpert : mail::InvitedAs::kAdmin,
                         .company = **std::move(name),
                         .inviter = {},
                         .link = *std::move(where),
                         .until_unix_ms = invitation.valid_until_ms});
    letter.confirmed = false;
    letter.language = language_of(invitation.locale);
    return letter;
}

// What the mail covers and the expert has not read since, without what was erased.
events::Result<std::vector<Letters::Waiting>> Letters::waiting(const MailItem& item) const {
    const auto covers = services_.views.mails.covers(
        services_.store, item.tenant, item.id, kDigestConversationsMax);
    if (!covers) return std::unexpected(covers.error());
    std::vector<Waiting> waiting;
    for (const auto& cover : *covers) {
        const events::StreamId stream{.kind = kConversationKind, .uuid = cover.conversation};
        const auto head = services_.views.conversations.find(services_.store, item.tenant, stream);
        if (!head) {
            const auto code = head.error().code;
            if (code == Errc::kNotFound || code == Errc::kErased) continue;
            return std::unexpected(head.error());
        }
        if (head->expert_read.up_to >= cover.up_to) continue;
        const events::Version before{cover.from.value -
                                     std::min<std::uint64_t>(cover.from.value, 1)};
        waiting.push_back({.conversation = stream,
                           .head = *head,
                           .after = std::max(before, head->expert_read.up_to),
                           .up_to = cover.up_to});
    }
    return waiting;
}

events::Status Letters::add_messages(const MailItem& item,
                                     const Waiting& waiting,
                                     std::size_t limit,
                                     mail::MissedMessages& messages) const {
    const auto card = services_.views.visitors.card(
        services_.store, services_.keys, item.tenant, waiting.head.visitor, services_.now_ms());
    if (!card && card.error().code != Errc::kNotFound) return std::unexpected(card.error());
    const auto visitor = card && card->name ? *card->name : Personal();
    auto after = waiting.after;
    std::size_t shown = 0;
    bool more = true;
    while (more && after < waiting.up_to) {
        auto page = services_.views.conversations.page(services_.store,
                                                       services_.keys,
                                                       item.tenant,
                                                       waiting.conversation,
                                                       {.after = after, .limit = kPage},
                                                       services_.now_ms());
        if (!page) return std::unexpected(page.error());
        for (auto& message : page->items) {
            if (message.version > waiting.up_to) break;
            if (message.author != parlour::conversation::v1::AUTHOR_VISITOR || !message.text) {
                continue;
            }
            if (shown++ >= limit) {
                ++messages.more;
                continue;
            }
            messages.messages.push_back({.visitor = visitor,
                                         .sent_unix_ms = message.time_unix_ms,
                                         .text = *std::move(message.text),
                                         .link = {}});
        }
        more = page->more;
        after = page->cursor;
    }
    return {};
}

// Each conversation that is shown gets its share of the messages, and its own link.
Written Letters::missed(const MailItem& item) const {
    if (is_too_old(item)) return kOver;
    const auto conversations = waiting(item);
    if (!conversations) return std::unexpected(conversations.error());
    if (conversations->empty()) return kRead;
    auto recipient = expert(item.tenant, recipient_of(item));
    if (!recipient) return std::unexpected(recipient.error());
    if (!*recipient) return kGone;
    if ((*recipient)->address.reveal().empty()) return kNoAddress;
    auto name = company(item.tenant);
    if (!name) return std::unexpected(name.error());
    if (!*name) return kGone;
    const std::size_t shown = std::min(conversations->size(), mail::kMissedShownMax);
    const bool several = conversations->size() > 1;
    mail::MissedMessages messages;
    for (const auto& one : std::span(*conversations).first(shown)) {
        const auto before = messages.messages.size();
        const auto added = add_messages(item, one, mail::kMissedShownMax / shown, messages);
        if (!added) return std::unexpected(added.error());
        if (several && messages.messages.size() > before) {
            messages.messages.back().link = conversation_link(item.tenant, one.conversation);
        }
    }
    if (messages.messages.empty()) return kRead;
    messages.name = (*recipient)->name;
    messages.company = **std::move(name);
    messages.conversations = conversations->size();
    messages.link = several ? Personal(url_ + "/portal")
                            : conversation_link(item.tenant, conversations->front().conversation);
    return letter_to(**std::move(recipient), std::move(messages));
}

Written Letters::answer_waiting(const MailItem& item) const {
    if (is_too_old(item)) return kOver;
    const auto conversation =
        services_.views.conversations.find(services_.store, item.tenant, conversation_of(item));
    if (!conversation) return std::unexpected(conversation.error());
    if (conversation->visitor_read.up_to.value >= item.row.queued().up_to_version()) return kRead;
    auto visitor = services_.views.visitors.own(
        services_.store, services_.keys, item.tenant, recipient_of(item), services_.now_ms());
    if (!visitor) return std::unexpected(visitor.error());
    if (visitor->erased) return kGone;
    // What the company's server vouches for goes before what was said.
    auto& verified = visitor->verified;
    if (verified && !verified->email.empty()) visitor->email = std::move(verified->email);
    if (!visitor->email || visitor->email->reveal().empty()) return kNoAddress;
    auto name = company(item.tenant);
    if (!name) return std::unexpected(name.error());
    if (!*name) return kGone;
    auto where = answer_link(item);
    if (!where) return std::unexpected(where.error());
    auto letter =
        letter_to({.name = {}, .address = *std::move(visitor->email)},
                  mail::AnswerWaiting{.company = **std::move(name), .link = *std::move(where)});
    letter.confirmed = false;
    return letter;
}

}  // namespace

LetterWriter letter_writer(const Services& services, std::string public_url) {
    const auto letters = std::make_shared<const Letters>(services, std::move(public_url));
    return [letters](const MailItem& item) { return letters->write(item); };
}

}  // namespace gateway
