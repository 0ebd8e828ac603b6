#include "gateway/budgets.hpp"

#include <string>

namespace gateway {
namespace {

std::optional<Response> refusal_after(std::optional<std::chrono::milliseconds> wait) {
    if (!wait) return std::nullopt;
    return too_many("too-many-requests", *wait);
}

}  // namespace

Response too_many(std::string_view code, std::chrono::milliseconds wait) {
    Response response = problem(429, code, "Too many such requests: wait, then send it again.");
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    response.headers.emplace_back("Retry-After", std::to_string(seconds > 0 ? seconds : 1));
    return response;
}

std::optional<Response> Budgets::refuse(Budget budget,
                                        const Request& request,
                                        std::int64_t now_ms) {
    const auto source = sources_.of(request.peer);
    switch (budget) {
        case Budget::kUnmetered:
            return std::nullopt;
        case Budget::kPage:
            return refusal_after(pages_.take(source, now_ms));
        case Budget::kVisit:
            return refusal_after(visits_.take(source, now_ms));
        case Budget::kAccount:
            return refusal_after(accounts_.take(source, now_ms));
    }
    return std::nullopt;
}

std::optional<Response> Budgets::refuse_visitor(const Principal& visitor,
                                                const Request& request,
                                                std::int64_t now_ms) {
    const auto one = sources_.of({visitor.tenant.view(), visitor.actor.view()});
    if (request.method == "GET" || request.method == "HEAD") {
        return refusal_after(visitor_reads_.take(one, now_ms));
    }
    if (auto refusal = refusal_after(visitor_writes_.take(one, now_ms))) return refusal;
    return refusal_after(visitors_write_.take(sources_.of(request.peer), now_ms));
}

}  // namespace gateway
