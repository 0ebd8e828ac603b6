#include "events/files.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>

#include "events/crypto.hpp"
#include "tests/events/local_log_support.hpp"
#include "tests/events/samples.hpp"

namespace {

using events::Errc;
using events::FilePlace;
using events::Key256;
using events::KeyId;
using events::Uuid;
using local_log_support::LocalEngine;
using Frames = std::vector<std::string>;

FilePlace place_of(std::uint8_t stream, std::uint8_t file) {
    return {.tenant = samples::tenant(),
            .stream = {parlour::log::v1::STREAM_KIND_WIDGET, samples::id<Uuid>(stream)},
            .file = samples::id<Uuid>(file)};
}

Key256 some_key() {
    Key256 key;
    std::fill_n(key.data(), Key256::size(), std::uint8_t{0x4b});
    return key;
}

Frames sealed(const FilePlace& place, std::string_view bytes) {
    auto frames = events::seal_file(
        place,
        {.key_id = samples::id<KeyId>(0x4d), .key = some_key(), .claim = samples::claim()},
        bytes);
    BOOST_TEST_REQUIRE(frames.has_value());
    return std::move(*frames);
}

events::Result<std::string> opened(const FilePlace& place, const Frames& frames) {
    return events::open_file(
        place, frames, [](const KeyId&) -> events::Result<Key256> { return some_key(); });
}

const std::string kLong(2 * events::kFileChunkBytes + 7, 'x');

}  // namespace

BOOST_AUTO_TEST_SUITE(files)

BOOST_AUTO_TEST_CASE(a_file_comes_back_as_it_was_whatever_its_length) {
    for (const std::size_t size : {std::size_t{0},
                                   std::size_t{1},
                                   events::kFileChunkBytes,
                                   events::kFileChunkBytes + 1,
                                   kLong.size()}) {
        const auto bytes = kLong.substr(0, size);
        const auto again = opened(place_of(1, 2), sealed(place_of(1, 2), bytes));
        BOOST_TEST_REQUIRE(again.has_value());
        BOOST_TEST((*again == bytes));
    }
}

BOOST_AUTO_TEST_CASE(nothing_of_a_file_stands_readable_in_its_chunks) {
    for (const auto& frame : sealed(place_of(1, 2), std::string(1000, 'q'))) {
        BOOST_TEST(!frame.contains("qqqq"));
    }
}

BOOST_AUTO_TEST_CASE(chunks_in_another_order_or_at_another_place_do_not_open) {
    auto frames = sealed(place_of(1, 2), kLong);
    for (const auto& other : {place_of(1, 3), place_of(2, 2)}) {
        BOOST_TEST((opened(other, frames).error().code == Errc::kDamaged));
    }
    std::swap(frames[0], frames[1]);
    BOOST_TEST((opened(place_of(1, 2), frames).error().code == Errc::kDamaged));
}

BOOST_AUTO_TEST_CASE(a_file_whose_key_is_destroyed_is_told_as_erased) {
    const auto frames = sealed(place_of(1, 2), "bytes");
    const auto gone =
        events::open_file(place_of(1, 2), frames, [](const KeyId&) -> events::Result<Key256> {
            return events::fail(Errc::kErased, "destroyed");
        });
    BOOST_TEST((gone.error().code == Errc::kErased));
}

BOOST_AUTO_TEST_CASE(a_file_of_too_many_bytes_is_refused) {
    const auto refused =
        events::seal_file(place_of(1, 2), {}, std::string(events::kFileBytesMax + 1, 'x'));
    BOOST_TEST((refused.error().code == Errc::kTooLarge));
}

BOOST_AUTO_TEST_CASE(a_stored_file_is_there_after_a_new_start_and_waits_until_it_is_kept) {
    LocalEngine engine;
    const auto place = place_of(1, 2);
    BOOST_TEST_REQUIRE(engine.local->files().put(place, sealed(place, kLong)).has_value());
    engine.reopen();
    auto& files = engine.local->files();
    BOOST_TEST((opened(place, files.get(place).value()).value() == kLong));
    BOOST_TEST((files.waiting().value() == std::vector{place}));
    BOOST_TEST(files.kept(place.tenant, place.stream).value().empty());
    BOOST_TEST_REQUIRE(files.keep(place).has_value());
    BOOST_TEST(files.waiting().value().empty());
    BOOST_TEST((files.kept(place.tenant, place.stream).value() == std::vector{place}));
}

BOOST_AUTO_TEST_CASE(a_removed_file_is_gone_and_its_neighbours_are_not) {
    LocalEngine engine;
    auto& files = engine.local->files();
    for (const auto& place : {place_of(1, 2), place_of(1, 3), place_of(2, 2)}) {
        BOOST_TEST_REQUIRE(files.put(place, sealed(place, "bytes")).has_value());
        BOOST_TEST_REQUIRE(files.keep(place).has_value());
    }
    BOOST_TEST_REQUIRE(files.remove(place_of(1, 2)).has_value());
    BOOST_TEST((files.get(place_of(1, 2)).error().code == Errc::kNotFound));
    const auto kept = files.kept(samples::tenant(), place_of(1, 3).stream).value();
    BOOST_TEST((kept == std::vector{place_of(1, 3)}));
    BOOST_TEST((opened(place_of(2, 2), files.get(place_of(2, 2)).value()).value() == "bytes"));
}

BOOST_AUTO_TEST_CASE(a_full_disk_takes_no_file) {
    LocalEngine engine;
    engine.set_full(true);
    const auto place = place_of(1, 2);
    auto& files = engine.local->files();
    BOOST_TEST((files.put(place, sealed(place, "bytes")).error().code == Errc::kStorageFull));
    BOOST_TEST((files.get(place).error().code == Errc::kNotFound));
}

BOOST_AUTO_TEST_SUITE_END()
