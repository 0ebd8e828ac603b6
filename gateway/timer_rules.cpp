#include "gateway/timer_rules.hpp"

#include <optional>
#include <string>
#include <utility>

#include "commands/account.hpp"
#include "commands/conversation.hpp"
#include "commands/invitation.hpp"
#include "commands/reservation.hpp"
#include "events/bytes.hpp"
#include "events/crypto.hpp"
#include "gateway/awaited_answer.hpp"

namespace gateway {
namespace {

using parlour::conversation::v1::Author;
using projections::Timer;
using projections::TimerKind;

// What fails here comes again with the timer.
template <commands::Decider A>
void carry_out(const Services& services, const Timer& timer, typename A::Command command) {
    const auto keys = services.keys.tenant_keys(timer.tenant);
    if (!keys) return;
    const char kind = static_cast<char>(timer.kind);
    const auto version = events::number_bytes(timer.version.value);
    commands::CommandMeta meta;
    meta.tenant = timer.tenant;
    meta.id = events::id_from<events::CommandId>(events::keyed_hash(
        (*keys)->command_ids,
        {"timer", {&kind, 1}, timer.stream.uuid.view(), {version.data(), version.size()}}));
    meta.now_ms = services.now_ms();
    AwaitedAnswer awaited;
    services.writer.submit<A>(timer.stream.uuid, std::move(command), meta, awaited.receiver());
    awaited.wait();
}

// The token of a mail may be over before the account is.
void expire_account(const Services& services, const Timer& timer) {
    const auto account = services.views.accounts.find(services.store, timer.stream.uuid);
    if (!account || !*account || (*account)->confirm_before_ms > services.now_ms()) return;
    carry_out<commands::Account>(services, timer, commands::ExpireConfirmation{});
}

// A slug is kept once its card was published, and given back where that never came about.
void look_at_slug(const Services& services, const Timer& timer) {
    const auto held =
        services.views.accounts.reservation(services.store, timer.stream.uuid, timer.tenant);
    const auto expert =
        services.views.cards.expert_of(services.store, timer.tenant, timer.stream.uuid);
    if (!held || !*held || !expert) return;
    const commands::Holder holder{.tenant = (*held)->holder_tenant, .id = (*held)->holder};
    if (*expert == holder.id) {
        carry_out<commands::Reservation>(
            services, timer, commands::ConfirmReservation{.holder = holder});
    } else {
        carry_out<commands::Reservation>(
            services,
            timer,
            commands::ReleaseReservation{
                .holder = holder, .reason = parlour::reservation::v1::RELEASE_REASON_EXPIRED});
    }
}

// What became of the holder decides: one that still waits keeps it. Addresses are held in the
// platform tenant, slugs in their company's.
void look_at_reservation(const Services& services, const Timer& timer) {
    if (timer.tenant != events::kPlatformTenant) return look_at_slug(services, timer);
    const auto& accounts = services.views.accounts;
    const auto reservation = accounts.reservation(services.store, timer.stream.uuid);
    if (!reservation || !*reservation) return;
    const commands::Holder holder{.tenant = (*reservation)->holder_tenant,
                                  .id = (*reservation)->holder};
    const auto account = accounts.find(services.store, holder.id);
    if (!account) return;
    if (*account && (*account)->confirmed) {
        carry_out<commands::Reservation>(
            services, timer, commands::ConfirmReservation{.holder = holder});
    } else if (!*account || (*account)->expired) {
        carry_out<commands::Reservation>(
            services,
            timer,
            commands::ReleaseReservation{
                .holder = holder, .reason = parlour::reservation::v1::RELEASE_REASON_EXPIRED});
    }
}

// The expert's own language, once it has an account.
std::optional<std::string> locale_of_expert(const Services& services,
                                            const events::TenantId& tenant,
                                            const events::Uuid& expert) {
    const auto item = services.views.roster.find(services.store, tenant, expert);
    if (!item || !*item || !(*item)->account) return std::nullopt;
    const auto account = services.views.accounts.find(services.store, *(*item)->account);
    if (!account || !*account) return std::nullopt;
    return (*account)->locale;
}

// The reader's language: an expert's own, else that of the widget that they met in.
std::string locale_of(const Services& services,
                      const Timer& timer,
                      const projections::ConversationHead& head,
                      Author reader) {
    if (reader == parlour::conversation::v1::AUTHOR_EXPERT) {
        const auto own = locale_of_expert(services, timer.tenant, head.expert);
        if (own) return *own == "de" ? "de" : "en";
    }
    if (!head.widget) return "en";
    const auto widget = services.known_widgets.by_id(timer.tenant, *head.widget, services.now_ms());
    return widget && (*widget)->item.settings.locale() == "de" ? "de" : "en";
}

void mail_unread(const Services& services,
                 MissedDigests& digests,
                 const Timer& timer,
                 Author reader) {
    const auto head = services.views.conversations.find(services.store, timer.tenant, timer.stream);
    if (!head) return;
    std::optional<events::Uuid> mail;
    if (reader == parlour::conversation::v1::AUTHOR_EXPERT) {
        const auto* const there = services.availability;
        if (there != nullptr && !there->is_offline(timer.tenant, head->expert)) return;
        mail = digests.mail_for(timer.tenant, head->expert);
        if (!mail) return;
    }
    carry_out<commands::Conversation>(
        services,
        timer,
        commands::MailUnread{.reader = reader,
                             .locale = locale_of(services, timer, *head, reader),
                             .waited_for = timer.version,
                             .mail = mail});
}

TimerRunner::Rule unread_rule(const Services& services,
                              MissedDigests& digests,
                              TimerKind kind,
                              Author reader,
                              std::chrono::milliseconds missed_after) {
    return {.kind = kind,
            .delay = missed_after,
            .within = std::chrono::milliseconds(projections::kUnreadMailedForMs),
            .carry_out = [&services, &digests, reader](const Timer& timer) {
                mail_unread(services, digests, timer, reader);
            }};
}

}  // namespace

std::vector<TimerRunner::Rule> expiry_rules(const Services& services) {
    return {
        {.kind = TimerKind::kConfirmation,
         .carry_out = [&services](const Timer& timer) { expire_account(services, timer); }},
        {.kind = TimerKind::kReservation,
         .carry_out = [&services](const Timer& timer) { look_at_reservation(services, timer); }},
        {.kind = TimerKind::kInvitation, .carry_out = [&services](const Timer& timer) {
             carry_out<commands::Invitation>(services, timer, commands::ExpireInvitation{});
         }}};
}

std::vector<TimerRunner::Rule> unread_rules(const Services& services,
                                            MissedDigests& digests,
                                            std::chrono::milliseconds missed_after) {
    return {unread_rule(services,
                        digests,
                        TimerKind::kUnreadByExpert,
                        parlour::conversation::v1::AUTHOR_EXPERT,
                        missed_after),
            unread_rule(services,
                        digests,
                        TimerKind::kUnreadByVisitor,
                        parlour::conversation::v1::AUTHOR_VISITOR,
                        missed_after)};
}

}  // namespace gateway
