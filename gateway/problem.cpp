#include "gateway/problem.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace gateway {

namespace {

constexpr std::string_view kRetryAfterSeconds = "1";

struct Phrase {
    unsigned status;
    std::string_view text;
};

constexpr std::array<Phrase, 41> kPhrases = {{
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

}  // namespace

std::string_view reason_phrase(unsigned status) {
    const auto* const found = std::ranges::lower_bound(kPhrases, status, {}, &Phrase::status);
    if (found == kPhrases.end() || found->status != status) return "Unknown";
    return found->text;
}

Response problem(unsigned status, std::string_view code, std::string_view detail) {
    const boost::json::object document{{"type", "about:blank"},
                                       {"title", reason_phrase(status)},
                                       {"status", status},
                                       {"detail", detail},
                                       {"code", code}};
    Response response{.status = status,
                      .content_type = "application/problem+json",
                      .body = boost::json::serialize(document),
                      .headers = {}};
    if (status == 503) response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
    return response;
}

Response no_such_resource() {
    return problem(404, "no-such-resource", "There is nothing at this path.");
}

Response problem(const events::Error& error) {
    const auto status = static_cast<unsigned>(events::http_status_of(error.code));
    if (status < 500) return problem(status, events::name_of(error.code), error.detail);
    return problem(status,
                   events::name_of(error.code),
                   events::is_retryable(error.code)
                       ? "The request could not be carried out now; send the same request again."
                       : "The request could not be carried out.");
}

}  // namespace gateway
