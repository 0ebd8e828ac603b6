#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "gateway/image.hpp"
#include "gateway/image_codecs.hpp"
#include "gateway/image_exif.hpp"

// Any bytes as an image. What comes out must be an image of its own: of the kind it says, within
// the bounds, the same size when it is read again, and nothing but chunks of a picture.
namespace {

constexpr gateway::ImageRules kRules{
    .bytes_max = 100'000, .side_max = 300, .pixels_max = 40'000, .shown_side_max = 50};

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "broken: " << what << '\n';
    std::abort();
}

void check_image(const gateway::Image& image) {
    const bool png = image.content_type == "image/png";
    require(png || image.content_type == "image/jpeg", "one of two types");
    require(png ? gateway::begins_as_png(image.bytes) : gateway::begins_as_jpeg(image.bytes),
            "of the type it says");
    require(image.width >= 1 && image.width <= kRules.shown_side_max, "bounded width");
    require(image.height >= 1 && image.height <= kRules.shown_side_max, "bounded height");
    const auto again =
        png ? gateway::decode_png(image.bytes, kRules) : gateway::decode_jpeg(image.bytes, kRules);
    require(again.has_value(), "readable again");
    require(again->size == gateway::Size{image.width, image.height}, "of the size it says");
    require(!png || gateway::critical_chunks(image.bytes) == image.bytes, "no other chunks");
    require(png || image.bytes.ends_with("\xFF\xD9"), "ends where the image ends");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const int orientation = gateway::exif_orientation(bytes);
    require(orientation >= 1 && orientation <= 8, "an orientation there is");
    const auto image = gateway::normalise_image(bytes, kRules);
    if (image) {
        check_image(*image);
    } else {
        require(image.error().code == events::Errc::kInvalidArgument, "the sender's fault");
        require(gateway::image_advice(image.error().detail) != gateway::image_advice(""),
                "a fault with advice");
    }
    return 0;
}
