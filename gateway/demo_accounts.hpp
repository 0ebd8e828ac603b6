#pragma once

#include <cstdint>

#include "commands/writer.hpp"
#include "events/crypto.hpp"
#include "events/error.hpp"
#include "events/key_ring.hpp"
#include "gateway/demo.hpp"

// The demo company's people with accounts of their own: one admin, and each expert.
namespace gateway {

// Makes what is missing of them; the company and its experts are there already. `key` is the demo's
// own. Blocks until everything is acknowledged, the first time also for the hashing of the
// passwords.
events::Status ensure_demo_accounts(const events::Key256& key,
                                    const DemoCompany& company,
                                    const events::Uuid& company_stream,
                                    events::KeyRing& keys,
                                    commands::Writer& writer,
                                    std::int64_t now_ms,
                                    const MadeElsewhere& elsewhere);

}  // namespace gateway
