#include <algorithm>
#include <array>
#include <optional>

#include "tests/tidy/rules.hpp"

namespace tidy {
namespace {

struct Include {
    std::size_t line;
    bool quoted;
    std::string path;
};

std::vector<Include> includes_of(const Source& source) {
    std::vector<Include> includes;
    const std::string text = without_comments(source.text);
    std::size_t number = 0;
    for (const std::string_view raw : lines_of(text)) {
        ++number;
        std::string_view line = trimmed(raw);
        if (!line.starts_with('#')) continue;
        line = trimmed(line.substr(1));
        if (!line.starts_with("include")) continue;
        line = trimmed(line.substr(std::string_view("include").size()));
        if (line.empty() || (line.front() != '"' && line.front() != '<')) continue;
        const char close = line.front() == '"' ? '"' : '>';
        const std::size_t end = line.find(close, 1);
        if (end == std::string_view::npos) continue;
        includes.push_back({number, close == '"', std::string(line.substr(1, end - 1))});
    }
    return includes;
}

// What each folder may include, itself among it. "parlour" is the generated code of schemas.
struct Folder {
    std::string_view name;
    std::vector<std::string_view> may_see;
};

const std::vector<Folder>& folders() {
    static const std::vector<Folder> all{
        {"schemas", {"schemas", "parlour"}},
        {"events", {"schemas", "parlour", "events"}},
        {"commands", {"schemas", "parlour", "events", "commands"}},
        {"projections", {"schemas", "parlour", "events", "projections"}},
        {"gateway", {"schemas", "parlour", "events", "commands", "projections", "gateway"}},
        {"ops", {"schemas", "parlour", "events", "commands", "projections", "gateway", "ops"}},
        {"tests",
         {"schemas", "parlour", "events", "commands", "projections", "gateway", "ops", "tests"}},
    };
    return all;
}

const Folder* folder_named(std::string_view name) {
    const auto found = std::ranges::find(folders(), name, &Folder::name);
    return found == folders().end() ? nullptr : &*found;
}

bool sees(const Folder& from, std::string_view to) {
    return std::ranges::find(from.may_see, to) != from.may_see.end();
}

bool is_own(std::string_view path) {
    const std::string_view top = top_folder(path);
    return top == "parlour" || folder_named(top) != nullptr;
}

// A prefix of include paths, and the prefixes of the files that may use it.
struct Home {
    std::string_view library;
    std::string_view prefix;
    std::vector<std::string_view> files;
};

const std::vector<Home>& homes() {
    static const std::vector<Home> all{
        {"RocksDB",
         "rocksdb/",
         {"events/local_",
          "events/key_ring",
          "projections/store",
          "ops/bench/floor_",
          "tests/events/local_",
          "tests/events/key_ring",
          "tests/support/power_cut_",
          "tests/projections/store"}},
        {"libargon2", "argon2", {"gateway/passwords"}},
        {"librdkafka", "librdkafka/", {"events/kafka_", "ops/bench/floor_", "tests/events/kafka_"}},
        {"Beast",
         "boost/beast",
         {"gateway/client",
          "gateway/websocket",
          "ops/bench/floor_",
          "ops/cmake/beast.cpp",
          "tests/gateway/client",
          "tests/fuzz/http_"}},
        {"spdlog", "spdlog/", {"gateway/log."}},
        {"prometheus-cpp", "prometheus/", {"gateway/metrics"}},
        {"libcurl", "curl/", {"gateway/mail/smtp_"}},
        {"TurboJPEG", "turbojpeg.h", {"gateway/image_jpeg", "tests/gateway/image_"}},
        {"libpng", "png.h", {"gateway/image_png"}},
        {"Abseil", "absl/", {"gateway/mail/local_time"}},
    };
    return all;
}

}  // namespace

Findings include_direction(const Source& source) {
    if (!is_cpp(source)) return {};
    const Folder* from = folder_named(top_folder(source.path));
    if (from == nullptr) return {};
    Findings findings;
    for (const Include& include : includes_of(source)) {
        const std::string_view to = top_folder(include.path);
        if (!include.quoted || !is_own(include.path)) continue;
        if (sees(*from, to)) continue;
        findings.push_back({source.path,
                            include.line,
                            std::string(from->name) + " must not include " + include.path});
    }
    return findings;
}

Findings link_direction(const Source& source) {
    if (file_name(source.path) != "CMakeLists.txt") return {};
    const Folder* from = folder_named(folder_of(source.path));
    if (from == nullptr) return {};
    Findings findings;
    for (const Folder& to : folders()) {
        const std::string library = "parlour_" + std::string(to.name);
        const std::size_t at = find_word(source.text, library);
        if (at == std::string::npos || sees(*from, to.name)) continue;
        findings.push_back({source.path,
                            line_at(source.text, at),
                            std::string(from->name) + " must not link " + library});
    }
    return findings;
}

Findings own_includes_root_relative(const Source& source) {
    if (!is_cpp(source)) return {};
    Findings findings;
    for (const Include& include : includes_of(source)) {
        if (include.quoted == is_own(include.path)) continue;
        findings.push_back({source.path,
                            include.line,
                            include.quoted ? "write \"" + include.path + "\" from the root"
                                           : "own header in angle brackets: " + include.path});
    }
    return findings;
}

Findings third_party_homes(const Source& source) {
    if (!is_cpp(source)) return {};
    Findings findings;
    for (const Include& include : includes_of(source)) {
        for (const Home& home : homes()) {
            if (!include.path.starts_with(home.prefix)) continue;
            const bool at_home = std::ranges::any_of(
                home.files, [&](std::string_view file) { return source.path.starts_with(file); });
            if (at_home) continue;
            findings.push_back({source.path,
                                include.line,
                                std::string(home.library) + " has no home here: " + include.path});
        }
    }
    return findings;
}

Findings no_umbrella_includes(const Source& source) {
    if (!is_cpp(source)) return {};
    constexpr std::array<std::string_view, 3> kUmbrellas{
        "boost/asio.hpp", "boost/beast.hpp", "boost/test/included/unit_test.hpp"};
    Findings findings;
    for (const Include& include : includes_of(source)) {
        if (std::ranges::find(kUmbrellas, include.path) == kUmbrellas.end()) continue;
        findings.push_back(
            {source.path, include.line, "include the part you need of " + include.path});
    }
    return findings;
}

}  // namespace tidy
