#include "projections/presence_board.hpp"

#include <optional>
#include <string>

#include "parlour/expert/v1/events.pb.h"
#include "parlour/presence/v1/events.pb.h"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::TenantId;
using events::Uuid;
using parlour::expert::v1::ExpertEvent;
using parlour::presence::v1::PresenceEvent;
using parlour::views::v1::CapacityRow;
using parlour::views::v1::PresenceRow;

constexpr char kBoardKind = 'b';
constexpr char kCapacityKind = 'c';

struct Change {
    std::string expert;  // 16 bytes
    PresenceRow row;
};

events::Result<Change> change_of(const PresenceEvent& event) {
    Change change;
    switch (event.body_case()) {
        case PresenceEvent::kExpertWentOnline:
            change.expert = event.expert_went_online().expert_id();
            change.row.set_reach(parlour::views::v1::REACH_ONLINE);
            return change;
        case PresenceEvent::kExpertWentOffline:
            change.expert = event.expert_went_offline().expert_id();
            change.row.set_reach(parlour::views::v1::REACH_OFFLINE);
            change.row.set_reason(event.expert_went_offline().reason());
            return change;
        case PresenceEvent::kAdvisorBecameBusy:
            change.expert = event.advisor_became_busy().expert_id();
            change.row.set_reach(parlour::views::v1::REACH_BUSY);
            change.row.set_cause(event.advisor_became_busy().cause());
            return change;
        case PresenceEvent::kAdvisorBecameFree:
            change.expert = event.advisor_became_free().expert_id();
            change.row.set_reach(parlour::views::v1::REACH_ONLINE);
            return change;
        case PresenceEvent::BODY_NOT_SET:
            break;
    }
    return fail(Errc::kUnknownSchema, "a presence event without a body");
}

events::Status apply_presence(const Committed& committed, Rows& rows) {
    PresenceEvent event;
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event); !read) return read;
        auto change = change_of(event);
        if (!change) return std::unexpected(std::move(change.error()));
        change->row.set_since_unix_ms(committed.opened.meta.time_unix_ms);
        rows.put(row_key(kBoardKind, committed.opened.meta.tenant, change->expert),
                 change->row.SerializeAsString());
    }
    return {};
}

events::Status apply_expert(const Committed& committed, Rows& rows) {
    const auto& meta = committed.opened.meta;
    ExpertEvent event;
    CapacityRow row;
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event); !read) return read;
        switch (event.body_case()) {
            case ExpertEvent::kConversationCapacityChanged:
                row.set_conversations_max(
                    event.conversation_capacity_changed().conversations_max());
                rows.put(row_key(kCapacityKind, meta.tenant, meta.stream.uuid.view()),
                         row.SerializeAsString());
                break;
            case ExpertEvent::kPhotoStored:
            case ExpertEvent::kCardPublished:
            case ExpertEvent::kCardUnpublished:
            case ExpertEvent::kCardSlugChanged:
            case ExpertEvent::kPhotoRemoved:
            case ExpertEvent::kProfileChanged:
            case ExpertEvent::kExpertTagged:
            case ExpertEvent::kExpertUntagged:
            case ExpertEvent::kExpertChannelEnabled:
            case ExpertEvent::kExpertChannelDisabled:
            case ExpertEvent::kExpertAdded:
            case ExpertEvent::kExpertInvited:
            case ExpertEvent::kExpertJoined:
            case ExpertEvent::kExpertDeactivated:
            case ExpertEvent::kExpertReactivated:
                break;
            case ExpertEvent::BODY_NOT_SET:
                return fail(Errc::kUnknownSchema, "an expert event without a body");
        }
    }
    return {};
}

// The row, or an empty one where there is none.
template <class Row>
events::Result<Row> read_row(Store& store, const PresenceBoard& view, const std::string& key) {
    const auto got = store.get(view, key);
    if (!got) return std::unexpected(got.error());
    const std::optional<std::string>& value = *got;
    Row row;
    if (value && !row.ParseFromString(*value)) {
        return fail(Errc::kDamaged, "a row of the presence board does not parse");
    }
    return row;
}

}  // namespace

events::Status PresenceBoard::apply(const Committed& committed, Rows& rows) {
    const auto kind = committed.opened.meta.stream.kind;
    if (kind == parlour::log::v1::STREAM_KIND_PRESENCE) return apply_presence(committed, rows);
    if (kind == parlour::log::v1::STREAM_KIND_EXPERT) return apply_expert(committed, rows);
    return {};
}

events::Result<PresenceRow> PresenceBoard::find(Store& store,
                                                const TenantId& tenant,
                                                const Uuid& expert) const {
    auto row = read_row<PresenceRow>(store, *this, row_key(kBoardKind, tenant, expert.view()));
    if (row && row->reach() == parlour::views::v1::REACH_UNSPECIFIED) {
        row->set_reach(parlour::views::v1::REACH_OFFLINE);
    }
    return row;
}

events::Result<std::uint32_t> PresenceBoard::conversations_max(Store& store,
                                                               const TenantId& tenant,
                                                               const Uuid& expert) const {
    const auto row =
        read_row<CapacityRow>(store, *this, row_key(kCapacityKind, tenant, expert.view()));
    if (!row) return std::unexpected(row.error());
    return row->conversations_max();
}

events::Status PresenceBoard::for_each(Store& store, const Visit& visit) const {
    bool damaged = false;
    PresenceRow row;
    const auto scanned = store.scan(
        *this, std::string(1, kBoardKind), {}, [&](std::string_view key, std::string_view value) {
            key.remove_prefix(1);
            const auto tenant = TenantId::from_bytes(key.substr(0, TenantId::kSize));
            const auto expert = Uuid::from_bytes(key.substr(TenantId::kSize));
            damaged = !tenant || !expert ||
                      !row.ParseFromArray(value.data(), static_cast<int>(value.size()));
            if (!damaged) visit(*tenant, *expert, row);
            return !damaged;
        });
    if (!scanned) return scanned;
    if (damaged) return fail(Errc::kDamaged, "a row of the presence board does not parse");
    return {};
}

}  // namespace projections
