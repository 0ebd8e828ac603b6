#include "gateway/image_pixels.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <vector>

using gateway::fitted;
using gateway::Pixels;
using gateway::Size;
using Bytes = std::vector<std::uint8_t>;

namespace {

// A row of greys.
Pixels greys(const Bytes& values) {
    Pixels pixels{
        .size = {static_cast<std::uint32_t>(values.size()), 1}, .channels = 3, .bytes = {}};
    for (const std::uint8_t value : values) pixels.bytes.insert(pixels.bytes.end(), 3, value);
    return pixels;
}

// Two columns and three rows of the pixels 1 to 6, so that each place tells where it came from.
Pixels six() {
    Pixels pixels{.size = {2, 3}, .channels = 3, .bytes = {}};
    for (std::uint8_t value = 1; value <= 6; ++value) {
        pixels.bytes.insert(pixels.bytes.end(), 3, value);
    }
    return pixels;
}

Bytes reds(const Pixels& pixels) {
    Bytes found;
    for (std::size_t i = 0; i < pixels.bytes.size(); i += pixels.channels) {
        found.push_back(pixels.bytes[i]);
    }
    return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(image_pixels)

BOOST_AUTO_TEST_CASE(a_fitted_size_keeps_the_proportions_and_a_pixel) {
    BOOST_TEST((fitted({4096, 2048}, 512) == Size{512, 256}));
    BOOST_TEST((fitted({1000, 3000}, 512) == Size{171, 512}));
    BOOST_TEST((fitted({4096, 1}, 512) == Size{512, 1}));
    BOOST_TEST((fitted({512, 512}, 512) == Size{512, 512}));
    BOOST_TEST((fitted({30, 20}, 512) == Size{30, 20}));
}

BOOST_AUTO_TEST_CASE(each_new_pixel_is_the_mean_of_the_area_under_it) {
    BOOST_TEST(reds(gateway::scaled(greys({0, 255}), {1, 1})) == Bytes{128});
    // The middle one is halved between the two.
    BOOST_TEST((reds(gateway::scaled(greys({0, 90, 255}), {2, 1})) == Bytes{30, 200}));
    BOOST_TEST((reds(gateway::scaled(six(), {1, 3})) == Bytes{2, 4, 6}));
    BOOST_TEST((reds(gateway::scaled(six(), {2, 1})) == Bytes{3, 4}));
    BOOST_TEST((reds(gateway::scaled(six(), {2, 3})) == reds(six())));
}

BOOST_AUTO_TEST_CASE(what_is_transparent_lends_no_colour) {
    const Pixels pixels{
        .size = {2, 1}, .channels = 4, .bytes = {255, 0, 0, 0, /**/ 0, 0, 200, 255}};
    BOOST_TEST((gateway::scaled(pixels, {1, 1}).bytes == Bytes{0, 0, 200, 128}));
    const Pixels clear{.size = {2, 1}, .channels = 4, .bytes = {255, 0, 0, 0, 9, 9, 9, 0}};
    BOOST_TEST((gateway::scaled(clear, {1, 1}).bytes == Bytes{0, 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(the_eight_orientations_are_those_of_exif) {
    const auto turned = [](int orientation) { return reds(gateway::oriented(six(), orientation)); };
    BOOST_TEST((turned(1) == Bytes{1, 2, 3, 4, 5, 6}));
    BOOST_TEST((turned(2) == Bytes{2, 1, 4, 3, 6, 5}));  // mirrored left to right
    BOOST_TEST((turned(3) == Bytes{6, 5, 4, 3, 2, 1}));  // upside down
    BOOST_TEST((turned(4) == Bytes{5, 6, 3, 4, 1, 2}));  // mirrored top to bottom
    BOOST_TEST((turned(5) == Bytes{1, 3, 5, 2, 4, 6}));  // rows as columns
    BOOST_TEST((turned(6) == Bytes{5, 3, 1, 6, 4, 2}));  // a quarter to the right
    BOOST_TEST((turned(7) == Bytes{6, 4, 2, 5, 3, 1}));
    BOOST_TEST((turned(8) == Bytes{2, 4, 6, 1, 3, 5}));  // a quarter to the left
    BOOST_TEST((gateway::oriented(six(), 6).size == Size{3, 2}));
    BOOST_TEST((turned(0) == turned(1)));
    BOOST_TEST((turned(9) == turned(1)));
}

BOOST_AUTO_TEST_SUITE_END()
