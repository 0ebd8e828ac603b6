#include "events/local_files.hpp"

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "events/local_file_keys.hpp"

namespace events::local {
namespace {

// The file that a key of either kind belongs to.
std::optional<FilePlace> parse_key(std::string_view key) {
    if (key.size() < 1 + kStreamPrefixBytes + Uuid::kSize) return std::nullopt;
    key.remove_prefix(1);
    const auto tenant = TenantId::from_bytes(key.substr(0, TenantId::kSize));
    key.remove_prefix(TenantId::kSize);
    const auto kind = static_cast<StreamKind>(static_cast<unsigned char>(key.front()));
    const auto stream = Uuid::from_bytes(key.substr(1, Uuid::kSize));
    const auto file = Uuid::from_bytes(key.substr(1 + Uuid::kSize, Uuid::kSize));
    if (!tenant || !stream || !file) return std::nullopt;
    return FilePlace{.tenant = *tenant, .stream = {kind, *stream}, .file = *file};
}

using Visit = std::function<Status(std::string_view key, std::string_view value)>;

Status scan(const Store& store, const std::string& prefix, const Visit& visit) {
    const std::unique_ptr<rocksdb::Iterator> at(
        store.db().NewIterator(scan_options(), store.family(Family::kFiles)));
    for (at->Seek(slice(prefix)); at->Valid(); at->Next()) {
        if (!view(at->key()).starts_with(prefix)) break;
        if (auto visited = visit(view(at->key()), view(at->value())); !visited) return visited;
    }
    if (!at->status().ok()) return std::unexpected(error_of(at->status()));
    return {};
}

Result<std::set<FilePlace>> places(const Store& store, const std::string& prefix) {
    std::set<FilePlace> found;
    const auto scanned = scan(store, prefix, [&](std::string_view key, std::string_view) -> Status {
        const auto place = parse_key(key);
        if (!place) return fail(Errc::kDamaged, "a file's key is unreadable");
        found.insert(*place);
        return {};
    });
    if (!scanned) return std::unexpected(scanned.error());
    return found;
}

}  // namespace

Status LocalFiles::write(rocksdb::WriteBatch& batch) const {
    if (store_.secondary()) return fail(Errc::kInvalidArgument, "a secondary stores no files");
    if (store_.broken()) return fail(Errc::kStorage, store_.background_error());
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto written = store_.db().Write(synced, &batch);
    if (!written.ok()) return std::unexpected(error_of(written));
    return {};
}

Status LocalFiles::put(const FilePlace& place, const std::vector<std::string>& frames) {
    rocksdb::WriteBatch batch;
    auto* const family = store_.family(Family::kFiles);
    std::uint64_t bytes = 0;
    for (std::uint32_t index = 0; index < frames.size(); ++index) {
        batch.Put(family, slice(chunk_key(place, index)), slice(frames[index]));
        bytes += frames[index].size();
    }
    batch.Put(family, slice(file_key(kWaitingKind, place)), {});
    if (auto room = store_.space().admit(bytes); !room) return room;
    return write(batch);
}

Status LocalFiles::keep(const FilePlace& place) {
    rocksdb::WriteBatch batch;
    batch.Delete(store_.family(Family::kFiles), slice(file_key(kWaitingKind, place)));
    return write(batch);
}

Result<std::vector<std::string>> LocalFiles::get(const FilePlace& place) {
    std::vector<std::string> frames;
    const auto scanned = scan(store_,
                              file_key(kChunkKind, place),
                              [&](std::string_view key, std::string_view frame) -> Status {
                                  const auto expected =
                                      chunk_key(place, static_cast<std::uint32_t>(frames.size()));
                                  if (key != expected) {
                                      return fail(Errc::kDamaged, "a chunk of a file is missing");
                                  }
                                  frames.emplace_back(frame);
                                  return {};
                              });
    if (!scanned) return std::unexpected(scanned.error());
    if (frames.empty()) return fail(Errc::kNotFound, "no such file");
    return frames;
}

Status LocalFiles::remove(const FilePlace& place) {
    rocksdb::WriteBatch batch;
    auto* const family = store_.family(Family::kFiles);
    const auto scanned = scan(
        store_, file_key(kChunkKind, place), [&](std::string_view key, std::string_view) -> Status {
            batch.Delete(family, slice(key));
            return {};
        });
    if (!scanned) return scanned;
    batch.Delete(family, slice(file_key(kWaitingKind, place)));
    return write(batch);
}

Result<std::vector<FilePlace>> LocalFiles::kept(const TenantId& tenant, const StreamId& stream) {
    auto all = places(store_, stream_key_of(kChunkKind, tenant, stream));
    if (!all) return std::unexpected(all.error());
    const auto waiting = places(store_, stream_key_of(kWaitingKind, tenant, stream));
    if (!waiting) return std::unexpected(waiting.error());
    std::erase_if(*all, [&](const FilePlace& place) { return waiting->contains(place); });
    return std::vector<FilePlace>(all->begin(), all->end());
}

Result<std::vector<FilePlace>> LocalFiles::waiting() {
    const auto found = places(store_, std::string(1, kWaitingKind));
    if (!found) return std::unexpected(found.error());
    return std::vector<FilePlace>(found->begin(), found->end());
}

Status LocalFiles::each_chunk(const EachChunk& each) const {
    return scan(store_,
                std::string(1, kChunkKind),
                [&](std::string_view key, std::string_view frame) -> Status {
                    const auto place = parse_key(key);
                    const auto whole = place ? file_key(kChunkKind, *place).size() : key.size();
                    if (!place || key.size() != whole + sizeof(std::uint32_t)) {
                        return fail(Errc::kDamaged, "a file's key is unreadable");
                    }
                    each(*place, get_number<std::uint32_t>(key.data() + whole), frame);
                    return {};
                });
}

}  // namespace events::local
