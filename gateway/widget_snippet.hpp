#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

#include "gateway/outcome.hpp"

// The few lines that put a widget on a site, for the systems that sites are made with, and what to
// do with them.
namespace gateway {

enum class Platform : std::uint8_t { kHtml, kWordpress, kTypo3, kShopify };
enum class SnippetLocale : std::uint8_t { kGerman, kEnglish };

struct SnippetRule {
    Platform platform{};
    SnippetLocale locale{};
};

// From ?platform= (html when absent) and &locale= (en when absent); 400 "platform-invalid",
// "locale-invalid".
Outcome<SnippetRule> snippet_rule(std::string_view query);

// {"platform", "locale", "snippet", "instructions": [one sentence for each step]}.
boost::json::object snippet_json(const SnippetRule& rule,
                                 std::string_view base_url,
                                 std::string_view public_key);

// Under which address people reach us: the one that the operator set. Where none was, the one that
// the client used: the scheme of its connection, and its Host where that is a host.
std::string base_url(std::string_view public_url, const Request& request);

}  // namespace gateway
