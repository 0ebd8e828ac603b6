#include "ops/migrate.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "events/ids.hpp"
#include "events/kafka_admin.hpp"
#include "events/kafka_migration.hpp"
#include "events/key_ring.hpp"
#include "gateway/data_folder.hpp"
#include "ops/cli.hpp"
#include "ops/kafka_options.hpp"

namespace ops {
namespace {

using events::Errc;
using events::Result;
using events::Status;

constexpr std::string_view kName = "migrate";
constexpr std::uint64_t kBatchDefault = 1024;
constexpr std::uint64_t kBatchMax = 10'000;
// Of the log's records; a line each.
constexpr std::uint64_t kTellEvery = 500;

Subcommand describe() {
    return {
        .name = std::string(kName),
        .usage =
            "--from DIR --to kafka://HOST:PORT,... [--keys DIR] [--master-key FILE]\n"
            "                       [--config FILE]",
        .about =
            "Moves an embedded installation to Kafka: log, keys and files, each record as it\n"
            "is, in its place. No server may run on the folder, and the topics must be empty:\n"
            "make them with parlour topics create. One that was ended goes on when it is run\n"
            "again. At its end it reads everything back from the brokers and compares; exit\n"
            "code 1 when something differs. Nodes then start with the same --master-key file.",
        .positional = "",
        .options = {{"from", "DIR", "the data folder; it stays as it is"},
                    {"to", "kafka://HOST:PORT,...", "the cluster"},
                    {"keys", "DIR", "the key ring's folder; default: DIR.keys"},
                    {"master-key", "FILE", "32 bytes; default: DIR.master"},
                    {"config", "FILE", "a configuration file: its [kafka] says how to log in"},
                    {"batch", "N", "records under way in a partition, 1 to 10000; default 1024"}}};
}

// The folder, which nobody else has open.
struct Installation {
    gateway::DataFolder folder;
    std::unique_ptr<events::LocalLog> log;
    std::unique_ptr<events::RingStore> ring;
};

std::unexpected<events::Error> told(events::Error error) {
    if (error.code == Errc::kInUse) {
        error.detail = "a server runs on this data folder: stop it first";
    }
    return std::unexpected(std::move(error));
}

Result<Installation> open_installation(const gateway::DataPaths& paths) {
    auto folder = gateway::open_data_folder(paths, true);
    if (!folder) return std::unexpected(folder.error());
    Installation out{.folder = *std::move(folder), .log = {}, .ring = {}};
    // Opening makes a log where there is none.
    if (!std::filesystem::exists(out.folder.paths.data / "log")) {
        return events::fail(Errc::kNotFound, "the data folder has no log of its own");
    }
    auto log = events::LocalLog::open(out.folder.paths.data / "log", {});
    if (!log) return told(std::move(log.error()));
    out.log = *std::move(log);
    // That the master key is theirs is looked at before anything moves.
    if (auto keys =
            events::KeyRing::open(out.folder.paths.keys, out.folder.master, out.folder.id, false);
        !keys) {
        return told(std::move(keys.error()));
    }
    auto ring = events::RingStore::open(out.folder.paths.keys, {.secondary_dir = {}});
    if (!ring) return told(std::move(ring.error()));
    out.ring = *std::move(ring);
    return out;
}

// Missing topics and dangerous settings are refused as `serve` refuses them.
Status check(const events::KafkaConnection& connection, int partitions) {
    const auto faults = events::check_topics(connection, {.partitions = partitions});
    if (!faults) return std::unexpected(faults.error());
    if (faults->empty()) return {};
    return events::fail(Errc::kInvalidArgument, events::refusal_of(*faults));
}

void say(const std::string& line) {
    fmt::print("{}\n", line);
    static_cast<void>(std::fflush(stdout));
}

std::string hex(const events::Digest& digest) {
    return events::to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

int tell(const events::MigrationProof& proof) {
    std::uint64_t records = 0;
    for (std::size_t i = 0; i < proof.partitions.size(); ++i) {
        const auto& one = proof.partitions[i];
        records += one.here;
        if (one.here == 0 && one.there == 0) continue;
        say(fmt::format("partition {}: {} records, {} {}",
                        i,
                        one.here,
                        hex(one.digest_here),
                        one.equal() ? "on both sides" : "here, not there"));
    }
    for (const auto& difference : proof.differences) say("DIFFERENCE " + difference);
    if (!proof.differences.empty()) {
        return fail_with(kName,
                         fmt::format("{} difference{}: remove the topics, make them with parlour "
                                     "topics create, and run this again",
                                     proof.differences.size(),
                                     proof.differences.size() == 1 ? "" : "s"));
    }
    say(fmt::format("equal: {} records, {} rows of keys and secrets, {} chunks of files",
                    records,
                    proof.ring_rows,
                    proof.file_chunks));
    return kExitOk;
}

int run(const Arguments& arguments) {
    const auto paths =
        gateway::resolve_paths({.data = arguments.required("from"),
                                .keys = arguments.text("keys").value_or(""),
                                .master_key = arguments.text("master-key").value_or("")});
    if (!paths) throw UsageError(paths.error().detail);
    events::MigrationTarget target;
    target.connection = kafka_connection(arguments, "to");
    target.batch = arguments.count("batch", {.min = 1, .max = kBatchMax}).value_or(kBatchDefault);
    target.on_records = [told = std::uint64_t{0}](std::uint64_t done, std::uint64_t of) mutable {
        if (done < told + kTellEvery && done < of) return;
        told = done;
        say(fmt::format("moved {} of {} records", done, of));
    };
    const auto from = open_installation(*paths);
    if (!from) return fail_with(kName, from.error().detail);
    if (auto right = check(target.connection, from->log->partitions()); !right) {
        return fail_with(kName, right.error().detail);
    }
    const events::MigrationSource source{
        .log = *from->log,
        .ring = *from->ring,
        .check = events::KeyRing::cluster_check(from->folder.master)};
    if (auto moved = events::migrate(source, target); !moved) {
        return fail_with(kName, moved.error().detail);
    }
    const auto proof = events::prove_migration(source, target);
    if (!proof) return fail_with(kName, proof.error().detail);
    return tell(*proof);
}

}  // namespace

int run_migrate(std::span<char* const> args) {
    return run_subcommand(describe(), args, run);
}

}  // namespace ops
