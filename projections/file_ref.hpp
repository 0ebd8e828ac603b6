#pragma once

#include <optional>
#include <string>

#include "events/ids.hpp"

// A file as its event names it; its bytes lie beside the log (events/files.hpp).
namespace projections {

struct FileRef {
    events::Uuid id;
    std::string sha256;
    std::string content_type;
};

// Of LogoStored, PhotoStored; nothing when there is none.
template <class Event>
std::optional<FileRef> file_ref(const Event& event) {
    const auto id = events::Uuid::from_bytes(event.file_id());
    if (!id) return std::nullopt;
    return FileRef{.id = *id, .sha256 = event.sha256(), .content_type = event.content_type()};
}

}  // namespace projections
