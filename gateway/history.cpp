#include "gateway/history.hpp"

#include <fmt/format.h>

#include <iterator>
#include <memory>
#include <utility>

#include "gateway/async.hpp"
#include "gateway/commit_reader.hpp"
#include "gateway/query.hpp"
#include "gateway/resource.hpp"

namespace gateway {
namespace {

using events::Result;
using events::Seq;

constexpr std::uint64_t kCommitsMax = 1'000;
constexpr std::uint64_t kCommitsDefault = 100;
// A page ends with the commit that reaches it.
constexpr std::size_t kPageBytes = std::size_t{1} << 20U;

struct Page {
    std::string lines;
    Seq next{1};
    Seq head{0};
};

// What is read meanwhile belongs to the next page.
Result<Page> read_page(CommitReader& reader,
                       const Services& services,
                       const events::TenantId& tenant,
                       Seq from,
                       std::uint64_t limit) {
    const auto head = services.history.head(tenant);
    if (!head) return std::unexpected(head.error());
    Page page{.lines = {}, .next = from, .head = *head};
    for (std::uint64_t i = 0; i < limit && page.lines.size() < kPageBytes; ++i) {
        const auto commit = reader.at(tenant, page.next);
        if (!commit) return std::unexpected(commit.error());
        if (!*commit) break;
        fmt::format_to(std::back_inserter(page.lines),
                       "{{\"seq\":{},\"record\":\"{}\"}}\n",
                       page.next.value,
                       events::to_hex(*(*commit)->frame));
        ++page.next.value;
    }
    return page;
}

net::awaitable<Response> tell(const Services* services,
                              std::shared_ptr<CommitReader> reader,
                              Call call) {
    const auto& query = call.request.query;
    const auto from = number_parameter(
        query, {.name = "from", .least = 1, .most = UINT64_MAX - kCommitsMax, .otherwise = 1});
    if (!from) co_return from.error();
    const auto limit = number_parameter(
        query, {.name = "limit", .least = 1, .most = kCommitsMax, .otherwise = kCommitsDefault});
    if (!limit) co_return limit.error();
    const auto tenant = call.principal.tenant;
    if (auto behind = co_await wait_for_position(services, tenant, query)) {
        co_return std::move(*behind);
    }
    const auto page = co_await offload(
        services->pool, [=] { return read_page(*reader, *services, tenant, Seq{*from}, *limit); });
    if (!page) co_return problem(page.error());
    Response response{.status = 200, .content_type = "application/x-ndjson", .body = page->lines};
    if (page->next <= page->head && page->next.value > *from) {
        response.headers.emplace_back(
            "Link",
            fmt::format(R"(</api/v1/history/commits?limit={}&from={}>; rel="next")",
                        *limit,
                        page->next.value));
    }
    response.headers.emplace_back("History-Head", fmt::format("{}", page->head.value));
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

}  // namespace

void add_history_routes(Router& router, events::Log& log, const Services& services) {
    const auto reader = std::make_shared<CommitReader>(log, services);
    router.add("GET",
               "/api/v1/history/commits",
               {.roles = {Role::ROLE_AUDITOR}, .scope = Scope::SCOPE_HISTORY_READ},
               [&services, reader](Call call) { return tell(&services, reader, std::move(call)); });
}

}  // namespace gateway
