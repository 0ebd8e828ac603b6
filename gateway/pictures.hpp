#pragma once

#include "gateway/router.hpp"
#include "gateway/services.hpp"
#include "gateway/stored_images.hpp"

// Routes of the pictures people see: a widget's logo, an expert's photo.
namespace gateway {

// All borrowed, they outlive the router.
void add_picture_routes(Router& router, const Services& services, StoredImages& images);

// What is in force by the views, for either owner.
StoredImages::InForce pictures_in_force(const Services& services);

}  // namespace gateway
