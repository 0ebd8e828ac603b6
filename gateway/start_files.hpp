#pragma once

#include <string_view>
#include <vector>

// The start page, the API reference and what they load, as the build put them into the program
// (decision 0015).
namespace gateway {

struct StartFile {
    std::string_view path;
    std::string_view content_type;
    std::string_view content;
};

// With the place for the demo's part in it.
std::string_view start_page();
inline constexpr std::string_view kDemoPlace = "<!--demo-->";

std::vector<StartFile> start_files();

}  // namespace gateway
