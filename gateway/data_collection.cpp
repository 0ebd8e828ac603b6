#include "gateway/data_collection.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <utility>

#include "commands/company.hpp"
#include "gateway/async.hpp"
#include "gateway/company.hpp"
#include "gateway/idempotency.hpp"
#include "gateway/json_body.hpp"
#include "gateway/resource.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Company;
using parlour::company::v1::DataCollectionChanged;

Outcome<DataCollectionChanged> kept_in(const json::object& object) {
    DataCollectionChanged kept;
    struct Member {
        std::string_view name;
        void (DataCollectionChanged::*set)(bool);
    };
    for (const auto& [name, set] :
         {Member{"name", &DataCollectionChanged::set_name},
          Member{"email", &DataCollectionChanged::set_email},
          Member{"phone", &DataCollectionChanged::set_phone},
          Member{"attachments", &DataCollectionChanged::set_attachments},
          Member{"customer_accounts", &DataCollectionChanged::set_customer_accounts}}) {
        const auto given = bool_member(object, name);
        if (!given) return std::unexpected(given.error());
        (kept.*set)(*given);
    }
    return kept;
}

class DataCollection {
  public:
    explicit DataCollection(const Services& services) : services_(services) {}

    net::awaitable<Response> show(Call call) const;
    net::awaitable<Response> set(Call call) const;

  private:
    const Services& services_;
};

// A company that never said so keeps what visitors say, and takes no customers.
net::awaitable<Response> DataCollection::show(Call call) const {
    const auto tenant = call.principal.tenant;
    if (auto behind = co_await wait_for_position(&services_, tenant, call.request.query)) {
        co_return std::move(*behind);
    }
    const auto company = co_await company_of(&services_, tenant);
    if (!company) co_return company.error();
    const auto& kept = company->kept;
    co_return json_response(200,
                            json::object{{"name", !kept || kept->name()},
                                         {"email", !kept || kept->email()},
                                         {"phone", !kept || kept->phone()},
                                         {"attachments", !kept || kept->attachments()},
                                         {"customer_accounts", kept && kept->customer_accounts()}});
}

net::awaitable<Response> DataCollection::set(Call call) const {
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    auto kept = kept_in(*object);
    if (!kept) co_return kept.error();
    const auto meta = meta_of(services_, call.principal, call.request, {kept->SerializeAsString()});
    if (!meta) co_return meta.error();
    const auto company = co_await company_of(&services_, call.principal.tenant);
    if (!company) co_return company.error();
    co_return answer_of(
        200,
        co_await execute<Company>(
            services_.writer, company->id, commands::SetDataCollection{std::move(*kept)}, *meta),
        {});
}

}  // namespace

void add_data_collection_routes(Router& router, const Services& services) {
    constexpr std::string_view kPath = "/api/v1/company/data-collection";
    const auto routes = std::make_shared<const DataCollection>(services);
    const Access readers{.roles = {Role::ROLE_ADMIN, Role::ROLE_OFFICER, Role::ROLE_AUDITOR}};
    const Access admin{.roles = {Role::ROLE_ADMIN}};
    router.add(
        "GET", kPath, readers, [routes](Call call) { return routes->show(std::move(call)); });
    router.add("PUT", kPath, admin, [routes](Call call) { return routes->set(std::move(call)); });
}

}  // namespace gateway
