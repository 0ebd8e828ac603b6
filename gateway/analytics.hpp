#pragma once

#include "gateway/analytics_feed.hpp"
#include "gateway/router.hpp"

// /api/v1/analytics: a company's feed of events for its analysts, as NDJSON in pages or as an event
// stream, what its data looks like, and the daily totals.
namespace gateway {

// What the routes work with; borrowed, outlives them.
struct AnalyticsServices {
    const Services& services;
    Authenticator& authenticator;
    AnalyticsFeed& feed;
};

// Whom these routes are for.
Access analytics_access();

// Adds the routes.
void add_analytics_routes(Router& router, const AnalyticsServices& analytics);

// The place behind a commit in the feed, as readers are told it, and back; nothing for a text that
// is no such place of this company's.
std::string write_feed_place(const events::TenantKeys& keys,
                             const events::TenantId& tenant,
                             events::Seq seq);
std::optional<events::Seq> read_feed_place(const events::TenantKeys& keys,
                                           const events::TenantId& tenant,
                                           std::string_view text);

// 410 "feed-past" for a place behind which something can be told no more; else as the error says.
Response feed_problem(const events::Error& error);

}  // namespace gateway
