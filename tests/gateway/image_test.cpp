#include "gateway/image.hpp"

#include <turbojpeg.h>
#include <zlib.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "gateway/image_codecs.hpp"
#include "gateway/image_exif.hpp"

using gateway::Image;
using gateway::ImageRules;
using gateway::normalise_image;
using gateway::Pixels;
using gateway::Size;

namespace {

constexpr std::string_view kMarker = "Taken at home, 12 Example Street";

// Red on the left, blue on the right.
Pixels picture(Size size, std::size_t channels = 3) {
    Pixels pixels{.size = size, .channels = channels, .bytes = {}};
    for (std::uint32_t i = 0; i < size.width * size.height; ++i) {
        const bool left = i % size.width < size.width / 2;
        for (const int value : {left ? 220 : 10, 20, left ? 10 : 220, left ? 255 : 100}) {
            pixels.bytes.push_back(static_cast<std::uint8_t>(value));
        }
        if (channels == 3) pixels.bytes.pop_back();
    }
    return pixels;
}

// A smooth picture of many colours, which makes an image of more than a few hundred bytes.
Pixels wide_picture(Size size) {
    Pixels pixels{.size = size, .channels = 3, .bytes = {}};
    for (std::uint32_t y = 0; y < size.height; ++y) {
        for (std::uint32_t x = 0; x < size.width; ++x) {
            for (const std::uint32_t value : {x * x + y, x * y, x + y * y}) {
                pixels.bytes.push_back(static_cast<std::uint8_t>(value / 7));
            }
        }
    }
    return pixels;
}

std::string jpeg(const Pixels& pixels) {
    return gateway::encode_jpeg(pixels).value();
}

std::string png(const Pixels& pixels) {
    return gateway::encode_png(pixels).value();
}

// A JPEG as other programs make them.
std::string foreign_jpeg(const Pixels& pixels, int format, int sampling, int flags) {
    auto* const handle = tjInitCompress();
    unsigned char* written = nullptr;
    unsigned long size = 0;
    const int failed = tjCompress2(handle,
                                   pixels.bytes.data(),
                                   static_cast<int>(pixels.size.width),
                                   0,
                                   static_cast<int>(pixels.size.height),
                                   format,
                                   &written,
                                   &size,
                                   sampling,
                                   90,
                                   flags);
    const std::string bytes(reinterpret_cast<const char*>(written), failed == 0 ? size : 0);
    tjFree(written);
    tjDestroy(handle);
    return bytes;
}

std::string big_endian(std::uint32_t value, std::size_t size) {
    std::string out;
    for (std::size_t i = size; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
    return out;
}

std::string chunk(std::string_view type, const std::string& data) {
    const std::string body = std::string(type) + data;
    const auto sum =
        crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
    return big_endian(static_cast<std::uint32_t>(data.size()), 4) + body +
           big_endian(static_cast<std::uint32_t>(sum), 4);
}

constexpr std::size_t kPngHeaderEnd = 8 + 25;  // signature and IHDR

// A PNG with chunks behind its header.
std::string with_chunks(std::string bytes, const std::string& chunks) {
    return bytes.insert(kPngHeaderEnd, chunks);
}

std::string with_size(std::string bytes, std::uint32_t width, std::uint32_t height) {
    const std::string header = big_endian(width, 4) + big_endian(height, 4) + bytes.substr(24, 5);
    return bytes.replace(8, 25, chunk("IHDR", header));
}

// A JPEG with an EXIF segment of this orientation and a text in it.
std::string with_exif(std::string bytes, std::uint32_t orientation) {
    const std::string tiff =
        "MM" + big_endian(42, 2) + big_endian(8, 4) + big_endian(2, 2) + big_endian(0x010E, 2) +
        big_endian(2, 2) + big_endian(static_cast<std::uint32_t>(kMarker.size()), 4) +
        big_endian(38, 4) + big_endian(0x0112, 2) + big_endian(3, 2) + big_endian(1, 4) +
        big_endian(orientation, 2) + big_endian(0, 2) + big_endian(0, 4) + std::string(kMarker);
    const std::string segment = std::string("Exif\0\0", 6) + tiff;
    return bytes.insert(2,
                        big_endian(0xFFE1, 2) +
                            big_endian(static_cast<std::uint32_t>(segment.size() + 2), 2) +
                            segment);
}

std::string with_jpeg_size(std::string bytes, std::uint32_t width, std::uint32_t height) {
    const auto frame = bytes.find("\xFF\xC0");
    return bytes.replace(frame + 5, 4, big_endian(height, 2) + big_endian(width, 2));
}

std::string refusal(std::string_view bytes, const ImageRules& rules = {}) {
    const auto image = normalise_image(bytes, rules);
    if (image) return {};
    BOOST_TEST((image.error().code == events::Errc::kInvalidArgument));
    return image.error().detail;
}

Image taken(std::string_view bytes, const ImageRules& rules = {}) {
    auto image = normalise_image(bytes, rules);
    BOOST_TEST_REQUIRE(image.has_value(), "refused");
    return *std::move(image);
}

bool is_red(const Pixels& pixels, std::size_t x, std::size_t y) {
    const std::size_t at = (y * pixels.size.width + x) * pixels.channels;
    return pixels.bytes[at] > 150 && pixels.bytes[at + 2] < 80;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(image)

// C01
BOOST_AUTO_TEST_CASE(a_photo_comes_out_as_a_small_jpeg) {
    const Image image = taken(jpeg(picture({1600, 1200})));
    BOOST_TEST(image.content_type == "image/jpeg");
    BOOST_TEST(image.width == 512U);
    BOOST_TEST(image.height == 384U);
    const auto pixels = gateway::decode_jpeg(image.bytes, {});
    BOOST_TEST_REQUIRE(pixels.has_value());
    BOOST_TEST((pixels->size == Size{512, 384}));
    BOOST_TEST(is_red(*pixels, 0, 0));
    BOOST_TEST(is_red(*pixels, 250, 383));
    BOOST_TEST(!is_red(*pixels, 262, 0));
}

// B02
BOOST_AUTO_TEST_CASE(a_logo_comes_out_as_a_png_with_its_transparency) {
    const Image image = taken(png(picture({1000, 500}, 4)));
    BOOST_TEST(image.content_type == "image/png");
    BOOST_TEST(image.width == 512U);
    BOOST_TEST(image.height == 256U);
    const auto pixels = gateway::decode_png(image.bytes, {});
    BOOST_TEST_REQUIRE(pixels.has_value());
    BOOST_TEST_REQUIRE(pixels->channels == 4U);
    BOOST_TEST(pixels->bytes[3] == 255);
    BOOST_TEST(pixels->bytes[pixels->bytes.size() - 1] == 100);
}

BOOST_AUTO_TEST_CASE(a_small_png_keeps_every_pixel) {
    const Pixels small = wide_picture({37, 11});
    const Image image = taken(png(small));
    const auto pixels = gateway::decode_png(image.bytes, {});
    BOOST_TEST_REQUIRE(pixels.has_value());
    BOOST_TEST((pixels->size == small.size));
    BOOST_TEST((pixels->bytes == small.bytes));
}

BOOST_AUTO_TEST_CASE(other_forms_of_jpeg_are_taken) {
    const Pixels pixels = wide_picture({600, 40});
    for (const int sampling : {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_GRAY}) {
        for (const int flags : {0, TJFLAG_PROGRESSIVE}) {
            const Image image = taken(foreign_jpeg(pixels, TJPF_RGB, sampling, flags));
            BOOST_TEST(image.width == 512U);
        }
    }
}

BOOST_AUTO_TEST_CASE(exif_is_gone_and_its_orientation_applied) {
    const std::string sent = with_exif(jpeg(picture({40, 20})), 6);
    BOOST_TEST_REQUIRE(sent.contains(kMarker));
    const Image image = taken(sent);
    BOOST_TEST(!image.bytes.contains(kMarker));
    BOOST_TEST(!image.bytes.contains("Exif"));
    BOOST_TEST(image.width == 20U);
    BOOST_TEST(image.height == 40U);
    const auto pixels = gateway::decode_jpeg(image.bytes, {});
    BOOST_TEST_REQUIRE(pixels.has_value());
    BOOST_TEST(is_red(*pixels, 10, 5));
    BOOST_TEST(!is_red(*pixels, 10, 35));
}

BOOST_AUTO_TEST_CASE(an_exif_segment_is_read_only_as_far_as_it_goes) {
    const std::string whole = with_exif(jpeg(picture({8, 8})), 3);
    BOOST_TEST(gateway::exif_orientation(whole) == 3);
    BOOST_TEST(gateway::exif_orientation(with_exif(jpeg(picture({8, 8})), 9)) == 1);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const int orientation =
            gateway::exif_orientation(std::string_view(whole).substr(0, length));
        BOOST_TEST((orientation == 1 || orientation == 3));
    }
    std::string endless = whole;
    endless.replace(2, 4, "\xFF\xE1\x00\x00", 4);
    BOOST_TEST(gateway::exif_orientation(endless) == 1);
}

BOOST_AUTO_TEST_CASE(texts_and_profiles_of_a_png_are_gone) {
    // 64 MiB of zeros in some ten kilobytes.
    const std::string plain(std::size_t{64} * 1024 * 1024, '\0');
    uLongf size = compressBound(plain.size());
    std::string packed(size, '\0');
    compress(reinterpret_cast<Bytef*>(packed.data()),
             &size,
             reinterpret_cast<const Bytef*>(plain.data()),
             plain.size());
    packed.resize(size);
    const std::string text = chunk("tEXt", "Comment" + std::string(1, '\0') + std::string(kMarker));
    const std::string bomb = chunk("zTXt", "Comment" + std::string(2, '\0') + packed);
    const std::string profile = chunk("iCCP", "p" + std::string(2, '\0') + packed);
    const Image image =
        taken(with_chunks(png(picture({20, 20})), text + bomb + profile + bomb + bomb));
    BOOST_TEST(!image.bytes.contains(kMarker));
    BOOST_TEST(image.bytes.size() < 1'000U);
    BOOST_TEST(gateway::critical_chunks(image.bytes) == image.bytes);
}

BOOST_AUTO_TEST_CASE(what_stands_behind_the_image_is_dropped) {
    const std::string tail = "<script>alert(1)</script>PK\x03\x04";
    for (const std::string& bytes : {jpeg(picture({30, 30})), png(picture({30, 30}))}) {
        const Image image = taken(bytes + tail);
        BOOST_TEST(!image.bytes.contains("script"));
        BOOST_TEST((image.bytes == taken(bytes).bytes));
    }
}

BOOST_AUTO_TEST_CASE(anything_but_jpeg_and_png_is_refused_by_its_first_bytes) {
    for (const std::string& bytes :
         {std::string(),
          std::string("<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>"),
          std::string("<?xml version=\"1.0\"?><svg/>"),
          std::string("GIF89a\x01\x00\x01\x00", 10),
          std::string("RIFF\x00\x00\x00\x00WEBPVP8 ", 16),
          std::string("<!DOCTYPE html><html></html>"),
          std::string("\x89PNG\r\n\x1A"),
          " " + png(picture({3, 3}))}) {
        BOOST_TEST(refusal(bytes) == "image-type-not-taken");
    }
    BOOST_TEST(refusal("\xFF\xD8\xFF\xE0<!DOCTYPE html>") == "image-damaged");
    BOOST_TEST(refusal(std::string("\x89PNG\r\n\x1A\n") + "<html></html>") == "image-damaged");
}

BOOST_AUTO_TEST_CASE(an_image_that_is_not_whole_is_refused_wherever_it_ends) {
    const Pixels pixels = wide_picture({90, 70});
    for (const std::string& bytes : {jpeg(pixels),
                                     foreign_jpeg(pixels, TJPF_RGB, TJSAMP_444, TJFLAG_PROGRESSIVE),
                                     png(pixels)}) {
        BOOST_TEST_REQUIRE(bytes.size() > 1'000U);
        BOOST_TEST(refusal(bytes).empty());
        for (std::size_t length = 0; length < bytes.size(); length += 97) {
            BOOST_TEST(!refusal(std::string_view(bytes).substr(0, length)).empty(), length);
        }
        BOOST_TEST(refusal(std::string_view(bytes).substr(0, bytes.size() - 1)) == "image-damaged");
    }
}

BOOST_AUTO_TEST_CASE(a_flipped_byte_of_a_png_is_noticed) {
    std::string bytes = png(wide_picture({90, 70}));
    bytes[bytes.size() / 2] ^= 1;
    BOOST_TEST(refusal(bytes) == "image-damaged");
}

BOOST_AUTO_TEST_CASE(a_header_that_promises_too_much_is_refused_before_anything_is_decoded) {
    const std::string small_png = png(picture({3, 3}));
    const std::string small_jpeg = jpeg(picture({3, 3}));
    for (const Size& size : {Size{4'097, 1}, Size{1, 4'097}, Size{0x7fffffff, 0x7fffffff}}) {
        BOOST_TEST(refusal(with_size(small_png, size.width, size.height)) == "image-too-large");
    }
    BOOST_TEST(refusal(with_jpeg_size(small_jpeg, 65'500, 65'500)) == "image-too-large");
    BOOST_TEST(refusal(with_jpeg_size(small_jpeg, 4'097, 1)) == "image-too-large");
    BOOST_TEST(refusal(with_size(small_png, 0, 3)) == "image-damaged");
    BOOST_TEST(refusal(with_jpeg_size(small_jpeg, 0, 3)) == "image-damaged");
}

BOOST_AUTO_TEST_CASE(a_size_at_its_limit_is_taken_and_one_pixel_more_is_not) {
    const ImageRules rules{
        .bytes_max = 100'000, .side_max = 60, .pixels_max = 1'800, .shown_side_max = 20};
    for (const auto& encode : {jpeg, png}) {
        BOOST_TEST(refusal(encode(picture({60, 30})), rules).empty());
        BOOST_TEST(refusal(encode(picture({61, 10})), rules) == "image-too-large");
        BOOST_TEST(refusal(encode(picture({50, 37})), rules) == "image-too-large");
    }
    const std::string bytes = jpeg(picture({60, 30}));
    ImageRules exact = rules;
    exact.bytes_max = bytes.size();
    BOOST_TEST(refusal(bytes, exact).empty());
    --exact.bytes_max;
    BOOST_TEST(refusal(bytes, exact) == "image-too-many-bytes");
}

BOOST_AUTO_TEST_CASE(the_largest_images_are_taken) {
    const Pixels largest = picture({4'096, 4'096});
    for (const std::string& bytes :
         {jpeg(largest),
          foreign_jpeg(largest, TJPF_RGB, TJSAMP_444, TJFLAG_PROGRESSIVE),
          png(largest)}) {
        BOOST_TEST(taken(bytes).width == 512U);
    }
}

BOOST_AUTO_TEST_CASE(a_progressive_jpeg_of_endless_scans_is_refused) {
    std::string bytes =
        foreign_jpeg(wide_picture({64, 64}), TJPF_RGB, TJSAMP_444, TJFLAG_PROGRESSIVE);
    const auto last = bytes.rfind("\xFF\xDA");
    const std::string scan = bytes.substr(last, bytes.size() - 2 - last);
    for (std::size_t i = 0; i < gateway::kJpegScansMax; ++i) bytes.insert(last, scan);
    BOOST_TEST(refusal(bytes) == "image-too-many-scans");
}

BOOST_AUTO_TEST_CASE(a_jpeg_for_print_is_refused) {
    BOOST_TEST(refusal(foreign_jpeg(picture({20, 20}, 4), TJPF_CMYK, TJSAMP_444, 0)) ==
               "image-colours-not-taken");
}

BOOST_AUTO_TEST_CASE(every_code_has_its_own_advice) {
    std::set<std::string_view> sentences{gateway::image_advice("")};
    for (const char* code : {"image-too-many-bytes",
                             "image-type-not-taken",
                             "image-too-large",
                             "image-colours-not-taken",
                             "image-too-many-scans",
                             "image-damaged"}) {
        BOOST_TEST(sentences.insert(gateway::image_advice(code)).second, code);
    }
}

BOOST_AUTO_TEST_SUITE_END()
