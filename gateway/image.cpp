#include "gateway/image.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/image_codecs.hpp"
#include "gateway/image_exif.hpp"
#include "gateway/image_pixels.hpp"

namespace gateway {
namespace {

struct Advice {
    std::string_view code;
    std::string_view sentence;
};

constexpr std::array kAdvice{
    Advice{"image-too-many-bytes", "The image is too large a file; save it smaller."},
    Advice{"image-type-not-taken", "Only JPEG and PNG images are taken here."},
    Advice{"image-too-large", "The image has too many pixels; make it smaller."},
    Advice{"image-colours-not-taken", "The image is made for print (CMYK); save it as RGB."},
    Advice{"image-too-many-scans", "The image is stored in an unusual way; save it again."},
    Advice{"image-damaged", "The image is damaged or not complete; save it again."}};

events::Result<Image> finished(Pixels pixels, std::string_view content_type) {
    auto bytes = content_type == "image/png" ? encode_png(pixels) : encode_jpeg(pixels);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    return Image{.content_type = content_type,
                 .bytes = *std::move(bytes),
                 .width = pixels.size.width,
                 .height = pixels.size.height};
}

}  // namespace

events::Status check_size(Size size, const ImageRules& rules) {
    const bool fits = size.width <= rules.side_max && size.height <= rules.side_max &&
                      std::uint64_t{size.width} * size.height <= rules.pixels_max;
    if (!fits) return refuse_image("image-too-large");
    return {};
}

events::Result<Image> normalise_image(std::string_view bytes, const ImageRules& rules) {
    if (bytes.size() > rules.bytes_max) return refuse_image("image-too-many-bytes");
    const bool png = begins_as_png(bytes);
    if (!png && !begins_as_jpeg(bytes)) return refuse_image("image-type-not-taken");
    auto pixels = png ? decode_png(bytes, rules) : decode_jpeg(bytes, rules);
    if (!pixels) return std::unexpected(std::move(pixels.error()));
    const Size to = fitted(pixels->size, rules.shown_side_max);
    Pixels small = scaled(*std::move(pixels), to);
    if (png) return finished(std::move(small), "image/png");
    return finished(oriented(std::move(small), exif_orientation(bytes)), "image/jpeg");
}

std::string_view image_advice(std::string_view code) {
    const auto* const at = std::ranges::find(kAdvice, code, &Advice::code);
    return at == kAdvice.end() ? "The image cannot be taken." : at->sentence;
}

}  // namespace gateway
