#include "gateway/missed_digests.hpp"

#include <future>
#include <memory>

#include "events/crypto.hpp"
#include "gateway/awaited_answer.hpp"
#include "parlour/views/v1/mail.pb.h"

namespace gateway {

using events::Uuid;

// A mail that is tried is not joined, whoever tried it: it may have arrived.
bool MissedDigests::may_be_joined(const events::TenantId& tenant, const Open& open) const {
    if (open.conversations >= kDigestConversationsMax) return false;
    if (services_.now_ms() >= open.until_ms) return false;
    const auto mail = services_.views.mails.find(services_.store, tenant, open.mail);
    if (!mail) return mail.error().code == events::Errc::kNotFound;  // it is about to be queued
    return mail->row.progress() == parlour::views::v1::MAIL_PROGRESS_WAITING &&
           mail->row.attempts() == 0;
}

std::optional<Uuid> MissedDigests::mail_for(const events::TenantId& tenant, const Uuid& expert) {
    const std::pair name(tenant, expert);
    if (const auto known = open_.find(name); known != open_.end()) {
        if (may_be_joined(tenant, known->second)) {
            ++known->second.conversations;
            return known->second.mail;
        }
        open_.erase(known);
    }
    if (!views_caught_up(services_, tenant)) return std::nullopt;
    const auto newest = services_.views.mails.newest_missed(services_.store, tenant, expert);
    const auto keys = services_.keys.tenant_keys(tenant);
    if (!newest || !keys) return std::nullopt;
    const auto now = services_.now_ms();
    if (*newest && now < (*newest)->begun_unix_ms + pause_.count()) return std::nullopt;
    const auto mail = events::id_from<Uuid>(events::keyed_hash(
        (*keys)->command_ids,
        {"missed-digest", expert.view(), *newest ? (*newest)->mail.view() : std::string_view()}));
    open_.emplace(
        name,
        Open{.mail = mail, .until_ms = now + kDigestJoinedWithin.count(), .conversations = 1});
    return mail;
}

void MissedDigests::close(const events::TenantId& tenant, const Uuid& mail) {
    std::erase_if(open_, [&](const auto& one) {
        return one.first.first == tenant && one.second.mail == mail;
    });
}

bool views_caught_up(const Services& services, const events::TenantId& tenant) {
    const auto head = services.history.head(tenant);
    if (!head) return false;
    if (head->value == 0) return true;
    const auto offset = services.history.offset_of(tenant, *head);
    if (!offset) return false;
    const auto reached = std::make_shared<std::promise<bool>>();
    auto answer = reached->get_future();
    services.runner.when_reached(events::partition_of(tenant, services.history.partitions()),
                                 *offset,
                                 [reached](bool yes) { reached->set_value(yes); });
    return answer.wait_for(AwaitedAnswer::kLongest) == std::future_status::ready && answer.get();
}

}  // namespace gateway
