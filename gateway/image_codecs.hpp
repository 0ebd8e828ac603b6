#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "events/error.hpp"
#include "gateway/image.hpp"
#include "gateway/image_pixels.hpp"

// The two formats of images.
namespace gateway {

inline constexpr int kJpegQuality = 85;
// Pictures of the web have about ten; each costs time over the whole image, however few bytes it
// has.
inline constexpr std::size_t kJpegScansMax = 64;

bool begins_as_jpeg(std::string_view bytes);
bool begins_as_png(std::string_view bytes);

// The image as pixels, or an error of normalise_image(). A JPEG may come out smaller, but with no
// side below that of fitted(..., rules.shown_side_max). It is not turned yet.
events::Result<Pixels> decode_jpeg(std::string_view bytes, const ImageRules& rules);
events::Result<Pixels> decode_png(std::string_view bytes, const ImageRules& rules);

// Images of any number of channels as PNG, of three as JPEG. kStorage if memory is out.
events::Result<std::string> encode_jpeg(const Pixels& pixels);
events::Result<std::string> encode_png(const Pixels& pixels);

// "image-too-large", if it is.
events::Status check_size(Size size, const ImageRules& rules);

inline std::unexpected<events::Error> refuse_image(std::string_view code) {
    return events::fail(events::Errc::kInvalidArgument, std::string(code));
}

// The critical chunks of a PNG and its transparency, byte for byte, up to its end; empty if the
// chunks are not whole or the first is no header. Compressed texts and profiles, which can grow a
// thousandfold, and animations are gone.
std::string critical_chunks(std::string_view png);

}  // namespace gateway
