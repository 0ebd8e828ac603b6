#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/limits.hpp"
#include "gateway/live_position.hpp"
#include "gateway/outcome.hpp"
#include "gateway/router.hpp"

// Pages of lists. `limit_in` and `cursor_page_in` serve those that are read from a cursor on; the
// rest pages of what an admin sees of a company: its members, experts, invitations and tokens. Such
// a list is read whole, as far as its order needs it; a page bounds what is answered.
namespace gateway {

// The parameter "limit"; 400 "limit-invalid".
Outcome<std::size_t> limit_in(std::string_view query);

// Where a list is read on, towards the older.
struct CursorPage {
    std::size_t limit = kPageLimitDefault;
    std::optional<events::Seq> before;  // nothing: from the newest
};
// The parameters "limit" and "after", a cursor of that list (gateway/live_position.hpp); 400
// "limit-invalid", "after-invalid".
Outcome<CursorPage> cursor_page_in(const Call& call,
                                   const events::TenantKeys& keys,
                                   std::string_view list);

struct ListPage {
    std::size_t limit = kPageLimitDefault;
    std::string after;  // the id of the last item of the page before; empty: there is none
};

// The parameters "limit" and "after"; 400 "limit-invalid".
Outcome<ListPage> list_page_in(std::string_view query);

struct Listed {
    std::string_view path;       // of the list, without a query
    std::string_view id = "id";  // the member of an item that names it
};
// `items` from behind the page before, and `next` as long as there are more. 400 "after-invalid"
// when the list has no such item (any more): it is to be read from its beginning.
Outcome<boost::json::object> page_of(boost::json::array items,
                                     const ListPage& page,
                                     const Listed& list);

}  // namespace gateway
