#include <png.h>

#include <cstdint>

#include "gateway/image_codecs.hpp"

namespace gateway {
namespace {

constexpr std::string_view kSignature = "\x89PNG\r\n\x1A\n";
constexpr std::size_t kNumberBytes = 4;
constexpr std::size_t kFrameBytes = 3 * kNumberBytes;  // length, type and checksum of a chunk
constexpr std::size_t kHeaderBytes = 13;

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (const char c : bytes.substr(at, kNumberBytes)) {
        value = (value << 8U) | static_cast<std::uint8_t>(c);
    }
    return value;
}

struct Chunk {
    std::string_view type;
    std::string_view bytes;  // with its frame
};

// The first chunk; empty if it is not whole.
Chunk first_chunk(std::string_view bytes) {
    if (bytes.size() < kFrameBytes) return {};
    const std::size_t length = number_at(bytes, 0);
    if (bytes.size() - kFrameBytes < length) return {};
    return {bytes.substr(kNumberBytes, kNumberBytes), bytes.substr(0, kFrameBytes + length)};
}

// libpng's control block, let go of at the end.
class Control {
  public:
    Control() { image_.version = PNG_IMAGE_VERSION; }
    ~Control() { png_image_free(&image_); }
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;
    png_image* operator->() { return &image_; }
    png_image* get() { return &image_; }
    // Warnings are faults: whoever saved the image can save it again.
    [[nodiscard]] bool is_faulty() const { return image_.warning_or_error != 0; }

  private:
    png_image image_{};
};

}  // namespace

bool begins_as_png(std::string_view bytes) {
    return bytes.starts_with(kSignature);
}

std::string critical_chunks(std::string_view png) {
    if (!begins_as_png(png)) return {};
    std::string kept(kSignature);
    png.remove_prefix(kSignature.size());
    while (true) {
        const Chunk chunk = first_chunk(png);
        const bool first = kept.size() == kSignature.size();
        if (chunk.bytes.empty() || first != (chunk.type == "IHDR")) return {};
        if (first && chunk.bytes.size() != kFrameBytes + kHeaderBytes) return {};
        const bool last = chunk.type == "IEND";
        if (first || last || chunk.type == "PLTE" || chunk.type == "IDAT" || chunk.type == "tRNS") {
            kept.append(chunk.bytes);
        }
        if (last) return kept;
        png.remove_prefix(chunk.bytes.size());
    }
}

events::Result<Pixels> decode_png(std::string_view bytes, const ImageRules& rules) {
    const std::string chunks = critical_chunks(bytes);
    if (chunks.empty()) return refuse_image("image-damaged");
    const std::size_t header = kSignature.size() + 2 * kNumberBytes;
    const Size size{number_at(chunks, header), number_at(chunks, header + kNumberBytes)};
    if (const auto fits = check_size(size, rules); !fits) return std::unexpected(fits.error());
    Control image;
    if (png_image_begin_read_from_memory(image.get(), chunks.data(), chunks.size()) == 0 ||
        image->width != size.width || image->height != size.height) {
        return refuse_image("image-damaged");
    }
    const bool transparent = (image->format & PNG_FORMAT_FLAG_ALPHA) != 0;
    image->format = transparent ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
    image->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // as nearly every picture of 16 bits is
    Pixels pixels{.size = size, .channels = transparent ? 4U : 3U, .bytes = {}};
    pixels.bytes.resize(std::size_t{size.width} * size.height * pixels.channels);
    if (png_image_finish_read(image.get(), nullptr, pixels.bytes.data(), 0, nullptr) == 0 ||
        image.is_faulty()) {
        return refuse_image("image-damaged");
    }
    return pixels;
}

events::Result<std::string> encode_png(const Pixels& pixels) {
    Control image;
    image->width = pixels.size.width;
    image->height = pixels.size.height;
    image->format = pixels.channels == 4 ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(*image.get());
    std::string bytes(size, '\0');
    if (png_image_write_to_memory(
            image.get(), bytes.data(), &size, 0, pixels.bytes.data(), 0, nullptr) == 0) {
        return events::fail(events::Errc::kStorage, "no memory for an image");
    }
    bytes.resize(size);
    return critical_chunks(bytes);
}

}  // namespace gateway
