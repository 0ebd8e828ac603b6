#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "events/key_ring.hpp"
#include "tests/events/folder_scan.hpp"
#include "tests/support/temp_dir.hpp"

using namespace events;

namespace {

namespace fs = std::filesystem;

fs::path write_file(const fs::path& file, std::size_t size, fs::perms mode = fs::perms(0600)) {
    std::ofstream(file, std::ios::binary) << std::string(size, 'k');
    fs::permissions(file, mode);
    return file;
}

std::string_view read_code(const fs::path& file) {
    const auto key = read_master_key(file);
    return key ? "ok" : name_of(key.error().code);
}

Key256 counting_key() {
    Key256 key;
    for (std::size_t i = 0; i < Key256::size(); ++i) key.data()[i] = static_cast<std::uint8_t>(i);
    return key;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(master_key)

BOOST_AUTO_TEST_CASE(a_made_key_is_read_back_from_a_private_file) {
    const test_support::TempDir temp;
    const fs::path file = temp.path() / "data.master";
    const auto made = make_master_key(file);
    BOOST_TEST_REQUIRE(made.has_value());
    const auto read = read_master_key(file);
    BOOST_TEST_REQUIRE(read.has_value());

    BOOST_TEST(made->reveal() == read->reveal());
    BOOST_TEST(folder_scan::content_of(file) == made->reveal());
    struct stat about{};
    BOOST_TEST_REQUIRE(stat(file.c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 0777U) == 0600U);
    BOOST_TEST(std::distance(fs::directory_iterator(temp.path()), {}) == 1);
}

BOOST_AUTO_TEST_CASE(two_made_keys_differ) {
    const test_support::TempDir temp;
    BOOST_TEST(make_master_key(temp.path() / "a").value().reveal() !=
               make_master_key(temp.path() / "b").value().reveal());
}

BOOST_AUTO_TEST_CASE(making_over_an_existing_file_is_refused_and_leaves_it) {
    const test_support::TempDir temp;
    const fs::path file = write_file(temp.path() / "data.master", 32);
    const auto made = make_master_key(file);
    BOOST_TEST_REQUIRE(!made.has_value());
    BOOST_TEST(name_of(made.error().code) == "in-use");
    BOOST_TEST(folder_scan::content_of(file) == std::string(32, 'k'));
    BOOST_TEST(std::distance(fs::directory_iterator(temp.path()), {}) == 1);
}

BOOST_AUTO_TEST_CASE(a_key_recovered_from_its_text_is_written_the_same_way) {
    const test_support::TempDir temp;
    const fs::path file = temp.path() / "data.master";
    const auto recovered = parse_recovery_text(recovery_text(counting_key()));
    BOOST_TEST_REQUIRE(recovered.has_value());
    BOOST_TEST(write_master_key(file, *recovered).has_value());
    BOOST_TEST(read_master_key(file).value().reveal() == counting_key().reveal());
    const auto again = write_master_key(file, *recovered);
    BOOST_TEST_REQUIRE(!again.has_value());
    BOOST_TEST(name_of(again.error().code) == "in-use");
}

BOOST_AUTO_TEST_CASE(making_in_a_folder_that_is_not_there_fails) {
    const test_support::TempDir temp;
    const auto made = make_master_key(temp.path() / "none" / "data.master");
    BOOST_TEST_REQUIRE(!made.has_value());
    BOOST_TEST(name_of(made.error().code) == "storage");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_master_key_is_refused) {
    const test_support::TempDir temp;
    BOOST_TEST(read_code(temp.path() / "none") == "wrong-master-key");
    BOOST_TEST(read_code(temp.path()) == "wrong-master-key");
    BOOST_TEST(read_code(write_file(temp.path() / "empty", 0)) == "wrong-master-key");
    BOOST_TEST(read_code(write_file(temp.path() / "short", 31)) == "wrong-master-key");
    BOOST_TEST(read_code(write_file(temp.path() / "long", 33)) == "wrong-master-key");
    BOOST_TEST(read_code(write_file(temp.path() / "right", 32)) == "ok");
    const fs::path pipe = temp.path() / "pipe";
    BOOST_TEST_REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    BOOST_TEST(read_code(pipe) == "wrong-master-key");
}

BOOST_AUTO_TEST_CASE(a_file_that_others_may_touch_is_refused_with_what_to_do) {
    const test_support::TempDir temp;
    for (const auto mode : {0640, 0604, 0620, 0602, 0610, 0601}) {
        const fs::path file = write_file(temp.path() / "open", 32, fs::perms(mode));
        const auto key = read_master_key(file);
        BOOST_TEST_REQUIRE(!key.has_value());
        BOOST_TEST(name_of(key.error().code) == "wrong-master-key");
        BOOST_TEST(key.error().detail.find("chmod 600") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(the_recovery_text_is_twelve_groups_of_five_for_ever_the_same) {
    BOOST_TEST(recovery_text(counting_key()) ==
               "000G4-0R40M-30E20-9185G-R38E1-W8124-GK2GA-HC5RR-34D1P-70X3R-FN2KF-RDJVG");
}

BOOST_AUTO_TEST_CASE(the_recovery_text_gives_the_key_back_however_it_was_written_down) {
    for (int i = 0; i < 50; ++i) {
        Key256 key;
        fill_random({key.data(), Key256::size()});
        std::string text = recovery_text(key);
        BOOST_TEST(parse_recovery_text(text).value().reveal() == key.reveal());
        for (char& c : text) {
            if (c == '0') c = 'o';
            if (c == '1') c = i % 2 == 0 ? 'l' : 'I';
            if (c == '-') c = i % 3 == 0 ? ' ' : '\n';
            if (c >= 'A' && c <= 'Z' && c != 'I') c = static_cast<char>(c - 'A' + 'a');
        }
        BOOST_TEST(parse_recovery_text("  " + text + "\r\n").value().reveal() == key.reveal());
    }
}

BOOST_AUTO_TEST_CASE(any_slip_in_the_recovery_text_is_noticed) {
    const std::string text = recovery_text(counting_key());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '-') continue;
        std::string wrong = text;
        wrong[at] = text[at] == 'Z' ? 'Y' : 'Z';
        BOOST_TEST(!parse_recovery_text(wrong).has_value());
        wrong[at] = 'U';
        BOOST_TEST(!parse_recovery_text(wrong).has_value());
        wrong.erase(at, 1);
        BOOST_TEST(!parse_recovery_text(wrong).has_value());
    }
    BOOST_TEST(!parse_recovery_text("").has_value());
    BOOST_TEST(!parse_recovery_text(text + "0").has_value());
    BOOST_TEST(!parse_recovery_text(text + text).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
