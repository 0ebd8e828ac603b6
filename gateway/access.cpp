#include "gateway/access.hpp"

#include <algorithm>

namespace gateway {
namespace {

bool has_any_role(const Access& access, const Principal& principal) {
    return std::ranges::any_of(access.roles, [&](Role role) {
        return std::ranges::find(principal.roles, role) != principal.roles.end();
    });
}

Response wrong_audience() {
    return problem(403, "audience-wrong", "This route is not for this kind of credential.");
}

}  // namespace

std::optional<Response> refusal_of(const Access& access, const Principal& principal) {
    if (access.everybody) return std::nullopt;
    switch (principal.audience) {
        case Audience::kNobody:
            break;
        case Audience::kIntegrator:
            if (!access.scope) return wrong_audience();
            if (std::ranges::find(principal.scopes, *access.scope) != principal.scopes.end()) {
                return std::nullopt;
            }
            return problem(403, "scope-missing", "The API token lacks the scope for this.");
        case Audience::kPortal:
            if (access.signed_in || has_any_role(access, principal)) return std::nullopt;
            if (access.roles.empty()) return wrong_audience();
            return problem(403, "role-missing", "The account lacks the role for this.");
        case Audience::kVisitor:
            if (access.visitor || (access.customer && principal.customer)) return std::nullopt;
            return wrong_audience();
    }
    return wrong_audience();
}

}  // namespace gateway
