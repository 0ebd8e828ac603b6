#include "gateway/image_pixels.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gateway {
namespace {

// One side of the reduction. A source pixel is `to` units wide and a new one `from`, so both sides
// are whole numbers and no rounding adds up.
struct Axis {
    std::uint64_t from;
    std::uint64_t to;

    // The source pixels under new pixel `at`, and how many units of one are.
    [[nodiscard]] std::uint64_t first(std::uint64_t at) const { return at * from / to; }
    [[nodiscard]] std::uint64_t end(std::uint64_t at) const {
        return ((at + 1) * from + to - 1) / to;
    }
    [[nodiscard]] std::uint64_t weight(std::uint64_t at, std::uint64_t source) const {
        return std::min((at + 1) * from, (source + 1) * to) - std::max(at * from, source * to);
    }
};

// Sums of one new pixel: 255 * 255 * 4096 * 4096 stays far below 64 bits. With transparency the
// colours are weighted by it; without, the fourth sum stays 0.
using Sums = std::array<std::uint64_t, 4>;

void add(Sums& sums, const std::uint8_t* pixel, std::size_t channels, std::uint64_t weight) {
    const std::uint64_t opacity = channels == 4 ? pixel[3] * weight : weight;
    for (std::size_t c = 0; c < 3; ++c) sums[c] += pixel[c] * opacity;
    sums[3] += opacity;
}

void write(const Sums& sums, std::uint64_t area, std::size_t channels, std::uint8_t* pixel) {
    const std::uint64_t weight = sums[3];
    for (std::size_t c = 0; c < 3; ++c) {
        pixel[c] = weight == 0 ? std::uint8_t{0}
                               : static_cast<std::uint8_t>((sums[c] + weight / 2) / weight);
    }
    if (channels == 4) pixel[3] = static_cast<std::uint8_t>((weight + area / 2) / area);
}

}  // namespace

Size fitted(Size size, std::uint32_t side_max) {
    const std::uint64_t longer = std::max(size.width, size.height);
    if (longer <= side_max) return size;
    const auto reduced = [&](std::uint64_t side) {
        return static_cast<std::uint32_t>(
            std::max<std::uint64_t>((side * side_max + longer / 2) / longer, 1));
    };
    return {reduced(size.width), reduced(size.height)};
}

Pixels scaled(Pixels pixels, Size to) {
    if (to == pixels.size) return pixels;
    const std::size_t channels = pixels.channels;
    const Axis across{pixels.size.width, to.width};
    const Axis down{pixels.size.height, to.height};
    Pixels out{.size = to, .channels = channels, .bytes = {}};
    out.bytes.resize(std::size_t{to.width} * to.height * channels);
    std::uint8_t* next = out.bytes.data();
    for (std::uint64_t y = 0; y < to.height; ++y) {
        for (std::uint64_t x = 0; x < to.width; ++x, next += channels) {
            Sums sums{};
            for (std::uint64_t sy = down.first(y); sy < down.end(y); ++sy) {
                const std::uint64_t row = sy * pixels.size.width;
                const std::uint64_t height = down.weight(y, sy);
                for (std::uint64_t sx = across.first(x); sx < across.end(x); ++sx) {
                    add(sums,
                        &pixels.bytes[(row + sx) * channels],
                        channels,
                        height * across.weight(x, sx));
                }
            }
            write(sums, across.from * down.from, channels, next);
        }
    }
    return out;
}

Pixels oriented(Pixels pixels, int orientation) {
    if (orientation < 2 || orientation > 8) return pixels;
    // Bits of what leads from the new image back to the stored one.
    const bool swapped = orientation >= 5;
    const bool from_right =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool from_bottom =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const Size old = pixels.size;
    Pixels out{.size = swapped ? Size{old.height, old.width} : old,
               .channels = pixels.channels,
               .bytes = std::vector<std::uint8_t>(pixels.bytes.size())};
    std::uint8_t* next = out.bytes.data();
    for (std::size_t y = 0; y < out.size.height; ++y) {
        for (std::size_t x = 0; x < out.size.width; ++x, next += pixels.channels) {
            const std::size_t column = swapped ? y : x;
            const std::size_t row = swapped ? x : y;
            const std::size_t sx = from_right ? old.width - 1 - column : column;
            const std::size_t sy = from_bottom ? old.height - 1 - row : row;
            std::copy_n(
                &pixels.bytes[(sy * old.width + sx) * pixels.channels], pixels.channels, next);
        }
    }
    return out;
}

}  // namespace gateway
