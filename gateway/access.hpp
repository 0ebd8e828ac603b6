#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "commands/visitor.hpp"
#include "events/ids.hpp"
#include "gateway/outcome.hpp"
#include "parlour/company/v1/events.pb.h"

// Who asks, and whom a route is for. Three audiences, each with a credential of its own kind, are
// kept apart: no credential of one opens a route of another.
namespace gateway {

using parlour::company::v1::Role;
using parlour::company::v1::Scope;

enum class Audience : std::uint8_t {
    kNobody,      // no credential
    kIntegrator,  // a scoped API token: Authorization: Bearer TENANT-tok-...
    kPortal,      // the session of an account: a cookie, and X-CSRF-Token where something changes
    kVisitor,  // the widget's frame: Authorization: Bearer TENANT-vst-..., or, for a customer who
               // logged in, TENANT-cst-...
};

struct Principal {
    Audience audience = Audience::kNobody;
    events::TenantId tenant;
    parlour::log::v1::ActorKind actor_kind = parlour::log::v1::ACTOR_KIND_UNSPECIFIED;
    events::Uuid actor;                    // the token, the account, or the visitor
    std::vector<Scope> scopes;             // an integrator's
    std::vector<Role> roles;               // a portal user's, in this company
    std::optional<events::Uuid> session;   // a portal user's, and a customer's
    std::optional<events::Uuid> expert;    // the expert that a portal user is here
    std::optional<events::Uuid> widget;    // a visitor's
    std::optional<events::Uuid> customer;  // the account of a visitor who logged in
    // Of a visitor whom the company's own server vouches for.
    std::shared_ptr<const commands::Vouched> vouched{};
};

// What a request without a credential is counted against (gateway/budgets.hpp).
enum class Budget : std::uint8_t {
    kPage,       // what a page of a site loads
    kVisit,      // what gives a stranger a credential
    kAccount,    // what tries addresses and passwords
    kUnmetered,  // what costs nothing, and must always be answered
};

// Whom a route is for: whoever fits one of these. The permission tests walk over all routes.
struct Access {
    bool everybody = false;         // no credential is asked for, nor looked at
    bool visitor = false;           // any visitor; the route looks whose things they are
    bool customer = false;          // a visitor with an account of the company's
    bool signed_in = false;         // any portal session
    std::vector<Role> roles;        // a portal session with one of these roles
    std::optional<Scope> scope;     // an API token with this scope
    Budget budget = Budget::kPage;  // of a route for everybody
};

// Nothing when the principal fits; else 403 "scope-missing", "role-missing" or "audience-wrong".
std::optional<Response> refusal_of(const Access& access, const Principal& principal);

}  // namespace gateway
