#include "gateway/data_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <string>

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
    BOOST_TEST(made->master_made);
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

BOOST_AUTO_TEST_CASE(a_folder_with_anything_else_in_it_is_left_alone) {
    put("folder.txt.new", "");
    put("letters.txt", "mine");
    const auto refused = gateway::open_or_make_data_folder(paths);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::kNotFound));
    BOOST_TEST(!std::filesystem::exists(paths.data / "folder.txt"));
}

BOOST_AUTO_TEST_SUITE_END()
