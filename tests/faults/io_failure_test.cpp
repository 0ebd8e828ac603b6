#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "tests/faults/workload.hpp"
#include "tests/support/effort.hpp"
#include "tests/support/power_cut_fs.hpp"
#include "tests/support/temp_dir.hpp"

// Every call to the file system fails once, or for ever from there on: during appends and during
// the recovery after a crash. PARLOUR_TEST_EVERY_CALL=1 tries every single call (one in ten while
// closing); the unit run takes steps.
namespace {

using faults::Stack;
using faults::Workload;
using test_support::figure;
using test_support::Kind;
using test_support::PowerCutFs;
using test_support::TempDir;
namespace fs = std::filesystem;

constexpr std::array kKinds{Kind::kIoError, Kind::kNoSpace, Kind::kShortWrite, Kind::kFailedSync};
constexpr std::size_t kCommands = 40;

struct Fault {
    Kind kind{};
    std::uint64_t call = 0;
    bool for_ever = false;
};

std::string text_of(const Fault& fault) {
    return fmt::format("{} at call {}{}",
                       test_support::name_of(fault.kind),
                       fault.call,
                       fault.for_ever ? " and all behind it" : "");
}

// What a fault led to.
struct Outcome {
    bool met = false;  // the program came as far as the call that fails
    std::string how;   // survived, or the code of the error
    std::optional<std::string> wrong;
};

std::string name_of(const events::Error& error) {
    return std::string(events::name_of(error.code));
}

// After the fault: the folder must open and hold what was promised. In every second case the power
// went too.
std::optional<std::string> check(const fs::path& dir, PowerCutFs& disk, Workload& clients) {
    auto stack = Stack::open(dir, disk.env());
    if (!stack) return "refused to open afterwards: " + stack.error().detail;
    if (auto wrong = clients.violation(**stack)) return wrong;
    if (!clients.run(**stack, 4)) return "no answer afterwards";
    if ((*stack)->failure()) return "failed afterwards: " + (*stack)->failure()->detail;
    return clients.violation(**stack);
}

// With `cut` the power goes right behind the commands, else the folder is closed in order.
Outcome fail_while_appending(const Fault& fault, bool cut) {
    const TempDir dir;
    PowerCutFs disk(fault.call);
    // One by one, so that every command makes calls of its own.
    Workload clients(fault.call, {.unanswered_max = 1});
    Outcome outcome;
    {
        auto stack = Stack::open(dir.path(), disk.env());
        if (!stack)
            return {.met = true, .how = {}, .wrong = "did not open: " + stack.error().detail};
        disk.fail_at(fault.kind, fault.call, fault.for_ever);
        if (!clients.run(**stack, kCommands)) outcome.wrong = "a command got no answer";
        const auto failure = (*stack)->failure();
        outcome.how = failure ? name_of(*failure) : "survived";
        if (failure && failure->detail.empty()) outcome.wrong = "a failure without a reason";
        outcome.met = disk.heal();
        if (cut) disk.cut();
    }
    if (cut) disk.restore();
    if (!outcome.wrong) outcome.wrong = check(dir.path(), disk, clients);
    return outcome;
}

std::set<std::string> write_ahead_files(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& file : fs::directory_iterator(folder)) {
        if (file.path().extension() == ".log") names.insert(file.path().filename().string());
    }
    return names;
}

Outcome fail_while_closing(const Fault& fault, bool cut) {
    const TempDir dir;
    PowerCutFs disk(fault.call);
    Workload clients(fault.call);
    {
        auto stack = Stack::open(dir.path(), disk.env());
        if (!stack)
            return {.met = true, .how = {}, .wrong = "did not open: " + stack.error().detail};
        if (!clients.run(**stack, 4)) return {.met = true, .how = {}, .wrong = "no answer"};
        disk.fail_at(fault.kind, fault.call, fault.for_ever);
    }
    Outcome outcome{.met = disk.heal(), .how = "closed", .wrong = {}};
    if (cut) disk.restore();
    outcome.wrong = check(dir.path(), disk, clients);
    return outcome;
}

// A folder as a kill left it, with work for a recovery, and the clients' memory of it.
class Killed {
  public:
    Killed() : disk_(1), clients_(1) {
        auto stack = Stack::open(dir_.path() / "living", disk_.env());
        BOOST_TEST_REQUIRE(stack.has_value());
        BOOST_TEST_REQUIRE(clients_.run(**stack, kCommands));
        // Opened again, so that there are tables beside the write-ahead log.
        stack->reset();
        stack = Stack::open(dir_.path() / "living", disk_.env());
        BOOST_TEST_REQUIRE(stack.has_value());
        BOOST_TEST_REQUIRE(clients_.run(**stack, kCommands));
        fs::copy(dir_.path() / "living", dir_.path() / "killed", fs::copy_options::recursive);
    }
    void copy_to(const fs::path& dir) const {
        fs::copy(dir_.path() / "killed", dir, fs::copy_options::recursive);
    }
    Workload& clients() { return clients_; }

  private:
    TempDir dir_;
    PowerCutFs disk_;
    Workload clients_;
};

Outcome fail_while_recovering(Killed& killed, const Fault& fault, bool cut) {
    const TempDir dir;
    killed.copy_to(dir.path() / "data");
    PowerCutFs disk(fault.call);
    disk.fail_at(fault.kind, fault.call, fault.for_ever);
    Outcome outcome;
    {
        const auto stack = Stack::open(dir.path() / "data", disk.env());
        outcome.how = stack ? "survived" : name_of(stack.error());
        if (!stack && stack.error().detail.empty()) outcome.wrong = "a failure without a reason";
    }
    outcome.met = disk.heal();
    if (cut) disk.restore();
    if (outcome.wrong) return outcome;
    auto stack = Stack::open(dir.path() / "data", disk.env());
    if (!stack) {
        outcome.wrong = "refused to open afterwards: " + stack.error().detail;
    } else {
        outcome.wrong = killed.clients().violation(**stack);
    }
    return outcome;
}

// How far it is from a call that is tried to the next one: in the unit run, and in a long run.
struct Steps {
    std::uint64_t few = 0;
    std::uint64_t many = 1;
};

// Tries the calls until the program no longer comes to the one that fails.
template <class Try>
void try_calls(const std::string& what, Steps steps, const Try& attempt) {
    const auto every = test_support::effort("PARLOUR_TEST_EVERY_CALL", 0) != 0;
    std::size_t tried = 0;
    std::map<std::string, std::size_t> outcomes;
    for (const Kind kind : kKinds) {
        for (const bool for_ever : {false, true}) {
            const std::uint64_t step = every ? steps.many : steps.few;
            // The unit run begins somewhere else for every kind.
            std::uint64_t call =
                every ? 0 : static_cast<std::uint64_t>(kind) * 5 + (for_ever ? 2 : 0);
            for (bool met = true; met; call += step) {
                const Fault fault{.kind = kind, .call = call, .for_ever = for_ever};
                const Outcome outcome = attempt(fault, call % 2 == 1);
                met = outcome.met;
                if (!met) break;
                ++tried;
                ++outcomes[outcome.how];
                BOOST_TEST(!outcome.wrong,
                           what << ", " << text_of(fault) << ": " << outcome.wrong.value_or(""));
            }
        }
    }
    std::string counts;
    for (const auto& [how, count] : outcomes) counts += fmt::format(", {} {}", count, how);
    figure(fmt::format("{} failed calls {}{}", tried, what, counts));
    BOOST_TEST(tried >= kKinds.size());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(io_failure)

BOOST_AUTO_TEST_CASE(a_failed_call_during_appends_ends_in_a_clear_error_and_loses_nothing) {
    try_calls("while appending", {.few = 19}, fail_while_appending);
}

// The library would resume, take a second sync of the same file for good, and note a length of that
// file which a power cut then disproves: the folder refused to open.
BOOST_AUTO_TEST_CASE(a_full_disk_that_gets_room_again_does_not_make_good_what_failed) {
    const TempDir dir;
    PowerCutFs disk(1);
    Workload clients(1, {.unanswered_max = 1});
    {
        auto stack = Stack::open(dir.path(), disk.env());
        BOOST_TEST_REQUIRE(stack.has_value());
        BOOST_TEST_REQUIRE(clients.run(**stack, 4));
        // Else the calls of their own folder would be among those counted.
        BOOST_TEST_REQUIRE(faults::views_lag(**stack).value_or("") == "");
        const auto files = write_ahead_files(dir.path() / "log");
        disk.fail_at(Kind::kNoSpace, 1);  // the sync behind the next write
        BOOST_TEST_REQUIRE(clients.run(**stack, 4));
        BOOST_TEST(disk.heal());
        BOOST_TEST((*stack)->failure().has_value());
        // To resume is to begin another file, and it would do so at once.
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
        while (std::chrono::steady_clock::now() < until &&
               write_ahead_files(dir.path() / "log") == files) {
            std::this_thread::yield();
        }
        BOOST_TEST(write_ahead_files(dir.path() / "log") == files);
        disk.cut();
    }
    disk.restore();
    BOOST_TEST(check(dir.path(), disk, clients).value_or("") == "");
}

BOOST_AUTO_TEST_CASE(a_failed_call_while_closing_loses_nothing) {
    // Fewer: the library waits a second before it tries a failed flush again.
    try_calls("while closing", {.few = 150, .many = 10}, fail_while_closing);
}

BOOST_AUTO_TEST_CASE(a_failed_call_during_recovery_ends_in_a_clear_error_and_loses_nothing) {
    Killed killed;
    try_calls("while recovering", {.few = 41}, [&](const Fault& fault, bool cut) {
        return fail_while_recovering(killed, fault, cut);
    });
}

BOOST_AUTO_TEST_SUITE_END()
