#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "events/commit.hpp"
#include "events/error.hpp"
#include "events/ids.hpp"
#include "events/key_ring.hpp"
#include "ops/folder.hpp"

// Unsealing a history beside the server. Whoever does it says why, and that is recorded before the
// first text is shown: a line in DATA/unseal-journal.ndjson (0600), whose lines a later release of
// the server turns into events. The reason may itself hold personal data, so it is sealed.
namespace ops {

// The additional data of a journal's sealed reason: nonce 12 | AES-256-GCM ciphertext | tag 16
// under the tenant's wrapping key, written in hex.
inline constexpr std::string_view kUnsealJournalSeal = "parlour/unseal-journal/v1";
inline constexpr std::string_view kUnsealJournalFile = "unseal-journal.ndjson";

struct UnsealRequest {
    events::TenantId tenant;
    std::optional<events::StreamId> stream;
    std::uint64_t from_seq = 1;
    std::uint64_t to_seq = UINT64_MAX;  // UINT64_MAX: to the end
    std::string reason;
};

class Unsealer {
  public:
    // Opens the key ring and records the request. kNotFound, kWrongMasterKey: the keys are not
    // there; kStorage: it could not be recorded, so nothing may be unsealed.
    static events::Result<Unsealer> open(const ReadOnlyFolder& folder,
                                         const UnsealRequest& request,
                                         std::int64_t now_ms);

    // The personal fields of event `index` of the commit, into `envelope` (of the stream's kind).
    // kErased when the key was destroyed; kDamaged when the ring never held it or the bytes do not
    // unseal; kStorage.
    events::Status unseal(const events::OpenedHeader& opened,
                          const events::Commit& commit,
                          int index,
                          google::protobuf::Message& envelope);

  private:
    explicit Unsealer(std::unique_ptr<events::KeyRing> ring);
    std::unique_ptr<events::KeyRing> ring_;
};

}  // namespace ops
