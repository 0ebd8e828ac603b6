#pragma once

#include <cstdint>
#include <functional>

#include "gateway/router.hpp"
#include "gateway/services.hpp"

// GET /health, /ready and /metrics: what a machine asks that watches over this one. Cheap; without
// a credential; nothing in them is anybody's.
namespace gateway {

struct ProbeOptions {
    bool metrics = true;
    bool mail = false;                         // whether there is a mail server to hand mails to
    std::function<bool()> policies_stopped{};  // nothing: they never are
};

// /health is 200 while the process lives. /ready is 200 when every partition takes commands, the
// views go on and the key ring can be written, else 503; both as JSON that says of each part how it
// is. /metrics is for clients on this machine only: it is not there for anybody else.
void add_probe_routes(Router& router, const Services& services, ProbeOptions options);

// How the parts are, and the answer of /ready to that.
struct Readiness {
    commands::Load load;
    bool views_stopped = false;
    std::uint64_t views_behind = 0;  // records
    bool policies_stopped = false;   // people can still talk: no reason not to be ready
    bool keys_writable = true;
    bool mail = false;
};
Response readiness_response(const Readiness& state);

// Whether the request comes from this machine and not through a proxy on it.
bool is_local(const Request& request);

}  // namespace gateway
