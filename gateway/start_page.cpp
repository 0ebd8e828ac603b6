#include "gateway/start_page.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "gateway/resource.hpp"
#include "gateway/start_files.hpp"

namespace gateway {
namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
constexpr std::string_view kAskEachTime = "no-cache";
constexpr std::string_view kKeepNowhere = "no-store";

// Names, ids and passwords of the demo are ours, and none holds what HTML would take for its own.
std::string demo_part(const DemoCompany& demo) {
    std::string people = fmt::format("<tr><td>admin</td><td>{}</td><td><code>{}</code></td></tr>\n",
                                     demo.admin_email,
                                     demo.admin_password);
    for (const auto& expert : demo.experts) {
        people += fmt::format("<tr><td>expert {}</td><td>{}</td><td><code>{}</code></td></tr>\n",
                              expert.name,
                              expert.email,
                              expert.password);
    }
    return fmt::format(
        R"html(<h2>The demo company</h2>
<p>These log-ins are for trying out, on this server only.</p>
<table><thead><tr><th>who</th><th>e-mail</th><th>password</th></tr></thead>
<tbody>
{0}</tbody></table>
<p>Log in, as a portal does:</p>
<pre>curl -s <span class="origin">http://127.0.0.1:8080</span>/api/v1/sessions \
  -H 'Content-Type: application/json' \
  -d '{{"email":"{1}","password":"{2}"}}'</pre>
<p>A conversation by the API token, as an integrator has it:</p>
<pre>TOKEN={3}
URL=<span class="origin">http://127.0.0.1:8080</span>/api/v1/conversations
ID=$(curl -s $URL -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
  -d '{{"visitor":{{"name":"Ada"}}}}' | sed 's/.*"id":"\([^"]*\)".*/\1/')
AT=$(curl -s $URL/$ID/messages -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' \
  -d '{{"author":"visitor","text":"Is anybody there?"}}' | sed 's/.*"position":\([0-9]*\).*/\1/')
curl -s "$URL/$ID/messages?min_position=$AT" -H "Authorization: Bearer $TOKEN"</pre>
)html",
        people,
        demo.admin_email,
        demo.admin_password,
        demo.api_token);
}

std::string page_with(const std::optional<DemoCompany>& demo) {
    std::string page(start_page());
    const auto place = page.find(kDemoPlace);
    page.replace(place, kDemoPlace.size(), demo ? demo_part(*demo) : "");
    return page;
}

Response answer(std::string_view content_type, std::string_view content, std::string_view caching) {
    Response response{.status = 200,
                      .content_type = std::string(content_type),
                      .body = std::string(content),
                      .headers = {}};
    response.headers.emplace_back("Content-Security-Policy", kPolicy);
    response.headers.emplace_back("Cache-Control", caching);
    return response;
}

net::awaitable<Response> answer_page(std::shared_ptr<const std::string> page) {
    co_return answer("text/html; charset=utf-8", *page, kKeepNowhere);
}

net::awaitable<Response> answer_start_file(StartFile file, std::string etag, Request request) {
    auto response = answer(file.content_type, file.content, kAskEachTime);
    if (has_tag(request, etag)) {
        response.status = 304;
        response.body.clear();
    }
    response.headers.emplace_back("ETag", etag);
    co_return response;
}

}  // namespace

void add_start_routes(Router& router, const std::optional<DemoCompany>& demo) {
    const Access everybody{.everybody = true};
    router.add("GET",
               "/",
               everybody,
               [page = std::make_shared<const std::string>(page_with(demo))](const Call&) {
                   return answer_page(page);
               });
    for (const auto& file : start_files()) {
        router.add("GET", file.path, everybody, [file, etag = etag_of(file.content)](Call call) {
            return answer_start_file(file, etag, std::move(call.request));
        });
    }
}

}  // namespace gateway
