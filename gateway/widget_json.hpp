#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "gateway/outcome.hpp"
#include "gateway/widget_cache.hpp"
#include "parlour/widget/v1/events.pb.h"

// Widgets in JSON, both ways.
namespace gateway {

// Bodies as an administrator sends them; 400 with the member's code for what has another form.
Outcome<parlour::widget::v1::WidgetSettingsChanged> parse_settings(std::string_view body);
Outcome<parlour::widget::v1::BrandingChanged> parse_branding(std::string_view body);
// {"criteria": ["language", "expertise", "location"]}
Outcome<std::vector<parlour::widget::v1::SearchCriterion>> parse_criteria(std::string_view body);

// Everything, for the company's own people.
boost::json::object admin_json(const KnownWidget& widget);
// What the widget itself needs once somebody opens it.
boost::json::object config_json(const KnownWidget& widget);
// What the button needs, and nothing else: every page that shows it loads this.
boost::json::object button_json(const KnownWidget& widget);

std::string public_key_of(const KnownWidget& widget);

// "#rrggbb", and back.
std::string colour_text(std::uint32_t rgb);
// Black or white: whichever can be read better on that colour; its contrast is at least 4.5 : 1
// (WCAG 2.2, 1.4.3), whatever the colour.
std::string_view readable_on(std::uint32_t rgb);

}  // namespace gateway
