#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <memory>

#include "gateway/image_codecs.hpp"

namespace gateway {
namespace {

struct DestroyHandle {
    void operator()(void* handle) const noexcept { static_cast<void>(tjDestroy(handle)); }
};
struct FreeBuffer {
    void operator()(unsigned char* buffer) const noexcept { tjFree(buffer); }
};
using Handle = std::unique_ptr<void, DestroyHandle>;

const unsigned char* data_of(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

// At least as many as the decoder can meet: entropy-coded data never holds these two bytes.
std::size_t scans_in(std::string_view bytes) {
    constexpr std::string_view kStartOfScan = "\xFF\xDA";
    std::size_t count = 0;
    for (auto at = bytes.find(kStartOfScan); at != std::string_view::npos;
         at = bytes.find(kStartOfScan, at + 1)) {
        ++count;
    }
    return count;
}

// The size to decode to: the decoder halves an image up to three times at next to no cost.
Size decoded_size(Size size, std::uint32_t side_max) {
    const Size least = fitted(size, side_max);
    constexpr std::array<int, 3> kDivisors{8, 4, 2};
    for (const int divisor : kDivisors) {
        const tjscalingfactor factor{1, divisor};
        const Size to{static_cast<std::uint32_t>(TJSCALED(static_cast<int>(size.width), factor)),
                      static_cast<std::uint32_t>(TJSCALED(static_cast<int>(size.height), factor))};
        if (to.width >= least.width && to.height >= least.height) return to;
    }
    return size;
}

}  // namespace

bool begins_as_jpeg(std::string_view bytes) {
    return bytes.starts_with("\xFF\xD8\xFF");
}

events::Result<Pixels> decode_jpeg(std::string_view bytes, const ImageRules& rules) {
    const Handle handle(tjInitDecompress());
    if (!handle) return events::fail(events::Errc::kStorage, "no memory for an image");
    int width = 0;
    int height = 0;
    int sampling = 0;
    int colours = 0;
    if (tjDecompressHeader3(
            handle.get(), data_of(bytes), bytes.size(), &width, &height, &sampling, &colours) !=
            0 ||
        width < 1 || height < 1) {
        return refuse_image("image-damaged");
    }
    const Size size{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)};
    if (const auto fits = check_size(size, rules); !fits) return std::unexpected(fits.error());
    if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
        return refuse_image("image-colours-not-taken");
    }
    if (scans_in(bytes) > kJpegScansMax) return refuse_image("image-too-many-scans");
    Pixels pixels{.size = decoded_size(size, rules.shown_side_max), .channels = 3, .bytes = {}};
    pixels.bytes.resize(std::size_t{pixels.size.width} * pixels.size.height * pixels.channels);
    // A warning is a fault too: an image that ends in the middle gives only that.
    if (tjDecompress2(handle.get(),
                      data_of(bytes),
                      bytes.size(),
                      pixels.bytes.data(),
                      static_cast<int>(pixels.size.width),
                      0,
                      static_cast<int>(pixels.size.height),
                      TJPF_RGB,
                      TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) != 0) {
        return refuse_image("image-damaged");
    }
    return pixels;
}

events::Result<std::string> encode_jpeg(const Pixels& pixels) {
    const Handle handle(tjInitCompress());
    unsigned char* written = nullptr;
    unsigned long size = 0;
    const bool done = handle && tjCompress2(handle.get(),
                                            pixels.bytes.data(),
                                            static_cast<int>(pixels.size.width),
                                            0,
                                            static_cast<int>(pixels.size.height),
                                            TJPF_RGB,
                                            &written,
                                            &size,
                                            TJSAMP_420,
                                            kJpegQuality,
                                            TJFLAG_ACCURATEDCT) == 0;
    const std::unique_ptr<unsigned char, FreeBuffer> buffer(written);
    if (!done) return events::fail(events::Errc::kStorage, "no memory for an image");
    return std::string(reinterpret_cast<const char*>(buffer.get()), size);
}

}  // namespace gateway
