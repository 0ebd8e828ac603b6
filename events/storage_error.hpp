#pragma once

#include <string_view>

#include "events/error.hpp"

// How the stores tell a disk that fails from bytes that are damaged.
namespace events {

// The code for an error of the storage library, which calls it a corruption or not and says `text`.
// It calls a file that cannot be opened for an I/O error "corruption" too; only a file that is not
// there at all is damage.
inline Errc storage_code(bool is_corruption, std::string_view text) {
    const bool is_io = text.contains("IO error") && !text.contains("No such file or directory");
    return is_corruption && !is_io ? Errc::kDamaged : Errc::kStorage;
}

}  // namespace events
