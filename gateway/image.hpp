#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "events/error.hpp"

// Profile photos and logos of strangers: decoded under limits, made small, and encoded anew, so
// that what is stored and served holds pixels and nothing else.
namespace gateway {

struct ImageRules {
    std::size_t bytes_max = std::size_t{2} * 1024 * 1024;
    // Of the image that comes in; what its header says is checked before anything is decoded.
    std::uint32_t side_max = 4'096;
    std::uint64_t pixels_max = std::uint64_t{16} * 1024 * 1024;
    // Of the image that comes out; a smaller one stays as large as it is. At least 1.
    std::uint32_t shown_side_max = 512;
};

struct Image {
    std::string_view content_type;  // "image/jpeg" or "image/png"
    std::string bytes;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
};

// A JPEG comes out as a JPEG (quality 85, turned as its EXIF said, without EXIF or any other
// metadata), a PNG as a PNG (8-bit RGB, or RGBA if it had transparency, critical chunks only).
// What stands behind the image in the bytes is dropped.
// Pure; any thread, but not an I/O thread: it takes up to two seconds and, for the largest
// progressive JPEG, 110 MB, so bound how many run at once.
// Fails with kInvalidArgument and one of these codes as the detail, see image_advice():
//   "image-too-many-bytes"     more than bytes_max
//   "image-type-not-taken"     does not begin as a JPEG or PNG does (SVG, GIF, WebP, HTML ...)
//   "image-too-large"          a side or the pixels exceed the rules
//   "image-colours-not-taken"  a JPEG for print (CMYK)
//   "image-too-many-scans"     a progressive JPEG of more passes than anybody needs
//   "image-damaged"            it cannot be decoded without a fault
events::Result<Image> normalise_image(std::string_view bytes, const ImageRules& rules);

// One sentence for the person who sent the image, for each code above.
std::string_view image_advice(std::string_view code);

}  // namespace gateway
