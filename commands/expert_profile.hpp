#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>

#include "commands/stored_file.hpp"
#include "events/ids.hpp"
#include "events/secret.hpp"
#include "parlour/expert/v1/events.pb.h"

// What an expert shows and offers: the part of the aggregate Expert that visitors see.
namespace commands {

inline constexpr std::size_t kTitleBytesMax = 200;
inline constexpr std::size_t kDescriptionBytesMax = 10'000;
inline constexpr std::size_t kAvailabilityBytesMax = 1'000;
inline constexpr std::size_t kTagBytesMax = 100;
inline constexpr std::size_t kTagsMax = 60;

// All texts at once; each may be empty. Without a display name the expert's own is shown.
struct ChangeProfile {
    events::Personal display_name;
    events::Personal title;
    events::Personal description;
    events::Personal availability;  // in words
};

// The id is a keyed hash of kind and value, made outside.
struct TagExpert {
    events::Uuid id;
    parlour::expert::v1::TagKind kind{};
    events::Personal value;  // 1 to kTagBytesMax bytes, not only white space, no NUL
};
struct UntagExpert {
    events::Uuid id;
};

// Which ways to reach the expert are open; the others are closed.
struct SetChannels {
    std::set<parlour::expert::v1::Channel> open;
};

struct StorePhoto {
    StoredFile file;
};
struct RemovePhoto {};

// The state of that part.
struct ExpertProfile {
    std::optional<parlour::expert::v1::ProfileChanged> shown;
    std::set<events::Uuid> tags;
    std::set<parlour::expert::v1::Channel> closed;
    std::optional<parlour::expert::v1::PhotoStored> photo;
};

}  // namespace commands
