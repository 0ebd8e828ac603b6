#include "gateway/stranger_quotas.hpp"

#include <algorithm>

#include "gateway/budgets.hpp"

namespace gateway {
namespace {

constexpr unsigned kAtOnce = 6;  // one in so many
constexpr std::size_t kTenantsMax = 100'000;

// Ids of tenants are random, or the platform's: they need no hashing.
std::uint64_t key_of(const events::TenantId& tenant) {
    std::uint64_t key = 0;
    for (const char byte : tenant.view()) {
        key = (key << 8U) | static_cast<unsigned char>(byte);
    }
    return key;
}

std::optional<Response> refusal_after(std::optional<std::chrono::milliseconds> wait) {
    if (!wait) return std::nullopt;
    return too_many("quota-reached", *wait);
}

}  // namespace

Rate hourly(unsigned count) {
    constexpr std::chrono::milliseconds kHour = std::chrono::hours(1);
    return {.burst = std::max(1U, count / kAtOnce), .every = kHour / std::max(1U, count)};
}

StrangerQuotas::StrangerQuotas(const QuotaSettings& settings)
    : writes_(hourly(settings.visitor_writes_per_hour), kTenantsMax),
      newcomers_(hourly(settings.new_visitors_per_hour), kTenantsMax),
      registrations_(hourly(settings.registrations_per_hour), kTenantsMax) {}

std::optional<Response> StrangerQuotas::refuse_write(const events::TenantId& company,
                                                     std::int64_t now_ms) {
    return refusal_after(writes_.take(key_of(company), now_ms));
}

std::optional<Response> StrangerQuotas::refuse_newcomer(const events::TenantId& company,
                                                        std::int64_t now_ms) {
    return refusal_after(newcomers_.take(key_of(company), now_ms));
}

std::optional<Response> StrangerQuotas::refuse_registration(const events::TenantId& tenant,
                                                            std::int64_t now_ms) {
    return refusal_after(registrations_.take(key_of(tenant), now_ms));
}

}  // namespace gateway
