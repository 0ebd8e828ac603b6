#include "gateway/answers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "commands/conversation.hpp"
#include "events/crypto.hpp"
#include "gateway/answer_link.hpp"
#include "gateway/async.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/json_body.hpp"
#include "gateway/session_start.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Conversation;
using events::Personal;
using events::Result;
using events::Version;

struct Opened {
    events::TenantId tenant;
    AnswerLink link;
};

std::unexpected<Response> link_over() {
    return refuse(410, "token-invalid", "The link is not valid (any more).");
}

// What the request's token opens. Reads the disk: nobody makes keys of a company by asking.
Outcome<Opened> opened_by(const Services& services, const TokenText& token) {
    const auto exists = services.views.access.exists(services.store, token.tenant);
    if (!exists) return std::unexpected(problem(exists.error()));
    if (!*exists) return link_over();
    const auto keys = services.keys.tenant_keys(token.tenant);
    if (!keys) return std::unexpected(problem(keys.error()));
    const auto link = read_answer_link(**keys, token, services.now_ms());
    if (!link) return link_over();
    return Opened{.tenant = token.tenant, .link = *link};
}

struct Shown {
    projections::ConversationPage page;
    std::optional<Personal> company;
};

Result<Shown> read_answers(const Services& services, const Opened& opened, Version after) {
    const auto now = services.now_ms();
    const events::StreamId stream{.kind = Conversation::kKind, .uuid = opened.link.conversation};
    auto page =
        services.views.conversations.page(services.store,
                                          services.keys,
                                          opened.tenant,
                                          stream,
                                          {.after = after, .limit = projections::kPageMessagesMax},
                                          now);
    if (!page) return std::unexpected(page.error());
    auto company =
        services.views.companies.profile(services.store, services.keys, opened.tenant, now);
    if (!company) return std::unexpected(company.error());
    Shown shown{.page = *std::move(page), .company = std::nullopt};
    if (*company) shown.company = std::move((*company)->name);
    return shown;
}

// Only what the expert wrote: whoever holds the link may be another than who wrote the questions.
json::object answers_json(const Shown& shown) {
    json::array items;
    for (const auto& message : shown.page.items) {
        if (message.author != parlour::conversation::v1::AUTHOR_EXPERT) continue;
        json::object item{{"time", events::format_time(message.time_unix_ms)}};
        if (message.text) {
            item["text"] = message.text->reveal();
        } else {
            item["erased"] = true;
        }
        items.push_back(std::move(item));
    }
    json::object object{{"items", std::move(items)}};
    if (shown.company) object["company"] = shown.company->reveal();
    if (shown.page.more) object["after_version"] = shown.page.cursor.value;
    return object;
}

// What was shown was read, so that the next answer is told by mail again. Should that fail, it was
// shown all the same, and is marked when the link is opened again.
net::awaitable<void> mark_read(const Services* services, Opened opened, Shown shown) {
    if (shown.page.items.empty()) co_return;
    const auto up_to = shown.page.items.back().version;
    if (up_to <= shown.page.visitor_read.up_to) co_return;
    commands::CommandMeta meta;
    meta.tenant = opened.tenant;
    meta.id = events::random_id<events::CommandId>();
    meta.actor_kind = parlour::log::v1::ACTOR_KIND_VISITOR;
    meta.actor = shown.page.visitor;
    meta.now_ms = services->now_ms();
    co_await execute<Conversation>(
        services->writer,
        opened.link.conversation,
        commands::MarkRead{.reader = parlour::conversation::v1::AUTHOR_VISITOR,
                           .up_to = up_to,
                           .party = shown.page.visitor},
        meta);
}

net::awaitable<Response> show_answers(const Services* services, Call call) {
    const auto object = parse_stranger(call.request);
    if (!object) co_return object.error();
    Version after;
    if (object->contains("after_version")) {
        const auto given =
            number_member(*object,
                          "after_version",
                          {.least = 0, .most = std::numeric_limits<std::int64_t>::max()});
        if (!given) co_return given.error();
        after = Version{static_cast<std::uint64_t>(*given)};
    }
    const auto text = bearer_token(call.request);
    const auto token = text ? parse_token(*text, kAnswerLinkTag) : std::nullopt;
    if (!token) co_return link_over().error();
    const auto opened = co_await offload(
        services->pool, [services, token = *token] { return opened_by(*services, token); });
    if (!opened) co_return opened.error();
    const Version before{opened->link.from.value -
                         std::min<std::uint64_t>(opened->link.from.value, 1)};
    auto shown = co_await offload(services->pool,
                                  [services, opened = *opened, from = std::max(after, before)] {
                                      return read_answers(*services, opened, from);
                                  });
    if (!shown) {
        if (shown.error().code == events::Errc::kNotFound) co_return link_over().error();
        co_return problem(shown.error());
    }
    auto answer = json_response(200, answers_json(*shown));
    co_await mark_read(services, *opened, *std::move(shown));
    co_return answer;
}

}  // namespace

void add_answer_routes(Router& router, const Services& services) {
    router.add(
        "POST", "/api/v1/answers", Access{.everybody = true}, [services = &services](Call call) {
            return show_answers(services, std::move(call));
        });
}

}  // namespace gateway
