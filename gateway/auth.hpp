#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/outcome.hpp"
#include "gateway/services.hpp"

// Who is asking. So far one audience: integrators with a scoped API token (Authorization: Bearer).
// A token's text is TENANT-tok-SECRET; only its SHA-256 is known here.
namespace gateway {

struct Principal {
    events::TenantId tenant;
    events::Uuid token;
    std::vector<parlour::company::v1::Scope> scopes;
};

// How long a token once found is believed without looking again; a revoked one works that long.
inline constexpr std::int64_t kTokenLeaseMs = 5'000;
inline constexpr std::size_t kKnownTokensMax = 10'000;

class Authenticator {
  public:
    explicit Authenticator(const Services& services) : services_(services) {}

    // Takes the value of the Authorization header, empty when there is none. 401 with
    // WWW-Authenticate for a missing, malformed or unknown token; 403 without the scope.
    net::awaitable<Outcome<Principal>> authenticate(std::string authorization,
                                                    parlour::company::v1::Scope scope);

  private:
    struct Known {
        Principal principal;
        std::int64_t until_ms;
    };
    net::awaitable<Outcome<Principal>> find(events::TenantId tenant, events::Digest token_sha256);

    const Services& services_;
    std::mutex mutex_;
    std::map<events::Digest, Known> known_;  // under mutex_
};

}  // namespace gateway
