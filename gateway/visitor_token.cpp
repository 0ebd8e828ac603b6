#include "gateway/visitor_token.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "events/crypto.hpp"
#include "gateway/async.hpp"
#include "parlour/visitor/v1/events.pb.h"

namespace gateway {
namespace {

using events::TenantId;
using events::Uuid;

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::size_t kMinuteBytes = 4;
constexpr std::size_t kMacBytes = 16;
constexpr std::size_t kClearBytes = 2 * Uuid::kSize + kMinuteBytes;

// How long a company once found is believed to be there.
constexpr std::int64_t kCompanyLeaseMs = 60'000;
constexpr std::size_t kKnownCompaniesMax = 10'000;

std::string mac_of(const events::TenantKeys& keys, const TenantId& tenant, std::string_view clear) {
    const auto key = events::derive_key(keys.command_ids, "parlour/visitor-token/v1");
    const auto mac = events::keyed_hash(key, {tenant.view(), clear});
    return {reinterpret_cast<const char*>(mac.data()), kMacBytes};
}

events::Key256 vouched_key(const events::TenantKeys& keys) {
    return events::derive_key(keys.command_ids, "parlour/visitor-token-vouched/v1");
}

std::string associated(const TenantId& tenant, std::string_view clear) {
    return std::string(tenant.view()).append(clear);
}

// In the token it has the event's form.
std::string vouched_bytes(const commands::Vouched& vouched) {
    parlour::visitor::v1::VisitorVerified said;
    said.set_secret_id(std::string(vouched.secret.view()));
    said.set_subject(vouched.subject.reveal());
    said.set_name(vouched.name.reveal());
    said.set_email(vouched.email.reveal());
    said.set_issued_unix_ms(vouched.issued_unix_ms);
    return said.SerializeAsString();
}

std::shared_ptr<const commands::Vouched> vouched_in(const std::string& bytes) {
    parlour::visitor::v1::VisitorVerified said;
    if (!said.ParseFromString(bytes)) return nullptr;
    const auto secret = Uuid::from_bytes(said.secret_id());
    if (!secret) return nullptr;
    return std::make_shared<const commands::Vouched>(
        commands::Vouched{.secret = *secret,
                          .subject = events::Personal(said.subject()),
                          .name = events::Personal(said.name()),
                          .email = events::Personal(said.email()),
                          .issued_unix_ms = said.issued_unix_ms()});
}

std::string minute_bytes(std::int64_t unix_ms) {
    const auto minute = static_cast<std::uint32_t>(unix_ms / kMinuteMs);
    std::string bytes;
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        bytes.push_back(static_cast<char>((minute >> (shift - 8)) & 0xffU));
    }
    return bytes;
}

std::int64_t minute_ms(std::string_view bytes) {
    std::uint32_t minute = 0;
    for (const char c : bytes) minute = (minute << 8U) | static_cast<std::uint8_t>(c);
    return std::int64_t{minute} * kMinuteMs;
}

// Believes in a company for a while, so that a request rarely asks the disk.
class Companies {
  public:
    bool has(const TenantId& tenant, std::int64_t now_ms) {
        const std::lock_guard lock(mutex_);
        const auto known = known_.find(tenant);
        return known != known_.end() && now_ms < known->second;
    }
    void add(const TenantId& tenant, std::int64_t now_ms) {
        const std::lock_guard lock(mutex_);
        if (known_.size() >= kKnownCompaniesMax) known_.clear();
        known_.insert_or_assign(tenant, now_ms + kCompanyLeaseMs);
    }

  private:
    std::mutex mutex_;
    std::map<TenantId, std::int64_t> known_;  // until when; under mutex_
};

std::unexpected<Response> not_known() {
    return unauthorized("The visitor token is not valid (any more); open the widget again.");
}

// `request` outlives the call, as Verifier says.
net::awaitable<Outcome<Principal>> verify(const Services* services,
                                          std::shared_ptr<Companies> companies,
                                          const Request* request) {
    const auto text = bearer_token(*request);
    const auto token = text ? parse_token(*text, kVisitorTokenTag) : std::nullopt;
    if (!token) co_return not_known();
    const auto tenant = token->tenant;
    const auto now = services->now_ms();
    if (!companies->has(tenant, now)) {
        const auto exists = co_await offload(services->pool, [services, tenant] {
            return services->views.access.exists(services->store, tenant);
        });
        if (!exists) co_return std::unexpected(problem(exists.error()));
        if (!*exists) co_return not_known();
        companies->add(tenant, now);
    }
    const auto keys = services->keys.tenant_keys(tenant);
    if (!keys) co_return std::unexpected(problem(keys.error()));
    const auto read = read_visitor_token(**keys, *token, now);
    if (!read) co_return not_known();
    Principal principal;
    principal.audience = Audience::kVisitor;
    principal.tenant = tenant;
    principal.actor_kind = parlour::log::v1::ACTOR_KIND_VISITOR;
    principal.actor = read->visitor;
    principal.widget = read->widget;
    principal.vouched = read->vouched;
    if (!principal.vouched) co_return principal;
    const auto widget = co_await offload(services->pool, [services, tenant, id = read->widget] {
        return services->known_widgets.by_id(tenant, id, services->now_ms());
    });
    if (!widget) co_return not_known();
    const auto& secrets = (*widget)->item.identity_secrets;
    if (std::ranges::find(secrets,
                          principal.vouched->secret,
                          &projections::IdentitySecretItem::id) == secrets.end()) {
        co_return not_known();
    }
    co_return principal;
}

}  // namespace

std::string write_visitor_token(const events::TenantKeys& keys,
                                const TenantId& tenant,
                                const VisitorToken& token) {
    std::string bytes;
    bytes.append(token.visitor.view()).append(token.widget.view());
    bytes.append(minute_bytes(token.issued_unix_ms));
    if (token.vouched) {
        bytes.append(events::encrypt(
            vouched_key(keys), associated(tenant, bytes), vouched_bytes(*token.vouched)));
    } else {
        bytes.append(mac_of(keys, tenant, bytes));
    }
    return events::to_text(tenant) + "-" + std::string(kVisitorTokenTag) + "-" +
           events::to_hex(bytes);
}

std::optional<VisitorToken> read_visitor_token(const events::TenantKeys& keys,
                                               const TokenText& text,
                                               std::int64_t now_ms) {
    if (text.rest.size() < 2 * (kClearBytes + kMacBytes)) return std::nullopt;
    const auto bytes = events::from_hex(text.rest);
    if (!bytes) return std::nullopt;
    const auto clear = std::string_view(*bytes).substr(0, kClearBytes);
    const auto proof = std::string_view(*bytes).substr(kClearBytes);
    std::shared_ptr<const commands::Vouched> vouched;
    if (proof.size() == kMacBytes) {
        if (!events::equal_secrets(mac_of(keys, text.tenant, clear), proof)) return std::nullopt;
    } else {
        const auto opened =
            events::decrypt(vouched_key(keys), associated(text.tenant, clear), proof);
        vouched = opened ? vouched_in(*opened) : nullptr;
        if (!vouched) return std::nullopt;
    }
    const auto visitor = Uuid::from_bytes(clear.substr(0, Uuid::kSize));
    const auto widget = Uuid::from_bytes(clear.substr(Uuid::kSize, Uuid::kSize));
    const VisitorToken token{.visitor = *visitor,
                             .widget = *widget,
                             .issued_unix_ms = minute_ms(clear.substr(2 * Uuid::kSize)),
                             .vouched = vouched};
    const auto valid_ms = vouched ? kVouchedTokenValidMs : kVisitorTokenValidMs;
    if (now_ms - token.issued_unix_ms >= valid_ms) return std::nullopt;
    return token;
}

bool is_fresh(const VisitorToken& token, std::int64_t now_ms) {
    return token.vouched || now_ms - token.issued_unix_ms < kVisitorTokenFreshMs;
}

Verifier visitor_verifier(const Services& services) {
    const auto companies = std::make_shared<Companies>();
    const auto* const borrowed = &services;
    return [borrowed, companies](const Request& request) {
        return verify(borrowed, companies, &request);
    };
}

}  // namespace gateway
