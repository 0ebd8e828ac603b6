#pragma once

#include <optional>
#include <string_view>

// Words of the API and the enumerators they stand for, in a table of pairs.
namespace gateway {

template <class Value>
struct Named {
    std::string_view name;
    Value value;
};

// Nothing for a word that is not in the table.
template <class Table>
auto value_named(const Table& table, std::string_view name)
    -> std::optional<decltype(table.front().value)> {
    for (const auto& entry : table) {
        if (entry.name == name) return entry.value;
    }
    return std::nullopt;
}

// Empty for a value that is not in the table.
template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
    for (const auto& entry : table) {
        if (entry.value == value) return entry.name;
    }
    return {};
}

}  // namespace gateway
