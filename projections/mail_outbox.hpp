#pragma once

#include <vector>

#include "events/error.hpp"
#include "events/ids.hpp"
#include "parlour/views/v1/mail.pb.h"
#include "projections/projection.hpp"
#include "projections/store.hpp"

namespace projections {

struct MailItem {
    events::TenantId tenant;
    events::Uuid id;
    parlour::views::v1::MailRow row;
};

// The mails of a company, newest first, and what became of them. No address and no text: those are
// looked up when a mail is sent.
// Rows: 'm' tenant 8 | mail 16 -> MailRow
//       'n' tenant 8 | ~seq 8 -> mail 16, in the order in which they were queued, newest first
class MailOutbox final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "mail-outbox"; }
    [[nodiscard]] unsigned version() const override { return 1; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Any thread; they read the disk; kNotFound, kDamaged, kStorage.
    events::Result<MailItem> find(Store& store,
                                  const events::TenantId& tenant,
                                  const events::Uuid& mail) const;
    // The newest, at most `limit`.
    events::Result<std::vector<MailItem>> list(Store& store,
                                               const events::TenantId& tenant,
                                               std::size_t limit) const;
};

}  // namespace projections
