#include "gateway/conversations_read.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/async.hpp"
#include "gateway/conversation_json.hpp"
#include "gateway/conversations_access.hpp"
#include "gateway/list_page.hpp"
#include "gateway/live_events.hpp"
#include "gateway/live_position.hpp"
#include "gateway/live_topics.hpp"
#include "gateway/named.hpp"
#include "gateway/query.hpp"

namespace gateway {
namespace {

using events::Personal;
using events::Uuid;
using projections::ConversationList;
using projections::InboxFilter;

using Keys = std::shared_ptr<const events::TenantKeys>;

constexpr auto kConversationKind = parlour::log::v1::STREAM_KIND_CONVERSATION;

// What the company's people are told of a visitor beside a conversation.
struct VisitorTold {
    std::optional<Personal> name;
    std::optional<bool> verified;
};
using VisitorsTold = std::vector<VisitorTold>;  // one for each item of a list, in its order

constexpr std::array kFilters{Named<InboxFilter>{"all", InboxFilter::kAll},
                              Named<InboxFilter>{"open", InboxFilter::kOpen},
                              Named<InboxFilter>{"closed", InboxFilter::kClosed}};

Outcome<InboxFilter> filter_of(const Request& request) {
    const auto name = query_parameter(request.query, "state").value_or("all");
    if (const auto filter = value_named(kFilters, name)) return *filter;
    return refuse(400, "state-invalid", R"("state" must be "open", "closed" or "all".)");
}

// Where the next page of a list is.
struct NextPage {
    std::string path;  // with its parameters but for the place
    std::string list;
};
Response list_response(const ConversationList& list,
                       const VisitorsTold& told,
                       const Principal& principal,
                       const events::TenantKeys& keys,
                       const NextPage& next) {
    Response response;
    response.body = R"({"items":[)";
    for (std::size_t i = 0; i < list.items.size(); ++i) {
        const auto visitor = i < told.size() ? told[i] : VisitorTold{};
        if (i > 0) response.body += ',';
        response.body += conversation_json({.id = list.items[i].id,
                                            .head = list.items[i].head,
                                            .visitor_name = visitor.name,
                                            .visitor_verified = visitor.verified},
                                           principal,
                                           keys);
    }
    response.body += ']';
    if (list.more && !list.items.empty()) {
        response.body +=
            fmt::format(R"(,"next":"{}&after={}")",
                        next.path,
                        write_cursor(list.items.back().place, next.list, keys, principal.tenant));
    }
    response.body += '}';
    return response;
}

events::Result<VisitorTold> read_visitor(const Services& services,
                                         const events::TenantId& tenant,
                                         const Uuid& visitor) {
    auto card = services.views.visitors.card(
        services.store, services.keys, tenant, visitor, services.now_ms());
    if (card) return VisitorTold{.name = card->name, .verified = card->is_vouched_for()};
    if (card.error().code != events::Errc::kNotFound) return std::unexpected(card.error());
    return VisitorTold{.name = std::nullopt, .verified = false};
}

struct PageQuestion {
    Uuid conversation;
    projections::PageRequest request;
};

// What stands behind the messages of a page.
void append_page_end(const projections::ConversationHead& head,
                     const projections::PageEnd& end,
                     const PageQuestion& question,
                     const Principal& principal,
                     const events::TenantKeys& keys,
                     std::string& json) {
    json += fmt::format(R"(],"state":"{}","read":{},"position":{})",
                        state_of(head),
                        read_json(head),
                        place_json(head.last_seq, principal, keys));
    if (const auto mode = name_of(head.mode); !mode.empty()) {
        json += fmt::format(R"(,"connection_mode":"{}")", mode);
    }
    if (end.more) {
        json += fmt::format(
            R"(,"next":"/api/v1/conversations/{}/messages?limit={}&after={}")",
            events::public_id(principal.tenant, {kConversationKind, question.conversation}),
            question.request.limit,
            end.cursor.value);
    }
    json += '}';
}

// The page as it is answered. Nothing when it is not to be read straight away: the view does not
// have the conversation, or it is not theirs.
events::Result<std::optional<std::string>> read_page(const Services& services,
                                                     const Principal& principal,
                                                     const PageQuestion& question,
                                                     const events::TenantKeys& keys) {
    const auto& view = services.views.conversations;
    const events::StreamId stream{kConversationKind, question.conversation};
    const auto head = view.find(services.store, principal.tenant, stream);
    if (!head && head.error().code == events::Errc::kNotFound) return std::nullopt;
    if (!head) return std::unexpected(head.error());
    if (!is_party(principal, *head)) return std::nullopt;
    std::string json = R"({"items":[)";
    projections::Unsealer unsealer(services.keys, services.now_ms());
    const auto end = projections::tell_page(view,
                                            services.store,
                                            unsealer,
                                            principal.tenant,
                                            stream,
                                            question.request,
                                            [&](const projections::MessageTold& message) {
                                                if (json.back() != '[') json += ',';
                                                append_message(message, principal, keys, json);
                                            });
    if (!end) return std::unexpected(end.error());
    append_page_end(*head, *end, question, principal, keys, json);
    return json;
}

class ConversationReading {
  public:
    explicit ConversationReading(const Services& services) : services_(services) {}

    net::awaitable<Response> show(Call call) const;
    net::awaitable<Response> list_messages(Call call) const;
    net::awaitable<Response> list_own(Call call) const;
    net::awaitable<Response> inbox(Call call) const;

  private:
    const Services& services_;
};

net::awaitable<Response> ConversationReading::show(Call call) const {
    const auto& [request, segments, principal] = call;
    const auto id = conversation_id(principal, segments.front());
    if (!id) co_return id.error();
    if (auto behind = co_await wait_for_place(&services_, principal, request.query)) {
        co_return std::move(*behind);
    }
    const auto head = co_await visible_conversation(&services_, principal, *id);
    if (!head) co_return head.error();
    const auto keys = services_.keys.tenant_keys(principal.tenant);
    if (!keys) co_return problem(keys.error());
    VisitorTold told;
    if (principal.audience != Audience::kVisitor) {
        auto read = co_await offload(
            services_.pool,
            [services = &services_, tenant = principal.tenant, visitor = head->visitor] {
                return read_visitor(*services, tenant, visitor);
            });
        if (!read) co_return problem(read.error());
        told.verified = read->verified;
    }
    Response response;
    response.body = conversation_json(
        {.id = *id, .head = *head, .visitor_name = std::nullopt, .visitor_verified = told.verified},
        principal,
        **keys);
    co_return response;
}

// With what a client that follows from here needs to know: what comes behind `position` is told
// live, and some of it may stand on the page already, under the same version.
net::awaitable<Response> ConversationReading::list_messages(Call call) const {
    const auto& [request, segments, principal] = call;
    const auto conversation = conversation_id(principal, segments.front());
    if (!conversation) co_return conversation.error();
    const auto limit = limit_in(request.query);
    if (!limit) co_return limit.error();
    constexpr auto kAny = std::numeric_limits<std::uint64_t>::max() - 1;
    const auto after = number_parameter(request.query, {.name = "after", .most = kAny});
    if (!after) co_return after.error();
    if (auto behind = co_await wait_for_place(&services_, principal, request.query)) {
        co_return std::move(*behind);
    }
    const auto keys = services_.keys.tenant_keys(principal.tenant);
    if (!keys) co_return problem(keys.error());
    const auto read =
        [services = &services_,
         question = PageQuestion{.conversation = *conversation,
                                 .request = {.after = events::Version{*after}, .limit = *limit}},
         who = principal,
         keys = *keys] { return read_page(*services, who, question, *keys); };
    auto page = co_await offload(services_.pool, read);
    if (page && !*page) {
        // Nearly always there was nothing to wait for, and who asks is a party: one look is enough.
        const auto head = co_await readable_conversation(&services_, principal, *conversation);
        if (!head) co_return head.error();
        page = co_await offload(services_.pool, read);
    }
    if (!page) co_return problem(page.error());
    if (!*page) co_return no_such_conversation().error();
    Response response;
    response.body = std::move(**page);
    co_return response;
}

net::awaitable<Response> ConversationReading::list_own(Call call) const {
    const auto& [request, segments, principal] = call;
    if (auto behind = co_await wait_for_place(&services_, principal, request.query)) {
        co_return std::move(*behind);
    }
    const auto keys = services_.keys.tenant_keys(principal.tenant);
    if (!keys) co_return problem(keys.error());
    NextPage next{.path = {}, .list = "visitor "};
    next.list.append(principal.actor.view());
    const auto question = cursor_page_in(call, **keys, next.list);
    if (!question) co_return question.error();
    const auto list = co_await offload(
        services_.pool, [services = &services_, question = *question, who = principal] {
            return projections::visitor_conversations(
                services->store,
                services->views.conversations,
                who.tenant,
                who.actor,
                {.before = question.before, .limit = question.limit});
        });
    if (!list) co_return problem(list.error());
    next.path = fmt::format("/api/v1/conversations?limit={}", question->limit);
    co_return list_response(*list, {}, principal, **keys, next);
}

// A page of the inbox, and what to call the visitors on it.
struct InboxPage {
    ConversationList list;
    VisitorsTold visitors;
};
events::Result<InboxPage> read_inbox(const Services& services,
                                     const events::TenantId& tenant,
                                     const Uuid& expert,
                                     const projections::InboxRequest& request) {
    auto list = projections::expert_inbox(
        services.store, services.views.conversations, tenant, expert, request);
    if (!list) return std::unexpected(list.error());
    InboxPage page{.list = *std::move(list), .visitors = {}};
    for (const auto& item : page.list.items) {
        auto told = read_visitor(services, tenant, item.head.visitor);
        if (!told) return std::unexpected(told.error());
        page.visitors.push_back(std::move(*told));
    }
    return page;
}

net::awaitable<Response> ConversationReading::inbox(Call call) const {
    const auto& [request, segments, principal] = call;
    const auto side = own_side(principal);
    if (!side) co_return side.error();
    const auto filter = filter_of(request);
    if (!filter) co_return filter.error();
    if (auto behind = co_await wait_for_place(&services_, principal, request.query)) {
        co_return std::move(*behind);
    }
    const auto keys = services_.keys.tenant_keys(principal.tenant);
    if (!keys) co_return problem(keys.error());
    const auto name = name_in(kFilters, *filter);
    NextPage next{.path = {}, .list = fmt::format("inbox {} ", name)};
    next.list.append(side->party->view());
    const auto question = cursor_page_in(call, **keys, next.list);
    if (!question) co_return question.error();
    const projections::InboxRequest asked{
        .filter = *filter, .before = question->before, .limit = question->limit};
    const auto page = co_await offload(
        services_.pool,
        [services = &services_, asked, tenant = principal.tenant, expert = *side->party] {
            return read_inbox(*services, tenant, expert, asked);
        });
    if (!page) co_return problem(page.error());
    next.path = fmt::format("/api/v1/inbox?state={}&limit={}", name, question->limit);
    co_return list_response(page->list, page->visitors, principal, **keys, next);
}

}  // namespace

void add_conversation_reading_routes(Router& router, const Services& services) {
    const auto routes = std::make_shared<const ConversationReading>(services);
    constexpr auto kScope = Scope::SCOPE_CONVERSATIONS;
    const Access visitors{.visitor = true};
    const Access experts{.roles = {Role::ROLE_EXPERT}};
    const Access parties{.visitor = true, .roles = {Role::ROLE_EXPERT}, .scope = kScope};
    const Access lookers{
        .visitor = true, .roles = {Role::ROLE_ADMIN, Role::ROLE_EXPERT}, .scope = kScope};
    using Handle = net::awaitable<Response> (ConversationReading::*)(Call) const;
    struct Route {
        std::string_view pattern;
        const Access& access;
        Handle handle;
    };
    for (const auto& [pattern, access, handle] :
         {Route{"/api/v1/conversations", visitors, &ConversationReading::list_own},
          Route{"/api/v1/conversations/{id}", lookers, &ConversationReading::show},
          Route{
              "/api/v1/conversations/{id}/messages", parties, &ConversationReading::list_messages},
          Route{"/api/v1/inbox", experts, &ConversationReading::inbox}}) {
        router.add("GET", pattern, access, [routes, run = handle](Call call) {
            return ((*routes).*run)(std::move(call));
        });
    }
}

}  // namespace gateway
