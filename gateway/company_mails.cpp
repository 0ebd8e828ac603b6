#include "gateway/company_mails.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "commands/mail.hpp"
#include "gateway/async.hpp"
#include "gateway/json_body.hpp"
#include "gateway/list_page.hpp"
#include "gateway/live_position.hpp"
#include "gateway/named.hpp"
#include "gateway/query.hpp"
#include "gateway/resource.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using parlour::views::v1::MailRow;
using projections::MailItem;

constexpr std::string_view kPath = "/api/v1/company/mails";
constexpr std::string_view kList = "mails";

constexpr std::array kTemplates{
    Named<int>{"confirm-email", parlour::mail::v1::TEMPLATE_CONFIRM_EMAIL},
    Named<int>{"address-known", parlour::mail::v1::TEMPLATE_ADDRESS_KNOWN},
    Named<int>{"reset-password", parlour::mail::v1::TEMPLATE_RESET_PASSWORD},
    Named<int>{"invitation", parlour::mail::v1::TEMPLATE_INVITATION},
    Named<int>{"missed-messages", parlour::mail::v1::TEMPLATE_MISSED_MESSAGES},
    Named<int>{"answer-waiting", parlour::mail::v1::TEMPLATE_ANSWER_WAITING},
    Named<int>{"missed-digest", parlour::mail::v1::TEMPLATE_MISSED_DIGEST}};

// Each kind of recipient, and the tag of its public ids.
struct RecipientName {
    parlour::mail::v1::RecipientKind kind;
    std::string_view name;
    std::string_view tag;
};
constexpr std::array kRecipients{
    RecipientName{parlour::mail::v1::RECIPIENT_KIND_ACCOUNT, "account", "acc"},
    RecipientName{parlour::mail::v1::RECIPIENT_KIND_EXPERT, "expert", "exp"},
    RecipientName{parlour::mail::v1::RECIPIENT_KIND_VISITOR, "visitor", "vis"},
    RecipientName{parlour::mail::v1::RECIPIENT_KIND_INVITATION, "invitation", "inv"}};

std::string_view state_of(const MailRow& row) {
    switch (row.progress()) {
        case parlour::views::v1::MAIL_PROGRESS_SENT:
            return "sent";
        case parlour::views::v1::MAIL_PROGRESS_GIVEN_UP:
            return "given-up";
        case parlour::views::v1::MAIL_PROGRESS_DROPPED:
            return "dropped";
        default:
            return row.attempts() > 0 ? "deferred" : "queued";
    }
}

void put_time(json::object& object, std::string_view name, std::int64_t unix_ms) {
    if (unix_ms > 0)
        object[json::string_view(name.data(), name.size())] = events::format_time(unix_ms);
}

json::object mail_json(const MailItem& item) {
    const auto& queued = item.row.queued();
    json::object object{{"id", events::public_id(item.tenant, {commands::Mail::kKind, item.id})},
                        {"template", name_in(kTemplates, static_cast<int>(queued.template_()))},
                        {"locale", queued.locale()},
                        {"state", state_of(item.row)},
                        {"attempts", item.row.attempts()}};
    const auto tenant = events::TenantId::from_bytes(queued.recipient_tenant());
    const auto recipient = events::Uuid::from_bytes(queued.recipient_id());
    for (const auto& known : kRecipients) {
        if (known.kind != queued.recipient_kind() || !tenant || !recipient) continue;
        object["to"] = json::object{{"kind", known.name},
                                    {"id", events::public_id(*tenant, known.tag, *recipient)}};
    }
    put_time(object, "queued", item.row.queued_unix_ms());
    put_time(object, "next_attempt", item.row.next_attempt_unix_ms());
    put_time(object, "finished", item.row.finished_unix_ms());
    if (!item.row.code().empty()) object["code"] = item.row.code();
    return object;
}

class CompanyMails {
  public:
    explicit CompanyMails(const Services& services) : services_(services) {}

    net::awaitable<Response> list(Call call) const;

  private:
    const Services& services_;
};

net::awaitable<Response> CompanyMails::list(Call call) const {
    const auto tenant = call.principal.tenant;
    if (auto behind = co_await wait_for_position(&services_, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto keys = services_.keys.tenant_keys(tenant);
    if (!keys) co_return problem(keys.error());
    const auto question = cursor_page_in(call, **keys, kList);
    if (!question) co_return question.error();
    const auto* const services = &services_;
    const auto page = co_await offload(services_.pool, [services, tenant, asked = *question] {
        return services->views.mails.page(services->store, tenant, asked.before, asked.limit);
    });
    if (!page) co_return problem(page.error());
    json::array items;
    for (const auto& item : page->items) items.push_back(mail_json(item));
    json::object answer{{"items", std::move(items)}};
    if (page->older) {
        answer["next"] = fmt::format("{}?limit={}&after={}",
                                     kPath,
                                     question->limit,
                                     write_cursor(*page->older, kList, **keys, tenant));
    }
    co_return json_response(200, answer);
}

}  // namespace

void add_company_mail_routes(Router& router, const Services& services) {
    const auto routes = std::make_shared<const CompanyMails>(services);
    const Access admin{.roles = {Role::ROLE_ADMIN}};
    router.add("GET", kPath, admin, [routes](Call call) { return routes->list(std::move(call)); });
}

}  // namespace gateway
