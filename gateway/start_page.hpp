#pragma once

#include <optional>

#include "gateway/demo.hpp"
#include "gateway/router.hpp"

// What a person sees who opens the server's address: what runs here, how it is, and the API
// reference. Everything comes from the program itself; no page loads anything from another host.
namespace gateway {

// `demo`: its log-ins and a conversation to copy stand on the page, for everybody who can reach it.
void add_start_routes(Router& router, const std::optional<DemoCompany>& demo);

}  // namespace gateway
