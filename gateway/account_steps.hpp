#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "commands/account.hpp"
#include "commands/mail.hpp"
#include "commands/reservation.hpp"
#include "gateway/account_access.hpp"
#include "gateway/async.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/limits.hpp"
#include "gateway/view_wait.hpp"
#include "parlour/session/v1/events.pb.h"

// The steps that registration, resets and invitations consist of. Each is one command to a stream
// of the platform tenant; `who` is the account that acts, if it is known. The services are borrowed
// and outlive the call.
namespace gateway {

inline constexpr std::int64_t kConfirmWithinMs = std::int64_t{7} * 24 * 60 * 60 * 1000;
inline constexpr std::int64_t kResetWithinMs = std::int64_t{60} * 60 * 1000;

// A command of nobody's request id: nothing of a password ever goes into a digest.
commands::CommandMeta step_meta(const events::TenantKeys& keys,
                                const events::TenantId& tenant,
                                const std::optional<events::Uuid>& who,
                                std::int64_t now_ms);

// The command's outcome, once the views show it.
template <commands::Decider A>
net::awaitable<commands::Answer> take_step(const Services* services,
                                           events::TenantId tenant,
                                           events::Uuid stream,
                                           typename A::Command command,
                                           std::optional<events::Uuid> who = std::nullopt) {
    const auto keys = services->keys.tenant_keys(tenant);
    if (!keys) {
        commands::Refusal refusal;
        refusal.kind = commands::Refusal::Kind::kFailed;
        refusal.error = keys.error();
        co_return std::unexpected(std::move(refusal));
    }
    const auto meta = step_meta(**keys, tenant, who, services->now_ms());
    auto answer = co_await execute<A>(services->writer, stream, std::move(command), meta);
    if (answer && answer->position.value > 0) {
        co_await view_reached(services, tenant, answer->position, kMinPositionWait);
    }
    co_return answer;
}

// The hash of a new password in the key ring, under a fresh id; as PasswordHasher::hash reports.
net::awaitable<events::Result<events::Uuid>> keep_new_password(const AccountServices* accounts,
                                                               events::Personal password);
// Takes one out again: of a command that was refused, or the one before.
net::awaitable<void> drop_password(const Services* services, events::Uuid credential);

// Tells the owner of an account that somebody wanted to register its address again.
net::awaitable<void> mail_known_address(const Services* services, projections::AccountItem account);

// A new token of a link to an account's address. The event that holds it makes the mail.
events::Result<commands::MailedToken> new_token(const Services& services, std::int64_t valid_ms);
// The account and the digest that a link's token stands for; nothing for another text.
struct AccountToken {
    events::Uuid account;
    events::Digest sha256{};
};
std::optional<AccountToken> account_token(std::string_view text);

// Ends every session of an account, in each of its companies, but `kept`. They may have stopped to
// count before (session_hold.hpp); so they end for the history too, and for nodes whose views are
// behind. False when not every end is written, or not shown where the session was begun.
net::awaitable<bool> end_sessions(const Services* services,
                                  events::Uuid account,
                                  std::optional<events::Uuid> kept,
                                  parlour::session::v1::SessionEnd reason);

}  // namespace gateway
