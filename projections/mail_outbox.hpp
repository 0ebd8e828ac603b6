#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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

struct MailPage {
    std::vector<MailItem> items;       // newest first
    std::optional<events::Seq> older;  // `before` of the next page; nothing: this is the last
};

// What a mail tells of one conversation: messages between two versions, both included.
struct MailCover {
    events::Uuid conversation;
    events::Version from;
    events::Version up_to;
};

// The mail that told an expert last of missed messages.
struct NewestMissed {
    events::Uuid mail;
    std::int64_t begun_unix_ms = 0;  // when the first conversation named it
};

// The mails of a company, newest first, and what became of them. No address and no text: those are
// looked up when a mail is sent. Of conversations it reads what they say of mails to their experts.
// Rows: 'm' tenant 8 | mail 16 -> MailRow
//       'n' tenant 8 | ~seq 8 -> mail 16, in the order in which they were queued, newest first
//       'c' tenant 8 | mail 16 | seq 8 | index 8 -> MailCoverRow, in the order in which they named
//       it 'e' tenant 8 | expert 16 -> NewestMissedRow
class MailOutbox final : public Projection {
  public:
    [[nodiscard]] std::string_view name() const override { return "mail-outbox"; }
    [[nodiscard]] unsigned version() const override { return 2; }
    events::Status apply(const Committed& committed, Rows& rows) override;

    // Any thread; they read the disk; kNotFound, kDamaged, kStorage.
    events::Result<MailItem> find(Store& store,
                                  const events::TenantId& tenant,
                                  const events::Uuid& mail) const;
    // The newest, at most `limit`.
    events::Result<std::vector<MailItem>> list(Store& store,
                                               const events::TenantId& tenant,
                                               std::size_t limit) const;
    // The newest that were queued before the commit `before`; nothing: of all. `limit` from 1.
    events::Result<MailPage> page(Store& store,
                                  const events::TenantId& tenant,
                                  std::optional<events::Seq> before,
                                  std::size_t limit) const;
    // What a mail to an expert covers, the first conversation first, each once; at most `limit`
    // rows are looked at. Empty for any other mail.
    events::Result<std::vector<MailCover>> covers(Store& store,
                                                  const events::TenantId& tenant,
                                                  const events::Uuid& mail,
                                                  std::size_t limit) const;
    // Nothing for an expert to whom none was queued.
    events::Result<std::optional<NewestMissed>> newest_missed(Store& store,
                                                              const events::TenantId& tenant,
                                                              const events::Uuid& expert) const;
};

}  // namespace projections
