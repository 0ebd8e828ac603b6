#include "gateway/list_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/query.hpp"

namespace gateway {

namespace json = boost::json;

Outcome<std::size_t> limit_in(std::string_view query) {
    return number_parameter(
        query,
        {.name = "limit", .least = 1, .most = kPageLimitMax, .otherwise = kPageLimitDefault});
}

Outcome<CursorPage> cursor_page_in(const Call& call,
                                   const events::TenantKeys& keys,
                                   std::string_view list) {
    const auto limit = limit_in(call.request.query);
    if (!limit) return std::unexpected(limit.error());
    CursorPage page{.limit = *limit, .before = std::nullopt};
    if (const auto after = query_parameter(call.request.query, "after")) {
        page.before = read_cursor(*after, list, keys, call.principal.tenant);
        if (!page.before) {
            return refuse(400, "after-invalid", R"("after" is taken from the "next" of a page.)");
        }
    }
    return page;
}

Outcome<ListPage> list_page_in(std::string_view query) {
    const auto limit = limit_in(query);
    if (!limit) return std::unexpected(limit.error());
    return ListPage{.limit = *limit,
                    .after = std::string(query_parameter(query, "after").value_or(""))};
}

Outcome<json::object> page_of(json::array items, const ListPage& page, const Listed& list) {
    const json::string_view name(list.id.data(), list.id.size());
    const auto id_of = [name](const json::value& item) {
        const auto& id = item.as_object().at(name).as_string();
        return std::string_view(id.data(), id.size());
    };
    auto* from = items.begin();
    if (!page.after.empty()) {
        from = std::ranges::find(items, std::string_view(page.after), id_of);
        if (from == items.end()) {
            return refuse(400, "after-invalid", "There is no such item: read from the beginning.");
        }
        ++from;
    }
    const auto left = static_cast<std::size_t>(items.end() - from);
    auto* const to = from + std::min(page.limit, left);
    json::object answer{{"items", json::array(from, to)}};
    if (to != items.end()) {
        answer["next"] =
            fmt::format("{}?limit={}&after={}", list.path, page.limit, id_of(*(to - 1)));
    }
    return answer;
}

}  // namespace gateway
