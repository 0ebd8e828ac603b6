#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "events/log.hpp"
#include "gateway/services.hpp"
#include "gateway/settings.hpp"

// The work that goes on by itself, beside the requests: policies, timers, mails. It keeps nothing
// of its own (decision 0013), so it may be stopped at any point and goes on with the next start.
namespace gateway {

class Background {
  public:
    // All borrowed; they outlive this. Starts nothing yet.
    // `ours` tells which partitions' work is this program's; nothing: all.
    Background(events::Log& log,
               std::uint16_t partitions,
               const Services& services,
               const Settings& settings,
               std::function<bool(events::Partition)> ours = {});
    ~Background();  // stops
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    // `public_url` is where people reach the server. Mails are sent only where `smtp.url` is set;
    // until then nothing asks for mails about messages either. `on_failure` is told once when the
    // policies cannot go on. kInvalidArgument, naming the key, for settings that no mail can be
    // sent with: nothing runs then.
    events::Status start(std::string public_url,
                         std::function<void(const events::Error&)> on_failure);
    // Ends after the command in hand; a mail in hand is broken off. The writer must still answer.
    void stop();

    // As projections::Runner::notify.
    void notify(events::Partition partition, events::Offset end);
    // As PolicyRunner::when_reached.
    void when_reached(events::Partition partition,
                      events::Offset offset,
                      std::function<void(bool)> reached);
    // How many records the policies have yet to read, and whether they stand still for a fault. Any
    // thread.
    [[nodiscard]] std::uint64_t behind() const;
    [[nodiscard]] bool has_stopped() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
