#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "commands/writer.hpp"
#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "events/secret.hpp"

// The demo company: an admin, three experts, a widget for pages on this machine and an API token
// with every scope, to try Parlour with. All its ids and secrets are derived from the master key,
// so they are stored nowhere and are the same at every start; making it again does nothing.
namespace gateway {

struct DemoExpert {
    events::Uuid id;
    std::string name;
    std::string email;
    std::string password;
};

struct DemoCompany {
    events::TenantId tenant;
    std::string admin_email;
    std::string admin_password;
    std::vector<DemoExpert> experts;
    events::Uuid widget;
    std::string widget_key;
    std::string api_token;
};

DemoCompany demo_company(const events::Key256& master);

// Whether another node of a cluster makes what lies in the tenant; nothing: all of it is made here.
using MadeElsewhere = std::function<bool(const events::TenantId&)>;

// Makes what is missing of it. Blocks until everything is acknowledged.
events::Status ensure_demo_company(const events::Key256& master,
                                   events::KeyRing& keys,
                                   commands::Writer& writer,
                                   std::int64_t now_ms,
                                   const MadeElsewhere& elsewhere = {});

// The content of demo.json.
std::string demo_json(const DemoCompany& company, const std::string& url);

}  // namespace gateway
