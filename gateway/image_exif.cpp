#include "gateway/image_exif.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace gateway {
namespace {

constexpr int kUpright = 1;

// Whole numbers out of bytes of either order; nothing beyond their end.
struct Reader {
    std::string_view bytes;
    bool little_endian = false;

    [[nodiscard]] std::optional<std::uint32_t> number(std::size_t at, std::size_t size) const {
        if (at > bytes.size() || bytes.size() - at < size) return std::nullopt;
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < size; ++i) {
            const std::size_t place = little_endian ? at + size - 1 - i : at + i;
            value = (value << 8U) | static_cast<std::uint8_t>(bytes[place]);
        }
        return value;
    }
};

// The orientation in the first directory of a TIFF header (EXIF 2.3, 4.5 and 4.6.4).
int orientation_in(std::string_view tiff) {
    constexpr std::uint32_t kMagic = 42;
    constexpr std::uint32_t kOrientationTag = 0x0112;
    constexpr std::uint32_t kShort = 3;
    constexpr std::size_t kEntryBytes = 12;
    const Reader reader{tiff, tiff.starts_with("II")};
    if (!tiff.starts_with("II") && !tiff.starts_with("MM")) return kUpright;
    const auto directory = reader.number(4, 4);
    if (reader.number(2, 2) != kMagic || !directory) return kUpright;
    const std::uint32_t entries = reader.number(*directory, 2).value_or(0);
    for (std::size_t i = 0; i < entries; ++i) {
        const std::size_t at = std::size_t{*directory} + 2 + i * kEntryBytes;
        const auto tag = reader.number(at, 2);
        if (!tag) return kUpright;
        if (*tag != kOrientationTag) continue;
        if (reader.number(at + 2, 2) != kShort || reader.number(at + 4, 4) != 1U) return kUpright;
        const std::uint32_t value = reader.number(at + 8, 2).value_or(kUpright);
        return value >= 1 && value <= 8 ? static_cast<int>(value) : kUpright;
    }
    return kUpright;
}

}  // namespace

int exif_orientation(std::string_view jpeg) {
    constexpr std::string_view kStart = "\xFF\xD8";
    constexpr std::string_view kExif("Exif\0\0", 6);
    constexpr std::uint32_t kFirstApplication = 0xFFE0;
    constexpr std::uint32_t kLastApplication = 0xFFEF;
    constexpr std::uint32_t kExifSegment = 0xFFE1;
    const Reader reader{jpeg};
    if (!jpeg.starts_with(kStart)) return kUpright;
    std::size_t at = kStart.size();
    while (true) {
        // EXIF stands before the tables, so the first segment of another kind ends the search.
        const std::uint32_t marker = reader.number(at, 2).value_or(0);
        const std::uint32_t length = reader.number(at + 2, 2).value_or(0);
        if (marker < kFirstApplication || marker > kLastApplication || length < 2) return kUpright;
        const std::string_view segment =
            jpeg.substr(std::min(at + 4, jpeg.size())).substr(0, length - 2);
        if (marker == kExifSegment && segment.starts_with(kExif)) {
            return orientation_in(segment.substr(kExif.size()));
        }
        at += 2 + length;
    }
}

}  // namespace gateway
