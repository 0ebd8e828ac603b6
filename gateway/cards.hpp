#pragma once

#include <string>
#include <string_view>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "gateway/router.hpp"
#include "gateway/services.hpp"

// The resource /api/v1/experts/{id}/card: whether an expert has a card, and under which slug, as
// the expert and the company's administrators set it. How strangers see it is in cards_public.
namespace gateway {

// Adds its routes. The services are borrowed and outlive the router.
void add_card_routes(Router& router, const Services& services);

// How long a slug is held for a card that is about to be published.
inline constexpr std::int64_t kSlugHeldMs = std::int64_t{10} * 60 * 1000;

// The id of a slug in the company, and of the reservation that makes it unique there.
events::Uuid card_slug_id(const events::TenantKeys& keys, std::string_view slug);

// A card that strangers may see.
struct PublicCard {
    events::TenantId tenant;
    events::Uuid expert;
    std::string slug;  // the newest
};
// The card of that slug, the newest or one before, in any case of letters. kNotFound also for a
// card that was unpublished, and for an expert who was deactivated or erased. Reads the disk.
events::Result<PublicCard> public_card(const Services& services,
                                       std::string_view company,
                                       std::string_view slug);

// The path of a card's page.
std::string card_path(const events::TenantId& tenant, std::string_view slug);

}  // namespace gateway
