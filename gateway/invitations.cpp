#include "gateway/invitations.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "commands/company.hpp"
#include "commands/expert.hpp"
#include "commands/invitation.hpp"
#include "gateway/account_steps.hpp"
#include "gateway/budgets.hpp"
#include "gateway/company.hpp"
#include "gateway/json_body.hpp"
#include "gateway/list_page.hpp"
#include "gateway/mail_token.hpp"
#include "gateway/resource.hpp"
#include "gateway/role_names.hpp"
#include "gateway/session_start.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Account;
using commands::Invitation;
using commands::Reservation;
using events::Personal;
using events::Result;
using events::Uuid;
using parlour::views::v1::InvitationState;
using projections::InvitationItem;

constexpr std::string_view kNotFound = "invitation-not-found";
constexpr std::string_view kInvitations = "/api/v1/company/invitations";

constexpr std::array kStates{
    Named<InvitationState>{"open", InvitationState::INVITATION_STATE_OPEN},
    Named<InvitationState>{"accepted", InvitationState::INVITATION_STATE_ACCEPTED},
    Named<InvitationState>{"withdrawn", InvitationState::INVITATION_STATE_WITHDRAWN},
    Named<InvitationState>{"expired", InvitationState::INVITATION_STATE_EXPIRED}};

struct Inviting {
    Personal name;
    Personal email;
    std::vector<Role> roles;
    std::string locale;
    bool by_mail = true;  // else the token is shown to whoever invites
};

Outcome<Inviting> inviting_in(const json::object& object) {
    auto name = optional_string_member(object, "name");
    if (!name) return std::unexpected(name.error());
    auto email = string_member(object, "email");
    if (!email) return std::unexpected(email.error());
    const auto names = strings_member(object, "roles");
    if (!names) return std::unexpected(names.error());
    auto roles = values_named(kRoleNames, *names, "roles-invalid");
    if (!roles) return std::unexpected(roles.error());
    auto locale = optional_string_member(object, "locale");
    if (!locale) return std::unexpected(locale.error());
    Inviting inviting{.name = Personal(std::move(*name).value_or("")),
                      .email = Personal(std::move(*email)),
                      .roles = std::move(*roles),
                      .locale = std::move(*locale).value_or("en")};
    if (object.contains("by_mail")) {
        const auto by_mail = bool_member(object, "by_mail");
        if (!by_mail) return std::unexpected(by_mail.error());
        inviting.by_mail = *by_mail;
    }
    return inviting;
}

bool is_expert(const std::vector<Role>& roles) {
    return std::ranges::find(roles, Role::ROLE_EXPERT) != roles.end();
}

std::string invitation_id(const events::TenantId& tenant, const Uuid& invitation) {
    return events::public_id(tenant, {Invitation::kKind, invitation});
}

json::object invitation_json(const events::TenantId& tenant, const InvitationItem& item) {
    json::object object{{"id", invitation_id(tenant, item.id)},
                        {"roles", names_json(kRoleNames, item.roles)},
                        {"state", name_in(kStates, item.state)},
                        {"sent", events::format_time(item.sent_ms)},
                        {"valid_until", events::format_time(item.valid_until_ms)}};
    if (item.name && !item.name->empty()) object["name"] = item.name->reveal();
    if (item.email) object["email"] = item.email->reveal();
    return object;
}

class Invitations {
  public:
    explicit Invitations(const AccountServices& accounts)
        : accounts_(accounts), services_(accounts.services) {}

    net::awaitable<Response> send(Call call) const;
    net::awaitable<Response> list(Call call) const;
    net::awaitable<Response> withdraw(Call call) const;
    net::awaitable<Response> accept(Call call) const;

  private:
    struct Accepting {
        events::TenantId tenant;
        events::Digest sha256{};
        InvitationItem invitation;
        Personal name;
        Personal password;
    };
    // The invitation of a token that is still good.
    net::awaitable<Outcome<Accepting>> accepting_in(const Request* request) const;
    // The account of whoever accepts: known by its password, or made now.
    net::awaitable<Outcome<Shown>> account_for(Accepting who) const;
    net::awaitable<Outcome<Shown>> make_account(Accepting who, Uuid reservation) const;
    // Accepts, and waits until the account is what the invitation makes of it.
    net::awaitable<std::optional<Response>> join(Accepting who, Uuid account) const;

    const AccountServices& accounts_;
    const Services& services_;
};

// Ids and token are made of the command's id: a repeat of the request gives the same ones.
net::awaitable<Response> Invitations::send(Call call) const {
    const auto& me = call.principal;
    if (accounts_.registration == Registration::kClosed) {
        co_return problem(403, "registration-closed", "The operator lets nobody in here.");
    }
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    auto inviting = inviting_in(*object);
    if (!inviting) co_return inviting.error();
    const auto meta = meta_of(services_, me, call.request, {call.request.body});
    if (!meta) co_return meta.error();
    const auto found = services_.keys.tenant_keys(me.tenant);
    if (!found) co_return problem(found.error());
    const auto& keys = **found;
    const auto derived = [&](std::string_view what) {
        return derived_stream(keys, derived_command(keys, meta->id, what));
    };
    const Uuid invitation = derived_stream(keys, meta->id);
    const Uuid mail = derived("invitation-mail");
    const Uuid expert = derived("invited-expert");
    const auto secret = mail_secret(keys, mail);
    const bool as_expert = is_expert(inviting->roles);
    if (as_expert) {
        auto step = *meta;
        step.id = derived_command(keys, meta->id, "invite-expert");
        step.expected.reset();
        const auto added = co_await execute<commands::Expert>(
            services_.writer,
            expert,
            commands::InviteExpert{
                .name = inviting->name, .email = inviting->email, .invitation = invitation},
            step);
        if (!added) co_return refusal_response(added.error());
    }
    const auto sent = co_await execute<Invitation>(
        services_.writer,
        invitation,
        commands::SendInvitation{.name = inviting->name,
                                 .email = inviting->email,
                                 .roles = inviting->roles,
                                 .locale = inviting->locale,
                                 .token_sha256 = events::sha256({secret}),
                                 .valid_until_ms = services_.now_ms() + kInvitationValidMs,
                                 .mail = inviting->by_mail ? std::optional(mail) : std::nullopt,
                                 .expert = as_expert ? std::optional(expert) : std::nullopt},
        *meta);
    const auto id = invitation_id(me.tenant, invitation);
    json::object answer{{"id", id}};
    if (as_expert) {
        answer["expert"] = events::public_id(me.tenant, {commands::Expert::kKind, expert});
    }
    if (!inviting->by_mail) answer["token"] = link_token(id, secret);
    co_return answer_of(201, sent, std::move(answer));
}

net::awaitable<Response> Invitations::list(Call call) const {
    const auto tenant = call.principal.tenant;
    const auto page = list_page_in(call.request.query);
    if (!page) co_return page.error();
    if (auto behind = co_await wait_for_position(&services_, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto* const services = &services_;
    const auto found = co_await offload(services_.pool, [services, tenant] {
        return services->views.invitations.list(
            services->store, services->keys, tenant, services->now_ms());
    });
    if (!found) co_return problem(found.error());
    json::array items;
    for (const auto& item : *found) items.push_back(invitation_json(tenant, item));
    const auto answer = page_of(std::move(items), *page, {.path = kInvitations});
    co_return answer ? json_response(200, *answer) : answer.error();
}

net::awaitable<Response> Invitations::withdraw(Call call) const {
    const auto id = own_id(call.principal, call.segments.front(), Invitation::kKind, kNotFound);
    if (!id) co_return id.error();
    const auto meta = meta_of(services_, call.principal, call.request, {"withdraw"});
    if (!meta) co_return meta.error();
    co_return answer_of(
        200,
        co_await execute<Invitation>(services_.writer, *id, commands::WithdrawInvitation{}, *meta),
        {});
}

net::awaitable<Outcome<Invitations::Accepting>> Invitations::accepting_in(
    const Request* request) const {
    const auto object = parse_stranger(*request);
    if (!object) co_return std::unexpected(object.error());
    const auto text = string_member(*object, "token");
    if (!text) co_return std::unexpected(text.error());
    auto password = string_member(*object, "password");
    if (!password) co_return std::unexpected(password.error());
    auto name = optional_string_member(*object, "name");
    if (!name) co_return std::unexpected(name.error());
    const auto over = refuse(410, "token-invalid", "The link is not valid; ask for a new one.");
    const auto token = parse_link_token(*text);
    if (!token || token->about.tag != "inv") co_return over;
    const auto* const services = &services_;
    const auto tenant = token->about.tenant;
    // Whoever was shown the link may be faster than the view.
    if (!co_await caught_up(services, tenant, kMinPositionWait)) {
        co_return std::unexpected(view_behind());
    }
    auto found = co_await offload(
        services_.pool,
        [services, tenant, id = token->about.uuid]() -> Result<std::optional<InvitationItem>> {
            // Nobody makes keys of a company by asking.
            const auto company = services->views.companies.members(services->store, tenant);
            if (!company) return std::unexpected(company.error());
            return services->views.invitations.find(
                services->store, services->keys, tenant, id, services->now_ms());
        });
    if (!found) co_return std::unexpected(problem(found.error()));
    const auto sha256 = events::sha256({token->secret});
    const bool good = *found && (*found)->token_sha256 == sha256 && (*found)->email &&
                      ((*found)->state == InvitationState::INVITATION_STATE_ACCEPTED ||
                       ((*found)->state == InvitationState::INVITATION_STATE_OPEN &&
                        services_.now_ms() < (*found)->valid_until_ms));
    if (!good) co_return over;
    Accepting who{.tenant = tenant,
                  .sha256 = sha256,
                  .invitation = *std::move(*found),
                  .name = Personal(std::move(*name).value_or("")),
                  .password = Personal(std::move(*password))};
    if (who.name.empty() && who.invitation.name) who.name = *who.invitation.name;
    co_return who;
}

net::awaitable<Outcome<Shown>> Invitations::account_for(Accepting who) const {
    const auto* const services = &services_;
    const auto email = *who.invitation.email;
    const auto known = co_await offload(services_.pool,
                                        [services, email] { return account_of(*services, email); });
    if (!known) co_return std::unexpected(problem(known.error()));
    if (*known && (*known)->usable()) {
        const auto shown = co_await show_password(&accounts_, (*known)->id, who.password);
        if (!shown) co_return std::unexpected(problem(shown.error()));
        if (*shown && !(*known)->locked) co_return **shown;
        services_.metrics.failed_passwords.add();
        co_return std::unexpected(login_failed());
    }
    if (!is_password(who.password.reveal())) {
        co_return refuse(422, "password-invalid", kPasswordRule);
    }
    const auto keys = services_.keys.tenant_keys(events::kPlatformTenant);
    if (!keys) co_return std::unexpected(problem(keys.error()));
    co_return co_await make_account(std::move(who), email_reservation(**keys, email.reveal()));
}

// Takes the place of an account that nobody confirmed: the invitation reached the address.
net::awaitable<Outcome<Shown>> Invitations::make_account(Accepting who, Uuid reservation) const {
    const auto* const services = &services_;
    const auto account = events::random_id<Uuid>();
    const commands::Holder holder{.tenant = events::kPlatformTenant, .id = account};
    const auto credential = co_await keep_new_password(&accounts_, who.password);
    if (!credential) co_return std::unexpected(problem(credential.error()));
    const auto held = co_await offload(services_.pool, [services, reservation] {
        return services->views.accounts.reservation(services->store, reservation);
    });
    if (!held) co_return std::unexpected(problem(held.error()));
    std::vector<Reservation::Command> steps;
    if (*held) {
        steps.emplace_back(commands::ReleaseReservation{
            .holder = {.tenant = (*held)->holder_tenant, .id = (*held)->holder},
            .reason = parlour::reservation::v1::RELEASE_REASON_GIVEN_BACK});
    }
    steps.emplace_back(commands::Reserve{
        .holder = holder, .confirm_before_ms = services_.now_ms() + kConfirmWithinMs});
    for (auto& step : steps) {
        const auto done = co_await take_step<Reservation>(
            services, events::kPlatformTenant, reservation, std::move(step));
        if (done) continue;
        co_await drop_password(services, *credential);
        co_return std::unexpected(refusal_response(done.error()));
    }
    const auto registered = co_await take_step<Account>(
        services,
        events::kPlatformTenant,
        account,
        commands::RegisterAccount{.name = who.name,
                                  .email = *who.invitation.email,
                                  .kind = parlour::account::v1::ACCOUNT_KIND_STAFF,
                                  .locale = who.invitation.locale == "de" ? "de" : "en",
                                  .company = std::nullopt,
                                  .credential = *credential,
                                  .confirmation = std::nullopt},
        account);
    if (!registered) {
        co_await drop_password(services, *credential);
        co_return std::unexpected(refusal_response(registered.error()));
    }
    const auto confirmed = co_await take_step<Reservation>(services,
                                                           events::kPlatformTenant,
                                                           reservation,
                                                           commands::ConfirmReservation{holder},
                                                           account);
    if (!confirmed) co_return std::unexpected(refusal_response(confirmed.error()));
    co_return Shown{.account = account, .credential = *credential};
}

net::awaitable<std::optional<Response>> Invitations::join(Accepting who, Uuid account) const {
    const auto* const services = &services_;
    const auto& invitation = who.invitation;
    const auto company = co_await company_of(services, who.tenant);
    if (!company) co_return company.error();
    const auto accepted = co_await take_step<Invitation>(
        services,
        who.tenant,
        invitation.id,
        commands::AcceptInvitation{
            .token_sha256 = who.sha256, .account = account, .company = company->id},
        account);
    if (!accepted) co_return refusal_response(accepted.error());
    // The rest is the policy's (commands/policies/joining.hpp).
    if (!co_await settled(services, who.tenant, accepted->position, kMinPositionWait)) {
        co_return view_behind();
    }
    co_return std::nullopt;
}

net::awaitable<Response> Invitations::accept(Call call) const {
    auto who = co_await accepting_in(&call.request);
    if (!who) co_return who.error();
    const auto tenant = who->tenant;
    const auto attempt = accounts_.delays.key_of(*who->invitation.email, call.request.peer);
    if (const auto wait = accounts_.delays.begin(attempt, services_.now_ms())) {
        co_return too_many("too-many-attempts", *wait);
    }
    const auto shown = co_await account_for(*who);
    if (!shown) co_return shown.error();
    accounts_.delays.succeeded(attempt);
    if (auto failed = co_await join(std::move(*who), shown->account)) co_return std::move(*failed);
    co_return co_await start_session(&services_, *shown, tenant, call.request.secure);
}

}  // namespace

void add_invitation_routes(Router& router, const AccountServices& accounts) {
    const auto routes = std::make_shared<const Invitations>(accounts);
    const Access admin{.roles = {Role::ROLE_ADMIN}};
    const Access strangers{.everybody = true, .budget = Budget::kAccount};
    router.add(
        "GET", kInvitations, admin, [routes](Call call) { return routes->list(std::move(call)); });
    router.add(
        "POST", kInvitations, admin, [routes](Call call) { return routes->send(std::move(call)); });
    router.add("DELETE", "/api/v1/company/invitations/{id}", admin, [routes](Call call) {
        return routes->withdraw(std::move(call));
    });
    router.add("POST", "/api/v1/invitations/acceptances", strangers, [routes](Call call) {
        return routes->accept(std::move(call));
    });
}

}  // namespace gateway
