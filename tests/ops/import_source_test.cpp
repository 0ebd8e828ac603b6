#include "ops/import_source.hpp"

#include <zlib.h>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/support/temp_dir.hpp"

namespace {

using ops::LineReader;
using ops::parse_conversation;
using Outcome = LineReader::Outcome;

class Files {
  public:
    std::string plain(const std::string& content) {
        const std::string name = next();
        std::ofstream(name, std::ios::binary) << content;
        return name;
    }
    std::string gz(const std::string& content) {
        const std::string name = next();
        gzFile file = gzopen(name.c_str(), "wb");
        gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
        gzclose(file);
        return name;
    }

  private:
    std::string next() { return (dir_.path() / std::to_string(++count_)).string(); }
    test_support::TempDir dir_;
    int count_ = 0;
};

std::string bytes_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct Read {
    std::vector<std::string> lines;
    Outcome end;
};

Read read_all(const std::string& file) {
    const auto reader = LineReader::open(file);
    BOOST_TEST_REQUIRE((reader != nullptr));
    Read out{};
    std::string_view line;
    while ((out.end = reader->next(line)) == Outcome::kLine) {
        out.lines.emplace_back(line);
        BOOST_TEST(reader->line_number() == out.lines.size());
    }
    return out;
}

std::string reason_of(std::string_view line) {
    const auto parsed = parse_conversation(line);
    return parsed ? "" : parsed.error();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(import_source)

BOOST_AUTO_TEST_CASE(plain_and_packed_files_give_the_same_lines) {
    Files files;
    std::string content;
    for (int i = 0; i < 20'000; ++i)
        content += std::to_string(i) + std::string(static_cast<std::size_t>(i % 300), 'x') + "\n";
    const Read plain = read_all(files.plain(content));
    const Read packed = read_all(files.gz(content));
    BOOST_TEST(plain.lines.size() == 20'000U);
    BOOST_TEST((plain.lines == packed.lines));
    BOOST_TEST((plain.end == Outcome::kEnd && packed.end == Outcome::kEnd));
}

BOOST_AUTO_TEST_CASE(packed_files_may_be_joined) {
    Files files;
    const std::string joined = bytes_of(files.gz("a\n")) + bytes_of(files.gz("b\n"));
    const Read read = read_all(files.plain(joined));
    BOOST_TEST(read.lines == (std::vector<std::string>{"a", "b"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_last_line_may_lack_its_end_and_a_byte_order_mark_is_passed_over) {
    Files files;
    const Read read = read_all(files.plain("\xEF\xBB\xBFone\n\nthree"));
    BOOST_TEST(read.lines == (std::vector<std::string>{"one", "", "three"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_cut_packed_file_is_damaged_and_its_last_piece_is_no_line) {
    Files files;
    std::string content;
    for (int i = 0; i < 50'000; ++i) content += std::to_string(i * 7919) + "\n";
    std::string packed = bytes_of(files.gz(content));
    packed.resize(packed.size() / 2);
    const Read read = read_all(files.plain(packed));
    BOOST_TEST((read.end == Outcome::kDamaged));
    BOOST_TEST(!read.lines.empty());
    for (std::size_t i = 0; i < read.lines.size(); ++i) {
        BOOST_TEST_REQUIRE(read.lines[i] == std::to_string(i * 7919));
    }
}

BOOST_AUTO_TEST_CASE(an_overlong_line_is_passed_over) {
    Files files;
    const std::string file = files.gz("a\n" + std::string(ops::kLineBytesMax + 1, 'x') + "\nb\n");
    const auto reader = LineReader::open(file);
    std::string_view line;
    BOOST_TEST((reader->next(line) == Outcome::kLine));
    BOOST_TEST((reader->next(line) == Outcome::kTooLong));
    BOOST_TEST(reader->line_number() == 2U);
    BOOST_TEST((reader->next(line) == Outcome::kLine));
    BOOST_TEST(line == "b");
    BOOST_TEST((reader->next(line) == Outcome::kEnd));
}

BOOST_AUTO_TEST_CASE(what_is_no_file_does_not_open) {
    const test_support::TempDir dir;
    BOOST_TEST((LineReader::open(dir.path().string()) == nullptr));
    BOOST_TEST((LineReader::open((dir.path() / "absent").string()) == nullptr));
}

BOOST_AUTO_TEST_CASE(a_conversation_keeps_its_messages_in_order_and_leaves_out_actions) {
    const auto parsed = parse_conversation(
        R"({"id":"x-1","set":"x","turns":[{"speaker":"customer","text":" hi\n"},)"
        R"({"speaker":"action","text":"looked up"},{"speaker":"expert","text":"\ud83d\ude00"}],)"
        R"("customer":{"name":"Ann Example","email":"ann@example.org"}})");
    BOOST_TEST_REQUIRE(parsed.has_value());
    BOOST_TEST(parsed->id == "x-1");
    BOOST_TEST(parsed->name == "Ann Example");
    BOOST_TEST(parsed->email == "ann@example.org");
    BOOST_TEST_REQUIRE(parsed->turns.size() == 2U);
    BOOST_TEST(parsed->turns[0].index == 0U);
    BOOST_TEST(parsed->turns[0].from_visitor);
    BOOST_TEST(parsed->turns[0].text == " hi\n");
    BOOST_TEST(parsed->turns[1].index == 2U);
    BOOST_TEST(!parsed->turns[1].from_visitor);
    BOOST_TEST(parsed->turns[1].text == "\xF0\x9F\x98\x80");
}

BOOST_AUTO_TEST_CASE(a_malformed_line_says_what_is_wrong) {
    BOOST_TEST(reason_of("{") == "not valid JSON in UTF-8");
    BOOST_TEST(reason_of("{\"id\":\"\xFF\"}") == "not valid JSON in UTF-8");
    BOOST_TEST(reason_of(std::string(100'000, '[')) == "not valid JSON in UTF-8");
    BOOST_TEST(reason_of("[]") == "not a JSON object");
    BOOST_TEST(reason_of(R"({"turns":[{}]})") == "no id");
    BOOST_TEST(reason_of(R"({"id":7,"turns":[{}]})") == "no id");
    BOOST_TEST(reason_of(R"({"id":"x"})") == "no turns");
    BOOST_TEST(reason_of(R"({"id":"x","turns":{}})") == "no turns");
    BOOST_TEST(reason_of(R"({"id":"x","turns":[]})") == "no turns");
}

BOOST_AUTO_TEST_CASE(turns_that_are_none_are_told_apart_from_the_others) {
    const auto parsed = parse_conversation(
        R"({"id":"x","turns":[{"speaker":"customer","text":"a"},{"speaker":"robot","text":"b"},)"
        R"({"speaker":"expert"},7,{"speaker":"action"},{"speaker":"expert","text":""}]})");
    BOOST_TEST_REQUIRE(parsed.has_value());
    BOOST_TEST(parsed->turns.size() == 2U);
    BOOST_TEST(parsed->unusable_turns == (std::vector<std::size_t>{1, 2, 3}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_person_that_cannot_be_used_is_left_out) {
    const auto with = [](const std::string& customer) {
        auto parsed = parse_conversation(
            R"({"id":"x","turns":[{"speaker":"customer","text":"a"}],"customer":)" + customer +
            "}");
        BOOST_TEST_REQUIRE(parsed.has_value());
        return *std::move(parsed);
    };
    BOOST_TEST(with(R"({"name":"  ","email":"ann at example"})").name.empty());
    BOOST_TEST(with(R"({"name":"  ","email":"ann at example"})").email.empty());
    BOOST_TEST(with("{\"name\":\"" + std::string(300, 'n') + "\"}").name.empty());
    BOOST_TEST(with(R"({"name":["a"],"email":7})").name.empty());
    BOOST_TEST(with(R"("nobody")").name.empty());
}

BOOST_AUTO_TEST_CASE(keys_are_stable_visible_short_and_different) {
    BOOST_TEST(ops::conversation_key("sgd-dev-10_00001") == "import:sgd-dev-10_00001");
    BOOST_TEST(ops::message_key("sgd-dev-10_00001", 12) == "import:sgd-dev-10_00001:12");
    BOOST_TEST(ops::conversation_key("Grüße") ==
               "import:sha256-f83e039796c6453a10f5519e39fd113901572316a1a8ea07cb525d2801dfd074");
    std::set<std::string> keys;
    const std::vector<std::string> ids{"a",
                                       "a b",
                                       "a\tb",
                                       std::string("a\0b", 3),
                                       std::string(5000, 'a'),
                                       std::string(5001, 'a'),
                                       "Grüße",
                                       "sha256-x",
                                       "\u202E"};
    for (const auto& id : ids) {
        for (const auto& key : {ops::conversation_key(id), ops::message_key(id, SIZE_MAX)}) {
            BOOST_TEST(key.size() <= 255U);
            for (const char c : key) BOOST_TEST((c > 0x20 && c < 0x7F));
            keys.insert(key);
        }
    }
    BOOST_TEST(keys.size() == 2 * ids.size());
}

BOOST_AUTO_TEST_SUITE_END()
