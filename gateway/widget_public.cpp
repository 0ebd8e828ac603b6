#include "gateway/widget_public.hpp"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "events/crypto.hpp"
#include "gateway/async.hpp"
#include "gateway/bootstrap.hpp"
#include "gateway/cards.hpp"
#include "gateway/customer_session.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/identity_token.hpp"
#include "gateway/json_body.hpp"
#include "gateway/portal_origins.hpp"
#include "gateway/resource.hpp"
#include "gateway/visitor.hpp"
#include "gateway/visitor_token.hpp"
#include "gateway/web_files.hpp"
#include "gateway/widget_json.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using events::Uuid;
using Widget = std::shared_ptr<const KnownWidget>;

// How long a browser may show a button without asking whether it changed.
constexpr std::string_view kButtonCaching = "public, max-age=60";
constexpr std::string_view kAskEachTime = "no-cache";

// The page that asks: by what its browser says in Origin.
struct Page {
    std::string origin;  // as sent; empty: none was sent
    bool is_origin = false;
    bool allowed = false;  // among the widget's domains
    bool own = false;      // of this server itself: the widget's frame
};

// What of the company's terms a page is told: a widget asks for nothing that is not kept.
struct Terms {
    bool customers = false;
    commands::Kept kept{};
};

Page page_of(const Request& request, const KnownWidget& widget) {
    Page page{.origin = std::string(request.header("origin").value_or(""))};
    const auto origin = parse_origin(page.origin);
    if (!origin) return page;
    page.is_origin = true;
    page.allowed = allows(widget.domains, *origin);
    page.own = is_own_origin(request, *origin);
    return page;
}

// Lets the page's script read the answer. A refusal, which says nothing of the widget, may be read
// by any page: else its script could not say in the console what to do (B09).
void let_read(Response& response, const Page& page) {
    response.headers.emplace_back("Vary", "Origin");
    response.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
    const bool refusal = response.status >= 400 && (page.origin == "null" || page.is_origin);
    if (!page.allowed && !refusal) return;
    response.headers.emplace_back("Access-Control-Allow-Origin", page.origin);
}

Response domain_not_allowed() {
    return problem(403,
                   "domain-not-allowed",
                   "This site is not among the widget's domains; an administrator of the company "
                   "adds it there.");
}

// A body that its tag can stand for.
Response tagged(const Request& request, const json::object& document, std::string_view caching) {
    auto response = json_response(200, document);
    const auto etag = etag_of(response.body);
    if (has_tag(request, etag)) {
        response.status = 304;
        response.body.clear();
    }
    response.headers.emplace_back("ETag", etag);
    response.headers.emplace_back("Cache-Control", caching);
    return response;
}

class PublicWidgets {
  public:
    explicit PublicWidgets(const Services& services) : services_(services) {}

    net::awaitable<Response> button(Call call) const {
        return show(std::move(call), button_json, kButtonCaching);
    }
    net::awaitable<Response> config(Call call) const {
        return show(std::move(call), config_json, kAskEachTime);
    }
    net::awaitable<Response> open_session(Call call) const;
    net::awaitable<Response> preflight(Call call) const;
    net::awaitable<Response> frame(Call call) const;

  private:
    net::awaitable<Outcome<Widget>> find(std::string key) const;
    // Whether a page of this server itself may open the widget.
    net::awaitable<bool> may_open(Widget widget, json::object body) const;
    using ToJson = json::object (*)(const KnownWidget&);
    net::awaitable<Response> show(Call call, ToJson to_json, std::string_view caching) const;
    // The answer to a page that may have one.
    [[nodiscard]] Response session(const Request& request,
                                   const KnownWidget& widget,
                                   const Page& page,
                                   const json::object& body,
                                   const Terms& terms) const;
    [[nodiscard]] json::object visitor_of(const Request& request,
                                          const KnownWidget& widget,
                                          const events::TenantKeys& keys) const;
    // The visitor whom the company's server vouches for.
    [[nodiscard]] Outcome<json::object> vouched_visitor(std::string_view identity,
                                                        const KnownWidget& widget,
                                                        const events::TenantKeys& keys) const;
    // Who asks, by an identity, by the token in the request, or as somebody new.
    [[nodiscard]] Outcome<json::object> who_asks(const Request& request,
                                                 const KnownWidget& widget,
                                                 const events::TenantKeys& keys,
                                                 const json::object& body) const;

    const Services& services_;
};

net::awaitable<Outcome<Widget>> PublicWidgets::find(std::string key) const {
    const auto* const services = &services_;
    auto found = co_await offload(services_.pool, [services, key = std::move(key)] {
        return services->known_widgets.by_key(key, services->now_ms());
    });
    if (found) co_return std::move(*found);
    auto refusal = problem_of(found.error(), "widget-not-found");
    // There is no list of domains to ask, and nothing to hide.
    refusal.headers.emplace_back("Access-Control-Allow-Origin", "*");
    refusal.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
    co_return std::unexpected(std::move(refusal));
}

net::awaitable<Response> PublicWidgets::show(Call call,
                                             ToJson to_json,
                                             std::string_view caching) const {
    const auto widget = co_await find(call.segments.front());
    if (!widget) co_return widget.error();
    const auto page = page_of(call.request, **widget);
    const bool refused = !page.origin.empty() && !page.allowed && !page.own;
    auto response =
        refused ? domain_not_allowed() : tagged(call.request, to_json(**widget), caching);
    let_read(response, page);
    co_return response;
}

// The visitor of the token that the request carries, where it still holds for this widget; else a
// new one. A fresh token stays.
json::object PublicWidgets::visitor_of(const Request& request,
                                       const KnownWidget& widget,
                                       const events::TenantKeys& keys) const {
    const auto now = services_.now_ms();
    VisitorToken token{
        .visitor = events::random_id<Uuid>(), .widget = widget.item.id, .issued_unix_ms = now};
    std::string text;
    const auto sent = bearer_token(request);
    const auto parsed = sent ? parse_token(*sent, kVisitorTokenTag) : std::nullopt;
    if (parsed && parsed->tenant == widget.tenant) {
        const auto known = read_visitor_token(keys, *parsed, now);
        // Without a new identity nobody goes on as whom one vouched for: another may sit there now.
        if (known && known->widget == widget.item.id && !known->vouched) {
            token.visitor = known->visitor;
            if (is_fresh(*known, now)) text = *sent;
        }
    }
    if (text.empty()) text = write_visitor_token(keys, widget.tenant, token);
    return {{"visitor", events::public_id(widget.tenant, "vis", token.visitor)}, {"token", text}};
}

Outcome<json::object> PublicWidgets::vouched_visitor(std::string_view identity,
                                                     const KnownWidget& widget,
                                                     const events::TenantKeys& keys) const {
    const auto now = services_.now_ms();
    IdentityTerms terms{.tenant = widget.tenant, .widget = widget.item.id, .secrets = {}};
    for (const auto& secret : widget.item.identity_secrets) terms.secrets.push_back(secret.id);
    auto read = read_identity(keys, terms, identity, now);
    if (!read) return std::unexpected(read.error());
    const auto vouched = std::make_shared<const commands::Vouched>(std::move(*read));
    const VisitorToken token{.visitor = visitor_of_subject(keys, widget.item.id, vouched->subject),
                             .widget = widget.item.id,
                             .issued_unix_ms = now,
                             .vouched = vouched};
    return json::object{{"visitor", events::public_id(widget.tenant, "vis", token.visitor)},
                        {"token", write_visitor_token(keys, widget.tenant, token)},
                        {"verified", true}};
}

Outcome<json::object> PublicWidgets::who_asks(const Request& request,
                                              const KnownWidget& widget,
                                              const events::TenantKeys& keys,
                                              const json::object& body) const {
    const auto identity = optional_string_member(body, "identity");
    if (!identity) return std::unexpected(identity.error());
    if (*identity) return vouched_visitor(**identity, widget, keys);
    if (!widget.item.identity_required) return visitor_of(request, widget, keys);
    return refuse(403,
                  "identity-required",
                  "This widget is for people whom the site knows: log in there first.");
}

Response PublicWidgets::session(const Request& request,
                                const KnownWidget& widget,
                                const Page& page,
                                const json::object& body,
                                const Terms& terms) const {
    const auto keys = services_.keys.tenant_keys(widget.tenant);
    if (!keys) return problem(keys.error());
    const Bootstrap bootstrap{
        .tenant = widget.tenant, .widget = widget.item.id, .origin = page.origin};
    const auto* const frame = body.if_contains("for_frame");
    json::object answer;
    // What is handed on to the frame, which asks for the visitor itself: the token stays out of the
    // page then.
    if (frame == nullptr || !frame->is_bool() || !frame->get_bool()) {
        auto visitor = who_asks(request, widget, **keys, body);
        if (!visitor) return visitor.error();
        answer = std::move(*visitor);
    }
    auto config = config_json(widget);
    if (!terms.kept.name) config["ask_name"] = "not";
    if (!terms.kept.email) config["ask_email"] = "not";
    answer["config"] = std::move(config);
    if (terms.customers) answer["customers"] = true;
    if (page.allowed) answer["nonce"] = make_nonce(**keys, bootstrap, services_.now_ms());
    return json_response(200, answer);
}

// Whether the frame can say by a nonce which page is around it, and that page may show the widget.
bool knows_its_page(const KnownWidget& widget,
                    const events::TenantKeys& keys,
                    const json::object& body,
                    std::int64_t now_ms) {
    const auto nonce = optional_string_member(body, "nonce");
    const auto parent = optional_string_member(body, "parent_origin");
    if (!nonce || !*nonce || !parent || !*parent) return false;
    const auto origin = parse_origin(**parent);
    return origin && allows(widget.domains, *origin) &&
           is_nonce(keys,
                    {.tenant = widget.tenant, .widget = widget.item.id, .origin = **parent},
                    **nonce,
                    now_ms);
}

// Whether the page comes from a public card of an expert whom the widget shows. It is a page of
// ours, so the card stands in for a domain.
bool comes_from_card(const Services& services, const KnownWidget& widget, std::string_view slug) {
    const auto card = public_card(services, events::to_text(widget.tenant), slug);
    return card && widget.shows(card->expert);
}

net::awaitable<bool> PublicWidgets::may_open(Widget widget, json::object body) const {
    const auto keys = services_.keys.tenant_keys(widget->tenant);
    if (!keys) co_return false;
    if (knows_its_page(*widget, **keys, body, services_.now_ms())) co_return true;
    const auto slug = optional_string_member(body, "card");
    if (!slug || !*slug) co_return false;
    const auto* const services = &services_;
    co_return co_await offload(services_.pool, [services, widget, slug = **slug] {
        return comes_from_card(*services, *widget, slug);
    });
}

net::awaitable<Response> PublicWidgets::open_session(Call call) const {
    const auto widget = co_await find(call.segments.front());
    if (!widget) co_return widget.error();
    const auto page = page_of(call.request, **widget);
    Response response = domain_not_allowed();
    const auto body = call.request.body.empty() ? Outcome<json::object>(json::object{})
                                                : parse_object(call.request.body);
    if (!body) {
        response = body.error();
    } else if (page.allowed || (page.own && co_await may_open(*widget, *body))) {
        // Forms for customers are the frame's; the page around it is told nothing of them.
        const auto* const services = &services_;
        const auto customers = co_await offload(
            services_.pool, [services, own = page.own, tenant = (*widget)->tenant] {
                return own ? takes_customers(*services, tenant) : events::Result<bool>(false);
            });
        const auto kept = co_await kept_of(services, (*widget)->tenant);
        if (customers && kept) {
            const Terms terms{.customers = *customers, .kept = *kept};
            response = session(call.request, **widget, page, *body, terms);
        } else {
            response = customers ? kept.error() : problem(customers.error());
        }
    }
    let_read(response, page);
    co_return response;
}

// What a page may ask for, said before it asks (Fetch, 3.2.2). A page that may not gets no word of
// it, and its browser does not ask.
net::awaitable<Response> PublicWidgets::preflight(Call call) const {
    const auto widget = co_await find(call.segments.front());
    if (!widget) co_return widget.error();
    const auto page = page_of(call.request, **widget);
    Response response{.status = 204, .content_type = {}, .body = {}, .headers = {}};
    if (!page.allowed) response = domain_not_allowed();
    response.headers.emplace_back("Vary", "Origin");
    response.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
    if (page.allowed) {
        response.headers.emplace_back("Access-Control-Allow-Origin", page.origin);
        response.headers.emplace_back("Access-Control-Allow-Methods", "GET, POST");
        response.headers.emplace_back("Access-Control-Allow-Headers",
                                      "Authorization, Content-Type, If-None-Match");
        response.headers.emplace_back("Access-Control-Max-Age", "600");
    }
    co_return response;
}

net::awaitable<Response> PublicWidgets::frame(Call call) const {
    const auto widget = co_await find(call.segments.front());
    if (!widget) co_return widget.error();
    Response response{.status = 200,
                      .content_type = "text/html; charset=utf-8",
                      .body = std::string(kFramePage),
                      .headers = {}};
    response.headers.emplace_back(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; " +
            frame_ancestors((*widget)->domains));
    response.headers.emplace_back("Cache-Control", kAskEachTime);
    co_return response;
}

net::awaitable<Response> answer_file(const WebFile* file, Request request) {
    Response response{.status = 200,
                      .content_type = std::string(file->content_type),
                      .body = std::string(file->content),
                      .headers = {}};
    const auto etag = etag_of(response.body);
    if (has_tag(request, etag)) {
        response.status = 304;
        response.body.clear();
    }
    response.headers.emplace_back("ETag", etag);
    response.headers.emplace_back("Cache-Control", kButtonCaching);
    response.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
    co_return response;
}

}  // namespace

void add_public_widget_routes(Router& router, const Services& services) {
    using Handle = net::awaitable<Response> (PublicWidgets::*)(Call) const;
    struct Route {
        std::string_view method;
        std::string_view pattern;
        Handle handle;
    };
    constexpr std::string_view kButton = "/api/v1/widget/{key}/button";
    constexpr std::string_view kConfig = "/api/v1/widget/{key}/config";
    constexpr std::string_view kSessions = "/api/v1/widget/{key}/sessions";
    const auto routes = std::make_shared<const PublicWidgets>(services);
    const Access everybody{.everybody = true};
    for (const auto& [method, pattern, handle] :
         {Route{"GET", kButton, &PublicWidgets::button},
          Route{"OPTIONS", kButton, &PublicWidgets::preflight},
          Route{"GET", kConfig, &PublicWidgets::config},
          Route{"OPTIONS", kConfig, &PublicWidgets::preflight},
          Route{"POST", kSessions, &PublicWidgets::open_session},
          Route{"OPTIONS", kSessions, &PublicWidgets::preflight},
          Route{"GET", "/widget/{key}/frame", &PublicWidgets::frame}}) {
        auto access = everybody;
        if (method == "POST") access.budget = Budget::kVisit;
        router.add(method, pattern, access, [routes, run = handle](Call call) {
            return ((*routes).*run)(std::move(call));
        });
    }
    for (const auto& file : kWebFiles) {
        router.add("GET", file.path, everybody, [&file](Call call) {
            return answer_file(&file, std::move(call.request));
        });
    }
}

}  // namespace gateway
