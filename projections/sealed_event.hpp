#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "parlour/views/v1/rows.pb.h"
#include "projections/projection.hpp"

// What every view does with the events of a commit: read the public fields, keep the personal ones
// sealed in the row, unseal them when asked.
namespace projections {

// The public fields of event `index` into `envelope`, the aggregate's. kUnknownSchema for an event
// that this build's envelope does not have; kDamaged when the bytes are not of the stated type.
events::Status read_event(const events::OpenedHeader& opened,
                          int index,
                          google::protobuf::Message& envelope);
inline events::Status read_event(const Committed& committed,
                                 int index,
                                 google::protobuf::Message& envelope) {
    return read_event(committed.opened, index, envelope);
}

// Event `index` as a row keeps it.
void keep_sealed(const Committed& committed, int index, parlour::views::v1::SealedEvent& out);

// Unseals the events of rows for one query. Keeps the last data key, since neighbouring rows mostly
// share it; so it lives no longer than the query.
class Unsealer {
  public:
    // `keys` is borrowed; `now_ms` judges its leases.
    Unsealer(events::KeyRing& keys, std::int64_t now_ms) : keys_(keys), now_ms_(now_ms) {}
    ~Unsealer() { wipe(); }
    Unsealer(const Unsealer&) = delete;
    Unsealer& operator=(const Unsealer&) = delete;

    // An event as it stands in a row.
    struct Sealed {
        events::Version version;
        std::uint32_t type = 0;
        std::string_view key_id;
        std::string_view sealed;
    };
    // Its personal fields, serialised; nothing when the key was destroyed: the event is erased.
    // Borrowed until the next call. kDamaged as below.
    events::Result<std::optional<std::string_view>> open(const events::TenantId& tenant,
                                                         const events::StreamId& stream,
                                                         const Sealed& event);
    // The personal fields into `envelope`. False when the key was destroyed: the event is erased.
    // kDamaged when key and event do not fit, or the ring never held the key.
    events::Result<bool> open(const events::TenantId& tenant,
                              const events::StreamId& stream,
                              const parlour::views::v1::SealedEvent& event,
                              google::protobuf::Message& envelope);

  private:
    // Null when the key was destroyed. Borrowed until the next call.
    events::Result<const events::Key256*> find_key(const events::TenantId& tenant,
                                                   const events::KeyId& id);

    void wipe();

    events::KeyRing& keys_;
    std::int64_t now_ms_;
    std::optional<events::DataKey> last_;
    std::string opened_;  // what was opened last
};

}  // namespace projections
