#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

// Decoded images: rows from the top, 8 bits a channel, nothing between rows.
namespace gateway {

struct Size {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    friend bool operator==(const Size&, const Size&) = default;
};

struct Pixels {
    Size size;
    std::size_t channels = 3;  // 3: RGB; 4: RGBA, not premultiplied
    std::vector<std::uint8_t> bytes;
};

// The largest size of the same proportions with no side above `side_max` (at least 1), but never
// larger than it is and never without a pixel.
Size fitted(Size size, std::uint32_t side_max);

// Made smaller by averaging the area under each new pixel, transparent ones counting as little as
// they show. No side of `to` is 0 or exceeds that of the image.
Pixels scaled(Pixels pixels, Size to);

// Turned and mirrored as EXIF's orientation (1 to 8) demands; anything else leaves it as it is.
Pixels oriented(Pixels pixels, int orientation);

}  // namespace gateway
