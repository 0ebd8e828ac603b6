#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "events/crypto.hpp"
#include "events/ids.hpp"

// What an aggregate knows of one of its files; the bytes lie beside the log (events/files.hpp).
namespace commands {

struct StoredFile {
    events::Uuid id;
    events::Digest sha256{};
    std::uint32_t size_bytes = 0;
    std::string_view content_type;  // of a fixed set, outlives the command
};

// Into LogoStored, PhotoStored: whatever has these four fields.
template <class Event>
void fill(Event& event, const StoredFile& file) {
    event.set_file_id(std::string(file.id.view()));
    event.set_sha256(file.sha256.data(), file.sha256.size());
    event.set_size_bytes(file.size_bytes);
    event.set_content_type(std::string(file.content_type));
}

// Whether that file holds the same bytes.
template <class Event>
bool holds(const Event& event, const StoredFile& file) {
    return event.sha256() ==
           std::string_view(reinterpret_cast<const char*>(file.sha256.data()), file.sha256.size());
}

}  // namespace commands
