#include "gateway/widget_snippet.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <array>

#include "gateway/domain_pattern.hpp"
#include "gateway/named.hpp"
#include "gateway/query.hpp"

namespace gateway {
namespace {

namespace json = boost::json;

constexpr std::array kPlatforms{Named<Platform>{"html", Platform::kHtml},
                                Named<Platform>{"wordpress", Platform::kWordpress},
                                Named<Platform>{"typo3", Platform::kTypo3},
                                Named<Platform>{"shopify", Platform::kShopify}};
constexpr std::array kLocales{Named<SnippetLocale>{"de", SnippetLocale::kGerman},
                              Named<SnippetLocale>{"en", SnippetLocale::kEnglish}};

using Steps = std::array<std::string_view, 3>;

struct Guide {
    Platform platform;
    Steps german;
    Steps english;
};

constexpr std::array kGuides{
    Guide{Platform::kHtml,
          {"Kopieren Sie die Zeile in jede Seite, unmittelbar vor </body>.",
           "Tragen Sie unter „Domains“ jede Adresse ein, unter der die Seiten erreichbar sind, "
           "auch die von Testsystemen.",
           "Laden Sie eine Seite neu: Der Knopf erscheint. Wenn nicht, sagt die Konsole des "
           "Browsers, warum."},
          {"Copy the line into each page, right before </body>.",
           "Under “Domains”, enter every address that the pages are reached by, those of test "
           "systems too.",
           "Load a page again: the button appears. If it does not, the browser's console says "
           "why."}},
    Guide{Platform::kWordpress,
          {"Fügen Sie die Zeilen am Ende der Datei functions.php Ihres (Child-)Themes ein.",
           "Tragen Sie unter „Domains“ die Adresse Ihrer Website ein.",
           "Leeren Sie den Cache, falls ein Cache-Plugin läuft, und laden Sie die Seite neu."},
          {"Put the lines at the end of the file functions.php of your (child) theme.",
           "Under “Domains”, enter the address of your site.",
           "Empty the cache if a caching plug-in runs, and load the page again."}},
    Guide{Platform::kTypo3,
          {"Fügen Sie die Zeilen in das Setup des TypoScript-Templates Ihrer Website ein.",
           "Tragen Sie unter „Domains“ die Adresse Ihrer Website ein.",
           "Leeren Sie alle Frontend-Caches und laden Sie die Seite neu."},
          {"Put the lines into the setup of your site's TypoScript template.",
           "Under “Domains”, enter the address of your site.",
           "Flush all frontend caches and load the page again."}},
    Guide{Platform::kShopify,
          {"Öffnen Sie im Theme-Editor „Code bearbeiten“ und dort layout/theme.liquid; kopieren "
           "Sie die Zeile unmittelbar vor </body>.",
           "Tragen Sie unter „Domains“ die Adresse Ihres Shops und die auf myshopify.com ein.",
           "Speichern Sie und laden Sie den Shop neu."},
          {"In the theme editor choose “Edit code”, open layout/theme.liquid and copy the line "
           "right before </body>.",
           "Under “Domains”, enter the address of your shop and the one at myshopify.com.",
           "Save, and load the shop again."}}};

// What the line holds cannot end an attribute or a string: a key of ours, and an address made of a
// scheme and a host.
std::string snippet_of(Platform platform, std::string_view base, std::string_view key) {
    const auto line = fmt::format(
        R"(<script async src="{}/widget/widget.js" data-parlour-key="{}"></script>)", base, key);
    switch (platform) {
        case Platform::kHtml:
        case Platform::kShopify:
            return line;
        case Platform::kWordpress:
            return fmt::format("add_action('wp_footer', function () {{\n    echo '{}';\n}});",
                               line);
        case Platform::kTypo3:
            return fmt::format("page.footerData.2701 = TEXT\npage.footerData.2701.value = {}",
                               line);
    }
    return line;
}

}  // namespace

Outcome<SnippetRule> snippet_rule(std::string_view query) {
    const auto platform =
        value_named(kPlatforms, query_parameter(query, "platform").value_or("html"));
    if (!platform) {
        return refuse(
            400, "platform-invalid", "\"platform\" must be html, wordpress, typo3 or shopify.");
    }
    const auto locale = value_named(kLocales, query_parameter(query, "locale").value_or("en"));
    if (!locale) return refuse(400, "locale-invalid", "\"locale\" must be de or en.");
    return SnippetRule{.platform = *platform, .locale = *locale};
}

json::object snippet_json(const SnippetRule& rule,
                          std::string_view base_url,
                          std::string_view public_key) {
    json::array instructions;
    for (const auto& guide : kGuides) {
        if (guide.platform != rule.platform) continue;
        const auto& steps = rule.locale == SnippetLocale::kGerman ? guide.german : guide.english;
        for (const auto step : steps) instructions.emplace_back(step);
    }
    return {{"platform", name_in(kPlatforms, rule.platform)},
            {"locale", name_in(kLocales, rule.locale)},
            {"snippet", snippet_of(rule.platform, base_url, public_key)},
            {"instructions", std::move(instructions)}};
}

std::string base_url(std::string_view public_url, const Request& request) {
    if (!public_url.empty()) return std::string(public_url);
    const std::string_view scheme = request.secure ? "https" : "http";
    const auto given = fmt::format("{}://{}", scheme, request.header("host").value_or(""));
    const auto parsed = parse_domain(given);
    // A host that is none ends in an address that leads nowhere, and breaks nothing.
    if (!parsed || parsed->subdomains || parsed->port == "*") return std::string(scheme) + "://";
    return to_text(*parsed);
}

}  // namespace gateway
