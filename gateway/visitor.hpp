#pragma once

#include <boost/json/object.hpp>

#include "commands/visitor.hpp"
#include "gateway/router.hpp"
#include "gateway/services.hpp"
#include "gateway/widget_cache.hpp"
#include "projections/visitor_card.hpp"

// The resource /api/v1/visitor: what visitors say of themselves, through the widget. And what the
// company's people see of it, /api/v1/visitors.
namespace gateway {

// Adds their routes. The services are borrowed and outlive the router.
void add_visitor_routes(Router& router, const Services& services);

// The widget's terms and the company's, as a command to the visitor takes them, and who vouches for
// the visitor. 404 "widget-not-found". `services` lives as long as the server.
net::awaitable<Outcome<commands::Visit>> visit_of(const Services* services, Principal visitor);

// A consent as its visitor and the register are shown it, without whose it is; and a visitor as the
// company's people are, but its id.
boost::json::object consent_json(const projections::ConsentItem& consent);
boost::json::object card_json(const projections::VisitorCardItem& card);

// What of a visitor's data the company keeps; everything where it never said so. `services` lives
// as long as the server.
net::awaitable<Outcome<commands::Kept>> kept_of(const Services* services, events::TenantId tenant);

// To be called before the visitor's first message is written: opens the session and records the
// consent, in one commit of the visitor's stream, unless both are there. `message` is the command
// that carries the message; a repeat of it repeats this. 422 "consent-missing" where the widget
// wants it said and it was not, 422 "identity-missing" and "verification-missing" likewise; 410 for
// an erased visitor; 404 "widget-not-found". `services` lives as long as the server.
net::awaitable<Outcome<commands::Accepted>> ensure_visitor(const Services* services,
                                                           Principal visitor,
                                                           events::CommandId message);

}  // namespace gateway
