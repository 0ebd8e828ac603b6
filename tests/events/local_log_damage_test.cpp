#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <ranges>
#include <vector>

#include "tests/events/local_log_support.hpp"

// What the embedded engine makes of a kill, a torn write, flipped bits, lost files and a full disk.
namespace {

using events::Errc;
using events::Partition;
using local_log_support::LocalEngine;
using local_log_support::open_image;
using local_log_support::Opened;
using log_support::append;
using log_support::append_commit;
using log_support::kP0;
using log_support::kP1;
using log_support::plain;
using log_support::records;
using log_support::Texts;

namespace fs = std::filesystem;

// The write-ahead files of a folder, oldest first.
std::vector<fs::path> write_ahead_files(const fs::path& folder) {
    std::vector<fs::path> out;
    for (const auto& file : fs::directory_iterator(folder)) {
        if (file.path().extension() == ".log") out.push_back(file.path());
    }
    std::ranges::sort(out);
    return out;
}

void flip_byte(const fs::path& file, std::uint64_t at) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(at));
    const auto value = static_cast<char>(bytes.get());
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put(static_cast<char>(value ^ 0x40));
    BOOST_TEST_REQUIRE(bytes.good());
}

constexpr std::uint64_t kPageBytes = 4096;

void zero_bytes(const fs::path& file, std::uint64_t from, std::uint64_t to) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(from));
    bytes << std::string(to - from, '\0');
    BOOST_TEST_REQUIRE(bytes.good());
}

// While it lives, no file of this process can grow beyond a size: the disk is full, truly.
class FullDisk {
  public:
    explicit FullDisk(rlim_t file_bytes_max) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit tight{.rlim_cur = file_bytes_max, .rlim_max = before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &tight);
    }
    ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

  private:
    rlimit before_{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(local_log_damage)

BOOST_AUTO_TEST_CASE(what_was_acknowledged_survives_a_kill) {
    LocalEngine engine;
    for (std::uint64_t seq = 1; seq <= 50; ++seq) {
        BOOST_TEST_REQUIRE(append_commit(engine, {.seq = seq, .version = seq}, "x").has_value());
    }
    Opened after(open_image(engine.image("killed")));
    BOOST_TEST(after.local->head(samples::tenant(1))->value == 50U);
    const auto read = after.local->read_stream(
        samples::tenant(1), log_support::stream(1), events::Version{1}, {});
    BOOST_TEST(log_support::frames_of(read).size() == 50U);
}

BOOST_AUTO_TEST_CASE(a_torn_last_write_is_dropped_and_the_rest_kept) {
    LocalEngine engine;
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("whole"))).has_value());
    const auto whole = fs::file_size(write_ahead_files(engine.image("before")).back());
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("torn"))).has_value());
    const auto full = fs::file_size(write_ahead_files(engine.image("after")).back());
    BOOST_TEST_REQUIRE(full > whole);
    // Every length to which a power cut could have cut the last write.
    for (auto length = whole; length < full; length += 7) {
        const auto cut = engine.image("cut-" + std::to_string(length));
        fs::resize_file(write_ahead_files(cut).back(), length);
        Opened after(open_image(cut));
        BOOST_TEST(log_support::all_frames(after, kP0) == (Texts{"whole"}),
                   boost::test_tools::per_element());
        BOOST_TEST(append(after, kP0, records(plain("next"))).has_value());
    }
}

// A power cut may leave a file at its length and lose pages of what was not synced.
BOOST_AUTO_TEST_CASE(a_last_write_of_lost_pages_is_dropped_and_the_rest_kept) {
    LocalEngine engine;
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("whole"))).has_value());
    const auto whole = fs::file_size(write_ahead_files(engine.image("before")).back());
    // Over more than two blocks of the file's format, so that whole pieces survive behind the lost.
    const std::string large(80'000, 'x');
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain(large))).has_value());
    const auto full = fs::file_size(write_ahead_files(engine.image("after")).back());
    BOOST_TEST_REQUIRE(full > whole + large.size());
    for (std::uint64_t page = whole / kPageBytes; page <= (full - 1) / kPageBytes; ++page) {
        const auto cut = engine.image("lost-" + std::to_string(page));
        const auto from = std::max(whole, page * kPageBytes);
        zero_bytes(write_ahead_files(cut).back(), from, std::min(full, (page + 1) * kPageBytes));
        Opened after(open_image(cut));
        BOOST_TEST(log_support::all_frames(after, kP0) == (Texts{"whole"}),
                   boost::test_tools::per_element());
        BOOST_TEST(append(after, kP0, records(plain("next"))).has_value());
        after.local.reset();
        BOOST_TEST(log_support::all_frames(*std::make_unique<Opened>(open_image(cut)), kP0) ==
                       (Texts{"whole", "next"}),
                   boost::test_tools::per_element());
    }
}

// The write behind it was begun when the first one had been synced and acknowledged.
BOOST_AUTO_TEST_CASE(a_lost_page_below_another_write_is_refused) {
    LocalEngine engine;
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain(std::string(20'000, 'x')))).has_value());
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("acknowledged"))).has_value());
    const auto damaged = engine.image("damaged");
    zero_bytes(write_ahead_files(damaged).back(), 2 * kPageBytes, 3 * kPageBytes);
    const auto opened = open_image(damaged);
    BOOST_TEST_REQUIRE(!opened.has_value());
    BOOST_TEST((opened.error().code == Errc::kDamaged));
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_in_the_last_write_is_refused) {
    LocalEngine engine;
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("first"))).has_value());
    const auto first = fs::file_size(write_ahead_files(engine.image("before")).back());
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("acknowledged"))).has_value());
    const auto damaged = engine.image("damaged");
    flip_byte(write_ahead_files(damaged).back(), first + 20);
    const auto opened = open_image(damaged);
    BOOST_TEST_REQUIRE(!opened.has_value());
    BOOST_TEST((opened.error().code == Errc::kDamaged));
}

BOOST_AUTO_TEST_CASE(damage_before_the_last_write_is_refused) {
    LocalEngine engine;
    for (int i = 0; i < 20; ++i) {
        BOOST_TEST_REQUIRE(append(engine, kP0, records(plain(std::string(1000, 'a')))).has_value());
    }
    const auto damaged = engine.image("damaged");
    const auto file = write_ahead_files(damaged).back();
    flip_byte(file, fs::file_size(file) / 2);
    const auto opened = open_image(damaged);
    BOOST_TEST_REQUIRE(!opened.has_value());
    BOOST_TEST((opened.error().code == Errc::kDamaged));
    BOOST_TEST(opened.error().detail.contains("damaged"));
}

BOOST_AUTO_TEST_CASE(a_shortened_older_write_ahead_file_is_refused) {
    constexpr std::size_t kFrameBytes = 500'000;
    constexpr int kFramesToFillATable = 150;
    LocalEngine engine;
    BOOST_TEST_REQUIRE(append_commit(engine, {.seq = 1}, "indexed").has_value());
    for (int i = 0; i < kFramesToFillATable; ++i) {
        BOOST_TEST_REQUIRE(
            append(engine, kP0, records(plain(std::string(kFrameBytes, 'x')))).has_value());
    }
    const auto cut = engine.image("cut");
    const auto files = write_ahead_files(cut);
    BOOST_TEST_REQUIRE(files.size() >= 2U);
    fs::resize_file(files.front(), fs::file_size(files.front()) / 2);
    const auto opened = open_image(cut);
    BOOST_TEST_REQUIRE(!opened.has_value());
    BOOST_TEST((opened.error().code == Errc::kDamaged));
}

BOOST_AUTO_TEST_CASE(a_folder_that_lost_the_file_naming_its_state_is_not_made_anew) {
    LocalEngine engine;
    BOOST_TEST_REQUIRE(append(engine, kP0, records(plain("kept"))).has_value());
    const auto headless = engine.image("headless");
    fs::remove(headless / "CURRENT");
    const auto opened = open_image(headless);
    BOOST_TEST_REQUIRE(!opened.has_value());
    BOOST_TEST((opened.error().code == Errc::kDamaged));
}

BOOST_AUTO_TEST_CASE(after_a_failed_write_nothing_is_acknowledged_any_more) {
    constexpr rlim_t kRoomBytes = 300'000;
    LocalEngine engine;
    Texts acknowledged;
    std::size_t refused = 0;
    {
        const FullDisk full(kRoomBytes);
        for (int i = 0; i < 20; ++i) {
            auto frame = std::to_string(i) + ' ' + std::string(i % 2 == 0 ? 60'000 : 10, 'x');
            const Partition partition{static_cast<std::uint16_t>(i % 2)};
            const auto status = append(engine, partition, records(plain(frame)));
            if (status) {
                BOOST_TEST(refused == 0U);
                if (partition == kP0) acknowledged.push_back(frame);
            } else {
                BOOST_TEST((status.error().code == Errc::kStorage));
                ++refused;
            }
        }
    }
    BOOST_TEST(!acknowledged.empty());
    BOOST_TEST(refused > 2U);
    // There is room again, but what is durable is only known by opening again.
    BOOST_TEST(!append(engine, kP1, records(plain("late"))).has_value());
    BOOST_TEST((log_support::all_frames(engine, kP0) == acknowledged));
    Opened after(open_image(engine.image("later")));
    const auto kept = log_support::all_frames(after, kP0);
    BOOST_TEST_REQUIRE(kept.size() >= acknowledged.size());
    BOOST_TEST(std::ranges::equal(acknowledged, kept | std::views::take(acknowledged.size())));
}

BOOST_AUTO_TEST_SUITE_END()
