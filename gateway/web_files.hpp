#pragma once

#include <array>
#include <string_view>

// The widget's page and that of a card, with their scripts and styles, as the build put them into
// the program (from web/widget and web/card).
namespace gateway {

struct WebFile {
    std::string_view path;
    std::string_view content_type;
    std::string_view content;
};

extern const std::string_view kFramePage;
extern const std::string_view kCardPage;
extern const std::array<WebFile, 8> kWebFiles;

}  // namespace gateway
