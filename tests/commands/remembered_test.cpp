#include "commands/remembered.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <unordered_map>

namespace {

using commands::Remembered;
using commands::RememberedCommands;
using events::CommandId;

}  // namespace

BOOST_AUTO_TEST_SUITE(remembered)

BOOST_AUTO_TEST_CASE(nothing_is_remembered_at_first) {
    BOOST_TEST((RememberedCommands().find(CommandId{}) == nullptr));
}

BOOST_AUTO_TEST_CASE(the_last_answer_of_a_command_is_remembered) {
    RememberedCommands commands;
    const CommandId id{.bytes = {7}};
    commands.put(id, {.seq = {1}, .version = {1}, .digest = {}});
    commands.put(id, {.seq = {2}, .version = {5}, .digest = {}});
    BOOST_TEST_REQUIRE((commands.find(id) != nullptr));
    BOOST_TEST(commands.find(id)->version.value == 5U);
    BOOST_TEST(commands.size() == 1U);
}

// Method: the same puts into a table of the library's; ids that share their first bytes are among
// them, for these are what the table hashes by.
BOOST_AUTO_TEST_CASE(thousands_of_commands_are_found_again) {
    std::mt19937_64 random(11);  // NOLINT: the same ids in every run
    RememberedCommands commands;
    std::unordered_map<CommandId, std::uint64_t> expected;
    for (std::uint64_t i = 0; i < 5000; ++i) {
        CommandId id;
        for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
        if (i % 3 == 0) std::fill_n(id.bytes.begin(), 8, std::uint8_t{0});
        commands.put(id, {.seq = {i}, .version = {i}, .digest = {}});
        expected[id] = i;
        BOOST_TEST_REQUIRE((commands.find(CommandId{.bytes = {1, 2, 3}}) == nullptr));
    }
    BOOST_TEST(commands.size() == expected.size());
    for (const auto& [id, seq] : expected) {
        BOOST_TEST_REQUIRE((commands.find(id) != nullptr));
        BOOST_TEST(commands.find(id)->seq.value == seq);
    }
}

BOOST_AUTO_TEST_SUITE_END()
