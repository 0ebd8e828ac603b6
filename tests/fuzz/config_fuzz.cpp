#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "ops/config.hpp"

// Any bytes as a configuration file: it is read or refused, and what was read is printed as a file
// that reads the same.
namespace {

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "broken: " << what << '\n';
    std::abort();
}

bool has_value(const ops::ConfigValue& value) {
    const auto* const text = std::get_if<std::string>(&value);
    return text == nullptr || !text->empty();
}

}  // namespace

// libFuzzer calls it by this name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    auto source = ops::parse_config(text, "file");
    check_together(source);
    for (const auto& fault : source.faults) {
        require(!fault.where.empty() && !fault.what.empty(), "a fault says where and what");
    }
    std::string printed;
    for (const auto& key : ops::config_keys()) {
        const auto value = key.get(source.config);
        if (has_value(value)) printed += fmt::format("{} = {}\n", key.name, ops::to_toml(value));
    }
    const auto again = ops::parse_config(printed, "printed");
    require(again.faults.empty(), "what is in force can be written down");
    for (const auto& key : ops::config_keys()) {
        require(key.get(again.config) == key.get(source.config), "and reads the same");
    }
    return 0;
}
