#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

// What can go wrong below the gateway, as values. Domain refusals are not here: each aggregate has
// its own Rejection. A detail names the file, option or limit; never personal data.
namespace events {

enum class Errc {
    kInvalidArgument,  // not retryable; the caller passed what the header forbids; HTTP 400
    kNotFound,         // not retryable; the thing named does not exist; HTTP 404
    kErased,           // not retryable; it was erased; HTTP 410
    kConflict,         // not as it is: the client reads again, the version moved on; HTTP 412
    kUnavailable,      // retryable by the client with the same command id; HTTP 503
    kOverloaded,       // retryable after a pause; a bounded queue is full; HTTP 503
    kStorageFull,      // retryable after a pause; the disk has little room; operator; HTTP 503
    kTooLarge,         // not retryable; a record exceeds its limit; HTTP 413
    kDamaged,          // not retryable; stored bytes are not what was written; operator; HTTP 500
    kStorage,          // not retryable here; the disk or file system failed; operator; HTTP 503
    kInUse,            // not retryable; another process has the folder; operator; HTTP 503
    kWrongMasterKey,  // not retryable; the master key is missing or another one; operator; HTTP 503
    kUnknownSchema,   // not retryable; written by a newer program; operator upgrades; HTTP 500
};

struct Error {
    Errc code;
    std::string detail;  // one line
};

template <class T>
using Result = std::expected<T, Error>;

using Status = Result<void>;

inline std::unexpected<Error> fail(Errc code, std::string detail) {
    return std::unexpected(Error{code, std::move(detail)});
}

// Stable, lower-case-with-hyphens name of a code, e.g. "in-use".
std::string_view name_of(Errc code);
// The HTTP status that the comment at the code states.
int http_status_of(Errc code);
// Whether the same request may succeed later without anybody changing anything.
bool is_retryable(Errc code);

}  // namespace events
