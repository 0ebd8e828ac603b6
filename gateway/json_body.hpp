#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/outcome.hpp"

// Request bodies: strict JSON (RFC 8259) in strict UTF-8, one object, members of the expected
// types.
namespace gateway {

// 400 "json-invalid" for anything but one JSON object.
Outcome<boost::json::object> parse_object(std::string_view body);

// A member that must be a string; 400 "FIELD-missing" or "FIELD-not-a-string".
Outcome<std::string> string_member(const boost::json::object& object, std::string_view field);
// The same, where it may be absent.
Outcome<std::optional<std::string>> optional_string_member(const boost::json::object& object,
                                                           std::string_view field);
// A member that must be an object; 400 "FIELD-missing" or "FIELD-not-an-object".
Outcome<boost::json::object> object_member(const boost::json::object& object,
                                           std::string_view field);

// The same for true and false, and for a number from `least` to `most`; 400 "FIELD-missing",
// "FIELD-not-a-boolean", "FIELD-invalid".
Outcome<bool> bool_member(const boost::json::object& object, std::string_view field);
struct MemberRange {
    std::int64_t least = 0;
    std::int64_t most = 0;
};
Outcome<std::int64_t> number_member(const boost::json::object& object,
                                    std::string_view field,
                                    MemberRange range);
// A member that must be a list of strings; 400 "FIELD-missing" or "FIELD-not-a-list".
Outcome<std::vector<std::string>> strings_member(const boost::json::object& object,
                                                 std::string_view field);

// An answer with this document as its body.
Response json_response(unsigned status, const boost::json::value& document);

// A JSON string literal with its quotes.
std::string json_string(std::string_view utf8);

}  // namespace gateway
