#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

// Looking at a store's files as somebody does who has stolen the disk.
namespace folder_scan {

inline std::string content_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The names of the files that hold these bytes anywhere.
inline std::vector<std::string> files_with(const std::filesystem::path& dir,
                                           std::string_view bytes) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir)) {
        if (!entry.is_regular_file()) continue;
        if (content_of(entry.path()).find(bytes) == std::string::npos) continue;
        names.push_back(entry.path().filename().string());
    }
    return names;
}

// What a kill leaves: the files as they are while the program runs.
inline void copy_as_killed(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

}  // namespace folder_scan
