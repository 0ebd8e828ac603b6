#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "ops/bench/bench.hpp"
#include "ops/bench/chat_log.hpp"
#include "ops/bench/floor_rocksdb.hpp"
#include "ops/bench/report.hpp"

namespace bench {
namespace {

constexpr std::size_t kRecords = 200'000;
constexpr std::size_t kCopiedAtOnce = 1000;
// What the same conversations take at two that a user would pick instead, in bytes an event.
constexpr double kEmmettBytes = 745;
constexpr double kUmaDbBytes = 533;
constexpr double kTargetBytes = 0.6 * kEmmettBytes;

events::Status copy_frames(events::LocalLog& log, ScanFloor& floor) {
    std::vector<std::string> frames;
    events::Status status;
    for (std::uint16_t p = 0; status && p < log.partitions(); ++p) {
        const auto scanned =
            log.scan(events::Partition{p},
                     events::Offset{0},
                     [&](events::Offset, const events::RecordKey&, std::string_view frame) {
                         frames.emplace_back(frame);
                         if (frames.size() == kCopiedAtOnce)
                             status = floor.add(std::exchange(frames, {}));
                         return status.has_value();
                     });
        if (!scanned) return scanned;
    }
    if (status) status = floor.add(frames);
    return status ? floor.settle() : status;
}

// Log and ring are closed again at the end, so that all lies in their files.
events::Status fill(const Scratch& scratch, const ChatLogOptions& filling) {
    auto log = events::LocalLog::open(scratch.path() / "log", {.secondary_dir = {}});
    if (!log) return std::unexpected(log.error());
    auto keys = events::KeyRing::open(scratch.path() / "keys", {}, {}, true);
    if (!keys) return std::unexpected(keys.error());
    if (auto filled = fill_log(**log, **keys, filling); !filled) return filled;
    auto floor = ScanFloor::open(scratch.path() / "floor");
    if (!floor) return std::unexpected(floor.error());
    return copy_frames(**log, **floor);
}

}  // namespace

int bench_size(const BenchOptions& options) {
    try {
        const Scratch scratch;
        const ChatLogOptions filling{.records = options.records == 0 ? kRecords : options.records,
                                     .tenants = options.tenants,
                                     .stream_commits = options.stream_commits};
        auto done = fill(scratch, filling);
        if (done) done = compact_folder(scratch.path() / "log", /*log=*/true);
        if (done) done = compact_folder(scratch.path() / "keys", /*log=*/false);
        if (!done) return give_up("size", done.error().detail);
        const auto each = [&](const char* name) {
            return static_cast<double>(folder_bytes(scratch.path() / name)) /
                   static_cast<double>(filling.records);
        };
        const double figure = each("log") + each("keys");
        Report("size")
            .number("figure", figure, 1)
            .text("unit", "bytes an event")
            .number("floor", each("floor"), 1)
            .number("ratio", each("floor") / figure)
            .number("target_bytes", kTargetBytes, 0)
            .number("uma_db_bytes", kUmaDbBytes, 0)
            .number("log_bytes", each("log"), 1)
            .number("key_bytes", each("keys"), 1)
            .count("records", filling.records)
            .count("stream_commits", filling.stream_commits)
            .text("floor_is", "bare RocksDB, the same frames, no index, not compressed")
            .print();
        return 0;
    } catch (const std::exception& error) {
        return give_up("size", error.what());
    }
}

}  // namespace bench
