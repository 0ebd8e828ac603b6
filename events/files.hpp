#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/secret.hpp"

// Files of a stream: a logo, a photo. Their bytes lie beside the log in sealed chunks, under the
// data key of the stream, so that they go with it; the log has a file's id, digest and length.
namespace events {

inline constexpr std::size_t kFileChunkBytes = std::size_t{256} * 1024;
inline constexpr std::size_t kFileBytesMax = std::size_t{16} * 1024 * 1024;

struct FilePlace {
    TenantId tenant;
    StreamId stream;
    Uuid file;  // fresh and random for every file
    friend auto operator<=>(const FilePlace&, const FilePlace&) = default;
};

struct FileSeal {
    KeyId key_id;  // of the stream's data key
    Key256 key;
    ClaimRef claim;  // of the stream's partition, in force
};

// A file as record frames of at most kFileChunkBytes each, in their order; one for an empty file.
// kTooLarge beyond kFileBytesMax.
Result<std::vector<std::string>> seal_file(const FilePlace& place,
                                           const FileSeal& seal,
                                           std::string_view bytes);

// The bytes again. kDamaged when a chunk is none, is missing, or stands at another place; what the
// keys say (kErased) otherwise. The digest in the event tells whether all chunks were there.
using KeyFinder = std::function<Result<Key256>(const KeyId&)>;
Result<std::string> open_file(const FilePlace& place,
                              const std::vector<std::string>& frames,
                              const KeyFinder& find_key);

// Where the frames are kept. Any thread; every call may wait for the disk. kStorage, kDamaged.
class Files {
  public:
    virtual ~Files() = default;
    // Durable when it returns. The file waits until it is kept: who stored it says so once its
    // event is in the log. kStorageFull: nothing of it was written.
    virtual Status put(const FilePlace& place, const std::vector<std::string>& frames) = 0;
    virtual Status keep(const FilePlace& place) = 0;
    // kNotFound when there is no such file.
    virtual Result<std::vector<std::string>> get(const FilePlace& place) = 0;
    // Nothing to do when there is none.
    virtual Status remove(const FilePlace& place) = 0;
    // The kept files of a stream.
    virtual Result<std::vector<FilePlace>> kept(const TenantId& tenant, const StreamId& stream) = 0;
    // Files whose event was never reported to be in the log: of a request under way, or of a
    // program that ended before it could say so.
    virtual Result<std::vector<FilePlace>> waiting() = 0;
};

}  // namespace events
