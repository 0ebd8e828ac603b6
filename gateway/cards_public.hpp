#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"
#include "gateway/stored_images.hpp"

// Cards as strangers see them: the page /card/{company}/{slug}, and what it loads. A link of an
// older slug leads to the newest.
namespace gateway {

// Adds their routes. All borrowed; they outlive the router.
void add_public_card_routes(Router& router, const Services& services, StoredImages& images);

}  // namespace gateway
