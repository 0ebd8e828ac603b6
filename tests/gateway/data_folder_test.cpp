#include "gateway/data_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <string>

#include "events/key_ring.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

using events::Errc;

struct Folder {
    test_support::TempDir dir;
    gateway::DataPaths paths =
        gateway::resolve_paths({.data = dir.path() / "data", .keys = {}, .master_key = {}}).value();

    void put(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories(paths.data);
        std::ofstream(paths.data / name) << text;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(data_folder, Folder)

BOOST_AUTO_TEST_CASE(a_folder_that_was_made_is_opened_with_the_same_id_and_key) {
    const auto made = gateway::open_or_make_data_folder(paths);
    BOOST_TEST_REQUIRE(made.has_value());
    BOOST_TEST(made->fresh);
    BOOST_TEST(made->recovery_due);
    const auto opened = gateway::open_or_make_data_folder(paths);
    BOOST_TEST_REQUIRE(opened.has_value());
    BOOST_TEST(!opened->fresh);
    BOOST_TEST((opened->id == made->id));
    BOOST_TEST(std::ranges::equal(opened->master.reveal(), made->master.reveal()));
}

// A kill at any moment of making it: the file that names the folder is not there yet.
BOOST_AUTO_TEST_CASE(a_folder_whose_making_was_cut_off_is_made_at_the_next_start) {
    for (const std::string half : {"", "parlour data", "parlour data folder\nformat 1\nid 00\n"}) {
        Folder cut_off;
        cut_off.put("folder.txt.new", half);
        const auto made = gateway::open_or_make_data_folder(cut_off.paths);
        BOOST_TEST_REQUIRE(made.has_value(), "cut off behind: " << half);
        BOOST_TEST(made->fresh);
        BOOST_TEST(!std::filesystem::exists(cut_off.paths.data / "folder.txt.new"));
        const auto opened = gateway::open_data_folder(cut_off.paths, true);
        BOOST_TEST_REQUIRE(opened.has_value());
        BOOST_TEST((opened->id == made->id));
    }
}

// A kill between any two steps of the first start: the text is shown at least once, and then never.
BOOST_AUTO_TEST_CASE(the_recovery_text_is_due_until_it_was_shown) {
    // In the way of the file that is written behind the key.
    std::filesystem::create_directories(paths.data / "folder.txt.new");
    BOOST_TEST(!gateway::open_or_make_data_folder(paths).has_value());
    BOOST_TEST(std::filesystem::exists(paths.master_key));
    std::filesystem::remove(paths.data / "folder.txt.new");

    for (int start = 0; start < 2; ++start) {
        const auto folder = gateway::open_or_make_data_folder(paths);
        BOOST_TEST_REQUIRE(folder.has_value());
        BOOST_TEST(folder->recovery_due, "start " << start);
    }
    BOOST_TEST(gateway::recovery_shown(paths).has_value());
    const auto later = gateway::open_or_make_data_folder(paths);
    BOOST_TEST_REQUIRE(later.has_value());
    BOOST_TEST(!later->recovery_due);
}

BOOST_AUTO_TEST_CASE(a_master_key_that_was_given_is_not_shown) {
    BOOST_TEST(events::make_master_key(paths.master_key).has_value());
    const auto folder = gateway::open_or_make_data_folder(paths);
    BOOST_TEST_REQUIRE(folder.has_value());
    BOOST_TEST(!folder->recovery_due);
}

BOOST_AUTO_TEST_CASE(a_folder_with_anything_else_in_it_is_left_alone) {
    put("folder.txt.new", "");
    put("letters.txt", "mine");
    const auto refused = gateway::open_or_make_data_folder(paths);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::kNotFound));
    BOOST_TEST(!std::filesystem::exists(paths.data / "folder.txt"));
}

BOOST_AUTO_TEST_SUITE_END()
