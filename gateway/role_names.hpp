#pragma once

#include <boost/json/array.hpp>

#include <array>
#include <string>
#include <vector>

#include "gateway/access.hpp"
#include "gateway/named.hpp"
#include "gateway/outcome.hpp"

// Roles and scopes as the API calls them.
namespace gateway {

inline constexpr std::array kRoleNames{Named<Role>{"admin", Role::ROLE_ADMIN},
                                       Named<Role>{"expert", Role::ROLE_EXPERT},
                                       Named<Role>{"officer", Role::ROLE_OFFICER},
                                       Named<Role>{"auditor", Role::ROLE_AUDITOR},
                                       Named<Role>{"analyst", Role::ROLE_ANALYST}};

inline constexpr std::array kScopeNames{Named<Scope>{"conversations", Scope::SCOPE_CONVERSATIONS},
                                        Named<Scope>{"history:read", Scope::SCOPE_HISTORY_READ},
                                        Named<Scope>{"audit:read", Scope::SCOPE_AUDIT_READ},
                                        Named<Scope>{"analytics:read", Scope::SCOPE_ANALYTICS_READ},
                                        Named<Scope>{"erase", Scope::SCOPE_ERASE},
                                        Named<Scope>{"admin", Scope::SCOPE_ADMIN}};

template <class Table, class Value>
boost::json::array names_json(const Table& table, const std::vector<Value>& values) {
    boost::json::array names;
    for (const auto value : values) names.emplace_back(name_in(table, value));
    return names;
}

// 422 with `code` for a word that is not in the table.
template <class Table>
auto values_named(const Table& table, const std::vector<std::string>& names, std::string_view code)
    -> Outcome<std::vector<decltype(table.front().value)>> {
    std::vector<decltype(table.front().value)> values;
    for (const auto& name : names) {
        const auto value = value_named(table, name);
        if (!value) return refuse(422, code, "There is no such word for this.");
        values.push_back(*value);
    }
    return values;
}

}  // namespace gateway
