#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "events/ids.hpp"
#include "events/secret.hpp"

// The card of an expert, a page of its own under a slug: the part of the aggregate Expert that
// says where it is and whether it is public. That no other expert of the company has the slug is
// the reservation's business.
namespace commands {

inline constexpr std::size_t kSlugBytesMin = 3;
inline constexpr std::size_t kSlugBytesMax = 60;
// Of one expert over all time: an old slug leads to the newest for ever.
inline constexpr std::size_t kCardSlugsMax = 20;

// Makes the card public under that slug, or moves a public one there.
struct PublishCard {
    events::Uuid slug_id;   // a keyed hash of the slug, made outside
    events::Personal slug;  // as is_card_slug() says
};
struct UnpublishCard {};

// The state of that part.
struct ExpertCard {
    bool published = false;
    std::optional<events::Uuid> slug;  // the newest
    std::set<events::Uuid> slugs;      // every one there ever was
};

// Whether a card may have it: small letters and digits, groups of them joined by single hyphens,
// and none of the words that could pass for a page of the platform.
bool is_card_slug(std::string_view text);

// The event of either kind: where the card is now.
void show_card(ExpertCard& card, std::string_view slug_id);

inline constexpr std::string_view kSlugRule =
    "A slug is 3 to 60 small letters and digits, with single hyphens between them, and not a word "
    "such as \"login\" or \"support\".";

}  // namespace commands
