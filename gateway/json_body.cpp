#include "gateway/json_body.hpp"

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

#include "gateway/limits.hpp"

namespace gateway {
namespace {

namespace json = boost::json;

std::unexpected<Response> missing(std::string_view field) {
    return refuse(400, fmt::format("{}-missing", field), fmt::format("\"{}\" is missing.", field));
}

std::unexpected<Response> mistyped(std::string_view field, std::string_view article_and_type) {
    std::string code = fmt::format("{}-not-{}", field, article_and_type);
    for (char& c : code) {
        if (c == ' ') c = '-';
    }
    return refuse(400, code, fmt::format("\"{}\" must be {}.", field, article_and_type));
}

std::string to_std(const json::string& text) {
    return {text.data(), text.size()};
}

}  // namespace

Outcome<json::object> parse_object(std::string_view body) {
    json::parse_options options;
    options.max_depth = kJsonDepthMax;
    boost::system::error_code error;
    json::value value =
        json::parse(json::string_view(body.data(), body.size()), error, {}, options);
    if (error) {
        return refuse(400,
                      "json-invalid",
                      fmt::format("The body is not valid JSON in UTF-8: {}.", error.message()));
    }
    if (!value.is_object()) return refuse(400, "json-invalid", "The body must be a JSON object.");
    return std::move(value.get_object());
}

Outcome<std::string> string_member(const json::object& object, std::string_view field) {
    const auto* const value = object.if_contains(json::string_view(field.data(), field.size()));
    if (value == nullptr) return missing(field);
    if (!value->is_string()) return mistyped(field, "a string");
    return to_std(value->get_string());
}

Outcome<std::optional<std::string>> optional_string_member(const json::object& object,
                                                           std::string_view field) {
    const auto* const value = object.if_contains(json::string_view(field.data(), field.size()));
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (!value->is_string()) return mistyped(field, "a string");
    return to_std(value->get_string());
}

Outcome<json::object> object_member(const json::object& object, std::string_view field) {
    const auto* const value = object.if_contains(json::string_view(field.data(), field.size()));
    if (value == nullptr) return missing(field);
    if (!value->is_object()) return mistyped(field, "an object");
    return value->get_object();
}

Outcome<bool> bool_member(const json::object& object, std::string_view field) {
    const auto* const value = object.if_contains(json::string_view(field.data(), field.size()));
    if (value == nullptr) return missing(field);
    if (!value->is_bool()) return mistyped(field, "a boolean");
    return value->get_bool();
}

Outcome<std::int64_t> number_member(const json::object& object,
                                    std::string_view field,
                                    MemberRange range) {
    const auto* const value = object.if_contains(json::string_view(field.data(), field.size()));
    if (value == nullptr) return missing(field);
    if (!value->is_int64() || value->get_int64() < range.least || value->get_int64() > range.most) {
        return refuse(
            400,
            fmt::format("{}-invalid", field),
            fmt::format(
                "\"{}\" must be a whole number from {} to {}.", field, range.least, range.most));
    }
    return value->get_int64();
}

Outcome<std::vector<std::string>> strings_member(const json::object& object,
                                                 std::string_view field) {
    const auto* const value = object.if_contains(json::string_view(field.data(), field.size()));
    if (value == nullptr) return missing(field);
    std::vector<std::string> texts;
    if (!value->is_array()) return mistyped(field, "a list");
    for (const auto& item : value->get_array()) {
        if (!item.is_string()) return mistyped(field, "a list");
        texts.push_back(to_std(item.get_string()));
    }
    return texts;
}

Response json_response(unsigned status, const json::value& document) {
    return Response{.status = status, .body = json::serialize(document), .headers = {}};
}

std::string json_string(std::string_view utf8) {
    const bool plain = std::ranges::all_of(utf8, [](const char c) {
        return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
    });
    if (plain) {
        std::string text;
        text.reserve(utf8.size() + 2);
        return text.append(1, '"').append(utf8).append(1, '"');
    }
    return json::serialize(json::string_view(utf8.data(), utf8.size()));
}

}  // namespace gateway
