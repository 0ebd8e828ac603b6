#include "events/local_wal.hpp"

#include <algorithm>
#include <boost/crc.hpp>
#include <memory>
#include <string>
#include <vector>

#include "events/storage_error.hpp"

namespace events::local {
namespace {

// A piece: masked CRC-32C 4 | length 2 | kind 1 | bytes; the checksum covers kind and bytes. No
// piece crosses a block; a write is one kFull, or kFirst, kMiddle..., kLast.
constexpr std::uint64_t kBlockBytes = 32'768;
constexpr std::uint64_t kHeaderBytes = 7;
constexpr std::uint64_t kWriteBytesMin = 12;  // a batch begins with its number and its count
constexpr std::uint32_t kMaskDelta = 0xa282'ead8U;
// What a disk writes whole or not at all.
constexpr std::uint64_t kSectorBytes = 512;

enum class Piece : std::uint8_t { kNone, kFull, kFirst, kMiddle, kLast };

struct Found {
    Piece kind = Piece::kNone;
    std::uint64_t end = 0;
};

std::uint32_t byte_at(std::string_view file, std::uint64_t at) {
    return static_cast<unsigned char>(file[at]);
}

std::uint32_t masked_checksum(std::string_view bytes) {
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    const std::uint32_t sum = crc.checksum();
    return ((sum >> 15U) | (sum << 17U)) + kMaskDelta;
}

std::uint64_t left_in_block(std::uint64_t at) {
    return kBlockBytes - at % kBlockBytes;
}

// The piece that begins there, if one does.
Found piece_at(std::string_view file, std::uint64_t at) {
    if (file.size() - at < kHeaderBytes || left_in_block(at) < kHeaderBytes) return {};
    const std::uint64_t length = byte_at(file, at + 4) | byte_at(file, at + 5) << 8U;
    const auto kind = byte_at(file, at + 6);
    if (kind == 0 || kind > static_cast<std::uint32_t>(Piece::kLast)) return {};
    const std::uint64_t end = at + kHeaderBytes + length;
    if (end > file.size() || kHeaderBytes + length > left_in_block(at)) return {};
    std::uint32_t stored = 0;
    for (unsigned i = 0; i < 4; ++i) stored |= byte_at(file, at + i) << (8 * i);
    if (stored != masked_checksum(file.substr(at + 6, 1 + length))) return {};
    return {.kind = static_cast<Piece>(kind), .end = end};
}

// Where the first write begins that cannot be read; nothing when all can.
std::optional<std::uint64_t> damaged_write(std::string_view file) {
    std::uint64_t begin = 0;
    bool open = false;
    for (std::uint64_t at = 0; at < file.size();) {
        if (left_in_block(at) < kHeaderBytes) {
            at += left_in_block(at);
            continue;
        }
        if (!open) begin = at;
        const auto found = piece_at(file, at);
        const bool continues = found.kind == Piece::kMiddle || found.kind == Piece::kLast;
        if (found.kind == Piece::kNone || continues != open) return begin;
        open = found.kind == Piece::kFirst || found.kind == Piece::kMiddle;
        at = found.end;
    }
    return open ? std::optional(begin) : std::nullopt;
}

bool lacks_a_sector(std::string_view file, std::uint64_t from) {
    while (from < file.size()) {
        const auto sector = file.substr(from, kSectorBytes - from % kSectorBytes);
        if (std::ranges::all_of(sector, [](char byte) { return byte == '\0'; })) return true;
        from += sector.size();
    }
    return false;
}

bool another_write_begins(std::string_view file, std::uint64_t behind) {
    for (std::uint64_t at = behind + 1; at + kHeaderBytes + kWriteBytesMin <= file.size(); ++at) {
        const auto kind = byte_at(file, at + 6);
        const bool begins = kind == static_cast<std::uint32_t>(Piece::kFull) ||
                            kind == static_cast<std::uint32_t>(Piece::kFirst);
        if (begins && piece_at(file, at).end >= at + kHeaderBytes + kWriteBytesMin) return true;
    }
    return false;
}

std::unexpected<Error> failed(const rocksdb::Status& status) {
    const std::string text = status.ToString();
    return fail(storage_code(status.IsCorruption(), text), text);
}

// The file as it was before the write, in its place, durable before its name is.
Status cut(rocksdb::Env& env,
           const std::filesystem::path& path,
           const std::string& bytes,
           std::uint64_t length) {
    const auto temporary = path.parent_path() / (path.stem().string() + ".dbtmp");
    auto status =
        rocksdb::WriteStringToFile(&env, {bytes.data(), length}, temporary.string(), true);
    if (status.ok()) status = env.RenameFile(temporary.string(), path.string());
    std::unique_ptr<rocksdb::Directory> folder;
    if (status.ok()) status = env.NewDirectory(path.parent_path().string(), &folder);
    if (status.ok()) status = folder->Fsync();
    if (!status.ok()) return failed(status);
    return {};
}

Result<bool> drop_tail_of(rocksdb::Env& env, const std::filesystem::path& path) {
    std::string bytes;
    const auto read = rocksdb::ReadFileToString(&env, path.string(), &bytes);
    if (!read.ok()) return failed(read);
    const auto tail = unsynced_tail(bytes);
    if (!tail) return false;
    if (const auto done = cut(env, path, bytes, *tail); !done) return std::unexpected(done.error());
    return true;
}

// Empty when there is none.
std::filesystem::path newest_write_ahead_file(const std::vector<std::string>& names,
                                              const std::filesystem::path& dir) {
    std::string newest;
    for (const auto& name : names) {
        if (std::filesystem::path(name).extension() != ".log") continue;
        // Numbers of at least six digits.
        if (name.size() > newest.size() || (name.size() == newest.size() && name > newest)) {
            newest = name;
        }
    }
    return newest.empty() ? std::filesystem::path{} : dir / newest;
}

}  // namespace

std::optional<std::uint64_t> unsynced_tail(std::string_view file) {
    const auto begin = damaged_write(file);
    if (!begin || !lacks_a_sector(file, *begin) || another_write_begins(file, *begin)) {
        return std::nullopt;
    }
    return begin;
}

Result<bool> drop_unsynced_tails(rocksdb::Env& env, const std::filesystem::path& dir) {
    std::vector<std::string> names;
    if (const auto listed = env.GetChildren(dir.string(), &names); !listed.ok()) {
        return failed(listed);
    }
    std::string current;
    const auto read = rocksdb::ReadFileToString(&env, (dir / "CURRENT").string(), &current);
    if (!read.ok()) return failed(read);
    std::vector<std::filesystem::path> files{newest_write_ahead_file(names, dir)};
    if (current.starts_with("MANIFEST-") && current.ends_with('\n')) {
        current.pop_back();
        files.push_back(dir / current);
    }
    bool any = false;
    for (const auto& file : files) {
        if (file.empty()) continue;
        const auto dropped = drop_tail_of(env, file);
        if (!dropped) return dropped;
        any = any || *dropped;
    }
    return any;
}

}  // namespace events::local
