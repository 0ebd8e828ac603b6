#pragma once

#include <array>
#include <string_view>

// The widget's page, its scripts and its style, as the build put them into the program (from
// web/widget).
namespace gateway {

struct WebFile {
    std::string_view path;
    std::string_view content_type;
    std::string_view content;
};

extern const std::string_view kFramePage;
extern const std::array<WebFile, 4> kWebFiles;

}  // namespace gateway
