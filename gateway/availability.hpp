#pragma once

#include "events/ids.hpp"

// Whether an expert can be reached now. Whoever knows presence says so.
namespace gateway {

class Availability {
  public:
    virtual ~Availability() = default;
    // Online, and not busy. Any thread; must not block: it is asked for every expert of a search.
    [[nodiscard]] virtual bool is_available(const events::TenantId& tenant,
                                            const events::Uuid& expert) const = 0;
    // Neither online nor busy: what is written now is read later. The same.
    [[nodiscard]] virtual bool is_offline(const events::TenantId& tenant,
                                          const events::Uuid& expert) const = 0;
};

}  // namespace gateway
