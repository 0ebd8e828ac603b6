#include "ops/replay_print.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

#include "tests/ops/replay_support.hpp"

namespace {

using namespace test_support;
using ops::ReplayFormat;
using ops::ReplayPrinter;

struct CloseFile {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};

// What a printer wrote, read back from a temporary file.
std::string printed(ReplayFormat format, const std::function<void(ReplayPrinter&)>& print) {
    const std::unique_ptr<std::FILE, CloseFile> file(std::tmpfile());
    ReplayPrinter printer(file.get(), format, kTenant, nullptr);
    print(printer);
    BOOST_TEST_REQUIRE(printer.flush().has_value());
    std::rewind(file.get());
    std::string out(std::size_t{1} << 20U, '\0');
    out.resize(std::fread(out.data(), 1, out.size(), file.get()));
    return out;
}

events::Status print(ReplayPrinter& printer, const events::Commit& commit) {
    events::OpenedHeader opened;
    BOOST_TEST_REQUIRE(events::read_header(commit, opened).has_value());
    return printer.commit(opened, commit);
}

const std::string kStream = "aaaaaaaaaaaaaaaa-cnv-01010101010101010101010101010101";

}  // namespace

BOOST_AUTO_TEST_SUITE(replay_print)

BOOST_AUTO_TEST_CASE(an_event_is_one_line_of_text) {
    const auto record = sample_record({.seq = 7, .version = 3, .time_unix_ms = 1'000});
    const std::string line = printed(
        ReplayFormat::kText, [&](auto& printer) { print(printer, record.commit()).value(); });
    BOOST_TEST(line ==
               "7\t1970-01-01T00:00:01.000Z\t" + kStream +
                   "\t3\tMessageSent\taaaaaaaaaaaaaaaa-tok-04040404040404040404040404040404\t"
                   "message_id=aaaaaaaaaaaaaaaa-msg-06060606060606060606060606060606 "
                   "author=visitor text=sealed\n");
}

BOOST_AUTO_TEST_CASE(an_event_is_one_object_of_json) {
    const auto record = sample_record({.seq = 7, .version = 3, .time_unix_ms = 1'000});
    const std::string line = printed(
        ReplayFormat::kJson, [&](auto& printer) { print(printer, record.commit()).value(); });
    const auto object = boost::json::parse(line).as_object();
    BOOST_TEST(object.at("seq").as_int64() == 7);
    BOOST_TEST(object.at("time").as_string() == "1970-01-01T00:00:01.000Z");
    BOOST_TEST(object.at("stream").as_string() == kStream);
    BOOST_TEST(object.at("version").as_int64() == 3);
    BOOST_TEST(object.at("type").as_string() == "MessageSent");
    BOOST_TEST(object.at("status").as_string() == "verified");
    BOOST_TEST(object.at("fields").at("author").as_string() == "visitor");
    BOOST_TEST(object.at("fields").at("text").at("sealed").as_bool());
}

BOOST_AUTO_TEST_CASE(a_violation_is_a_line_of_its_own) {
    const auto report = [](ReplayPrinter& printer) {
        printer.violation({.what = "missing", .seq = events::Seq{5}});
        printer.violation({.what = "damaged record at offset 3"});
        BOOST_TEST(printer.violations() == 2U);
    };
    BOOST_TEST(printed(ReplayFormat::kText, report) ==
               "VIOLATION seq 5: missing\nVIOLATION: damaged record at offset 3\n");
    BOOST_TEST(printed(ReplayFormat::kJson, report) ==
               R"({"seq":5,"status":"VIOLATION","what":"missing"})"
               "\n"
               R"({"status":"VIOLATION","what":"damaged record at offset 3"})"
               "\n");
}

BOOST_AUTO_TEST_CASE(an_event_of_a_newer_program_ends_the_replay) {
    auto record = sample_record({.seq = 1});
    parlour::log::v1::CommitHeader header;
    header.ParseFromString(record.commit().header());
    header.mutable_events(0)->set_type(999);
    header.SerializeToString(record.mutable_commit()->mutable_header());
    printed(ReplayFormat::kText, [&](ReplayPrinter& printer) {
        const auto status = print(printer, record.commit());
        BOOST_TEST_REQUIRE(!status.has_value());
        BOOST_TEST((status.error().code == events::Errc::kUnknownSchema));
    });
}

BOOST_AUTO_TEST_SUITE_END()
