#include "gateway/forward_home.hpp"

#include <array>
#include <string_view>

#include "gateway/auth.hpp"

namespace gateway {
namespace {

using events::TenantId;

// What works on accounts, addresses and passwords belongs to the platform, whoever asks.
struct AccountRoute {
    std::string_view method;
    std::string_view path;
};
constexpr std::array kAccountRoutes{
    AccountRoute{"POST", "/api/v1/sessions"},
    AccountRoute{"POST", "/api/v1/registrations"},
    AccountRoute{"POST", "/api/v1/registrations/mails"},
    AccountRoute{"POST", "/api/v1/registrations/confirmations"},
    AccountRoute{"POST", "/api/v1/customers/registrations"},
    AccountRoute{"POST", "/api/v1/customers/confirmations"},
    AccountRoute{"POST", "/api/v1/customers/sessions"},
    AccountRoute{"POST", "/api/v1/password-resets"},
    AccountRoute{"POST", "/api/v1/password-resets/completions"},
    AccountRoute{"PUT", "/api/v1/me/password"},
    AccountRoute{"POST", "/api/v1/invitations/acceptances"},
};

// Behind these a key or a company's id follows.
constexpr std::array<std::string_view, 4> kNamedInPath{
    "/api/v1/widget/", "/widget/", "/api/v1/cards/", "/card/"};

std::optional<TenantId> tenant_before(std::string_view text) {
    constexpr std::size_t kDigits = TenantId::kSize * 2;
    if (text.size() < kDigits) return std::nullopt;
    return events::parse_tenant(text.substr(0, kDigits));
}

std::optional<TenantId> tenant_in_path(std::string_view path) {
    for (const auto prefix : kNamedInPath) {
        if (path.starts_with(prefix)) return tenant_before(path.substr(prefix.size()));
    }
    return std::nullopt;
}

std::optional<TenantId> tenant_of_credential(const Request& request) {
    if (request.header("authorization")) {
        return tenant_before(bearer_token(request).value_or(""));
    }
    for (const auto name : {kSecureSessionCookie, kSessionCookie}) {
        if (const auto value = cookie_of(request, name)) return tenant_before(*value);
    }
    return std::nullopt;
}

}  // namespace

std::optional<TenantId> home_of(const Request& request) {
    for (const auto& route : kAccountRoutes) {
        if (request.path == route.path && request.method == route.method) {
            return events::kPlatformTenant;
        }
    }
    if (const auto tenant = tenant_in_path(request.path)) return tenant;
    if (!request.path.starts_with("/api/")) return std::nullopt;
    return tenant_of_credential(request);
}

}  // namespace gateway
