#include "events/files.hpp"

#include <algorithm>
#include <cstdint>

#include "events/bytes.hpp"
#include "events/crypto.hpp"
#include "events/record.hpp"

namespace events {
namespace {

// Binds a chunk to its file and to its place in it.
std::string chunk_data(const FilePlace& place, const KeyId& key, std::uint32_t index) {
    std::string data(place.tenant.view());
    data.push_back(static_cast<char>(place.stream.kind));
    data.append(place.stream.uuid.view());
    data.append(place.file.view());
    append_number(data, index);
    data.append(key.view());
    return data;
}

}  // namespace

Result<std::vector<std::string>> seal_file(const FilePlace& place,
                                           const FileSeal& seal,
                                           std::string_view bytes) {
    if (bytes.size() > kFileBytesMax) return fail(Errc::kTooLarge, "a file of too many bytes");
    std::vector<std::string> frames;
    Record record;
    record.set_term(seal.claim.term.value);
    record.set_claim_id(std::string(seal.claim.id.view()));
    auto& chunk = *record.mutable_file_chunk();
    chunk.set_key_id(std::string(seal.key_id.view()));
    chunk.set_file_id(std::string(place.file.view()));
    do {
        const auto index = static_cast<std::uint32_t>(frames.size());
        const auto part = bytes.substr(0, std::min(bytes.size(), kFileChunkBytes));
        chunk.set_index(index);
        chunk.set_sealed(encrypt(seal.key, chunk_data(place, seal.key_id, index), part));
        auto frame = encode_record(record);
        if (!frame) return std::unexpected(frame.error());
        frames.push_back(std::move(*frame));
        bytes.remove_prefix(part.size());
    } while (!bytes.empty());
    return frames;
}

Result<std::string> open_file(const FilePlace& place,
                              const std::vector<std::string>& frames,
                              const KeyFinder& find_key) {
    std::string bytes;
    Record record;
    for (std::uint32_t index = 0; index < frames.size(); ++index) {
        if (auto read = decode_record(frames[index], record); !read) {
            return std::unexpected(read.error());
        }
        const auto& chunk = record.file_chunk();
        const auto key_id = KeyId::from_bytes(chunk.key_id());
        if (!record.has_file_chunk() || !key_id) return fail(Errc::kDamaged, "no chunk of a file");
        const auto key = find_key(*key_id);
        if (!key) return std::unexpected(key.error());
        const auto part = decrypt(*key, chunk_data(place, *key_id, index), chunk.sealed());
        if (!part) return fail(Errc::kDamaged, "a chunk of a file does not open");
        bytes.append(*part);
    }
    return bytes;
}

}  // namespace events
