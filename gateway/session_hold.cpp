#include "gateway/session_hold.hpp"

namespace gateway {

bool holds(const projections::SessionItem& session,
           const projections::AccountItem& account,
           std::int64_t now_ms) {
    if (now_ms >= session.expires_ms) return false;
    if (account.kept_session == session.id) return true;
    // Of a session that does not say its password, its time tells.
    return session.credential ? *session.credential == account.credential
                              : session.started_ms > account.password_since_ms;
}

}  // namespace gateway
