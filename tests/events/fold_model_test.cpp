#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <sstream>

#include "tests/events/histories.hpp"

// Our folds against the executable model of the log protocol, which lies beside the repository
// where it is at hand: 10,000 random histories, judged by both. model_histories.py says how a
// history stands on a line.
namespace {

using namespace events;
using namespace histories;

const auto kModel = std::filesystem::path(PARLOUR_SOURCE_DIR).parent_path() / "shared" / "model";
constexpr int kHistories = 10'000;
constexpr std::uint64_t kSeqsListed = 1000;  // the model knows no list: every seq is on ours

boost::test_tools::assertion_result the_model_is_there(boost::unit_test::test_unit_id /*test*/) {
    return std::filesystem::exists(kModel / "protocol.py");
}

struct Fields {
    std::string kind;
    std::string claim;  // "2B3": term, node, number
    ClaimRef under;
    std::uint64_t seq = 0;
    std::string stream;
    std::string command;
    std::string target;
    std::string case_id;
    std::string data_key;
    std::uint64_t key = 0;
    std::string commitment;
};

template <class AnyId>
AnyId id_of(const std::string& text) {
    AnyId id;
    std::copy_n(text.begin(), std::min(text.size(), AnyId::kSize), id.bytes.begin());
    return id;
}

template <class AnyId>
std::string text_of(const AnyId& id) {
    const auto view = id.view();
    return std::string(view.substr(0, view.find('\0')));
}

StreamId stream_of(const std::string& name) {
    return {.kind = kS.kind, .uuid = id_of<Uuid>(name)};
}

Fields read_fields(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> parts;
    for (std::string part; std::getline(in, part, ',');) parts.push_back(part == "-" ? "" : part);
    BOOST_TEST_REQUIRE(parts.size() == 12U, text);
    Fields fields{.kind = parts[0],
                  .claim = parts[1] + parts[2] + parts[3],
                  .under = {},
                  .seq = std::stoull(parts[4]),
                  .stream = parts[5],
                  .command = parts[6],
                  .target = parts[7],
                  .case_id = parts[8],
                  .data_key = parts[9],
                  .key = std::stoull(parts[10]),
                  .commitment = parts[11]};
    fields.under = {.term = Term{std::stoull(parts[1])}, .id = id_of<ClaimId>(fields.claim)};
    return fields;
}

// A commit as the model has it; decisions are told apart by their command.
Sent committed(const Fields& fields) {
    const bool decides = fields.kind == "erase" || fields.kind == "hold" || fields.kind == "done";
    const auto name = decides ? fields.kind + std::to_string(fields.key) : fields.stream;
    auto sent = commit(fields.under,
                       {.seq = fields.seq,
                        .stream = stream_of(name),
                        .command = static_cast<std::uint8_t>(decides ? 'd' : fields.command[0]),
                        .data_key = id_of<KeyId>(name)});
    sent.record.mutable_commit()->set_commitment(fields.commitment);
    if (fields.kind == "erase") {
        sent.decides = Erases{.stream = stream_of(fields.target),
                              .case_id = id_of<Uuid>(fields.case_id),
                              .seqs = {{Seq{1}, Seq{kSeqsListed}}}};
    }
    if (fields.kind == "hold") sent.decides = Holds{stream_of(fields.target)};
    if (fields.kind == "done") sent.decides = EndsErasure{id_of<Uuid>(fields.case_id)};
    return sent;
}

Sent sent_of(const Fields& fields) {
    Sent sent;
    if (fields.kind == "claim") {
        sent = claim(fields.under);
    } else if (fields.kind == "tomb") {
        sent = tombstone(fields.under, committed(fields), id_of<Uuid>(fields.case_id));
    } else if (fields.kind == "void" || fields.kind == "ktomb") {
        sent = void_tombstone(fields.under, {});
    } else if (fields.kind == "create") {
        sent = key_created(fields.under, id_of<KeyId>(fields.data_key));
    } else if (fields.kind == "destroy") {
        sent = key_destroyed(fields.under, key_created({}, id_of<KeyId>(fields.data_key)));
    } else {
        sent = committed(fields);
    }
    sent.key = id_of<RecordKey>(std::to_string(fields.key));
    return sent;
}

std::string joined(const auto& values) {
    return fmt::format("{}", fmt::join(values, ","));
}

// What our fold knows, in the model's words. `decided`: keys of commits that decide, which the
// model does not count as payload.
std::string known_by(const PartitionFold& fold, const std::set<RecordKey>& decided) {
    const auto& tenant = fold.tenant(kTenant);
    std::vector<std::string> places;
    for (const auto& [seq, place] : tenant.places) {
        const auto key = place.covered ? "" : "k" + text_of(*place.key);
        places.push_back(
            fmt::format("{}{}{}{}", seq.value, place.covered ? "c" : "o", place.commitment, key));
    }
    std::set<std::string> commands;
    for (const auto& command : tenant.commands) {
        const auto name = static_cast<char>(command.bytes[0]);
        if (name != 'd') commands.insert(std::string(1, name));
    }
    std::set<std::string> cases;
    for (const auto& [erasure, seqs] : tenant.erasures) {
        cases.insert(text_of(erasure.stream.uuid) + text_of(erasure.id));
    }
    std::set<std::string> done;
    for (const auto& case_id : tenant.done) done.insert(text_of(case_id));
    std::set<std::string> holds;
    for (const auto& stream : tenant.holds) holds.insert(text_of(stream.uuid));
    std::set<std::uint64_t> voids;
    for (const auto& key : fold.void_payloads()) {
        if (!decided.contains(key)) voids.insert(std::stoull(text_of(key)));
    }
    std::vector<std::uint64_t> gaps;
    for (const auto& seq : tenant.gaps()) gaps.push_back(seq.value);
    return fmt::format("{} {} {} {} {} {} {} {} {}",
                       text_of(fold.in_force()->id),
                       joined(places),
                       joined(commands),
                       joined(cases),
                       joined(done),
                       joined(holds),
                       joined(voids),
                       tenant.contradiction ? "double" : "whole",
                       joined(gaps));
}

std::string known_by(const KeyFold& fold) {
    const auto named = [](const std::map<RecordKey, KeyFold::Wrapping>& wrappings) {
        std::set<std::string> names;
        for (const auto& [key, wrapping] : wrappings) {
            names.insert(text_of(wrapping.id) + "k" + text_of(key));
        }
        return names;
    };
    std::set<std::uint64_t> destroyed;
    for (const auto& id : fold.destroyed()) destroyed.insert(std::stoull(text_of(id)));
    return fmt::format("{} {} {} {}",
                       text_of(fold.in_force()->id),
                       joined(named(fold.wrappings())),
                       joined(named(fold.void_wrappings())),
                       joined(destroyed));
}

std::string judged(const std::string& partition, const std::string& records) {
    histories::Log log;
    std::set<RecordKey> decided;
    std::istringstream in(records);
    for (std::string text; in >> text;) {
        log.push_back(sent_of(read_fields(text)));
        if (!std::holds_alternative<std::monostate>(log.back().decides)) {
            decided.insert(log.back().key);
        }
    }
    return partition == "E" ? known_by(fold(log), decided) : known_by(fold_keys(log));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fold_model)

BOOST_AUTO_TEST_CASE(our_folds_and_the_models_agree_on_ten_thousand_histories,
                     *boost::unit_test::precondition(the_model_is_there)) {
    const auto seed = std::random_device{}();
    const auto command = fmt::format("python3 -B '{}/tests/events/model_histories.py' '{}' {} {}",
                                     PARLOUR_SOURCE_DIR,
                                     kModel.string(),
                                     kHistories,
                                     seed);
    BOOST_TEST_MESSAGE(command);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> model(popen(command.c_str(), "r"),
                                                                pclose);
    BOOST_TEST_REQUIRE(model != nullptr);
    int compared = 0;
    int covered = 0;
    std::string line;
    std::array<char, 4096> part{};
    while (std::fgets(part.data(), part.size(), model.get()) != nullptr) {
        line += part.data();
        if (line.back() != '\n') continue;
        line.pop_back();
        const auto records = line.find('\t');
        const auto known = line.find('\t', records + 1);
        const auto ours =
            judged(line.substr(0, records), line.substr(records + 1, known - records - 1));
        BOOST_TEST_REQUIRE(ours == line.substr(known + 1),
                           "seed " << seed << ": " << line << "\nours:\t" << ours);
        covered += static_cast<int>(ours.find('c') != std::string::npos);
        ++compared;
        line.clear();
    }
    BOOST_TEST(compared == kHistories);
    BOOST_TEST(covered > 500);  // tombstones that count were among them
}

BOOST_AUTO_TEST_SUITE_END()
