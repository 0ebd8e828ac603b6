#include "projections/expert_directory.hpp"

#include <algorithm>
#include <utility>

#include "parlour/views/v1/expert_rows.pb.h"
#include "projections/expert_rows.hpp"
#include "projections/row_access.hpp"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Uuid;
using parlour::expert::v1::Channel;
using parlour::expert::v1::ExpertEvent;
using parlour::views::v1::ExpertProfileRow;
using parlour::views::v1::ExpertRow;

void add_expert(const Committed& committed, int index, Rows& rows) {
    const auto& meta = committed.opened.meta;
    ExpertRow row;
    keep_sealed(committed, index, *row.mutable_event());
    row.set_expert_id(meta.stream.uuid.bytes.data(), meta.stream.uuid.bytes.size());
    const std::string seq = number_key(meta.seq.value);
    rows.put(row_key(kExpertKind, meta.tenant, seq), row.SerializeAsString());
    rows.put(row_key(kExpertIdKind, meta.tenant, meta.stream.uuid.view()), seq);
}

void open_channel(ExpertProfileRow& row, Channel channel) {
    auto& disabled = *row.mutable_disabled_channels();
    disabled.erase(std::remove(disabled.begin(), disabled.end(), channel), disabled.end());
}

// One commit's changes to what an expert shows.
class ProfileChange {
  public:
    ProfileChange(const Committed& committed, Rows& rows)
        : committed_(committed), meta_(committed.opened.meta), rows_(rows) {}

    events::Status begin() {
        const auto got = rows_.get(profile_key());
        if (!got) return std::unexpected(got.error());
        if (*got && !row_.ParseFromString(**got)) {
            return fail(Errc::kDamaged, "an expert's profile row does not parse");
        }
        return {};
    }

    events::Status apply(int index) {
        if (auto read = read_event(committed_, index, event_); !read) return read;
        row_.set_version(meta_.first_version.value + static_cast<std::uint64_t>(index));
        switch (event_.body_case()) {
            case ExpertEvent::kExpertAdded:
                add_expert(committed_, index, rows_);
                break;
            case ExpertEvent::kExpertInvited:
                return change_expert([](ExpertRow& row) { row.set_to_come(true); });
            case ExpertEvent::kExpertJoined:
                return change_expert([](ExpertRow& row) { row.set_to_come(false); });
            case ExpertEvent::kExpertDeactivated:
                return change_expert([](ExpertRow& row) { row.set_deactivated(true); });
            case ExpertEvent::kExpertReactivated:
                return change_expert([](ExpertRow& row) { row.set_deactivated(false); });
            case ExpertEvent::kProfileChanged:
                keep_sealed(committed_, index, *row_.mutable_profile());
                break;
            case ExpertEvent::kExpertTagged:
                return add_tag(index);
            case ExpertEvent::kExpertUntagged:
                return drop_tag();
            case ExpertEvent::kExpertChannelEnabled:
                open_channel(row_, event_.expert_channel_enabled().channel());
                break;
            case ExpertEvent::kExpertChannelDisabled:
                row_.add_disabled_channels(event_.expert_channel_disabled().channel());
                break;
            case ExpertEvent::kPhotoStored:
                *row_.mutable_photo() = event_.photo_stored();
                break;
            case ExpertEvent::kPhotoRemoved:
                row_.clear_photo();
                break;
            case ExpertEvent::kConversationCapacityChanged:
            case ExpertEvent::kCardPublished:
            case ExpertEvent::kCardUnpublished:
            case ExpertEvent::kCardSlugChanged:
                break;
            case ExpertEvent::BODY_NOT_SET:
                return fail(Errc::kUnknownSchema, "an expert event without a body");
        }
        return {};
    }

    void end() { rows_.put(profile_key(), row_.SerializeAsString()); }

  private:
    [[nodiscard]] std::string profile_key() const {
        return row_key(kProfileKind, meta_.tenant, meta_.stream.uuid.view());
    }

    template <class Change>
    events::Status change_expert(Change change) {
        const auto seq = rows_.get(row_key(kExpertIdKind, meta_.tenant, meta_.stream.uuid.view()));
        if (!seq) return std::unexpected(seq.error());
        if (!*seq) return fail(Errc::kDamaged, "an expert who was never added");
        const std::string key = row_key(kExpertKind, meta_.tenant, **seq);
        auto row = get_row<ExpertRow>(rows_, key);
        if (!row) return std::unexpected(row.error());
        if (!*row) return fail(Errc::kDamaged, "an expert has no row");
        change(**row);
        rows_.put(key, (*row)->SerializeAsString());
        return {};
    }

    // The key of the row that finds this expert by a tag.
    events::Result<std::string> tag_key(std::string_view tag) {
        const auto seq = rows_.get(row_key(kExpertIdKind, meta_.tenant, meta_.stream.uuid.view()));
        if (!seq) return std::unexpected(seq.error());
        if (!*seq) return fail(Errc::kDamaged, "a tag of an expert who was never added");
        return row_key(kTagKind, meta_.tenant, tag, **seq);
    }

    events::Status add_tag(int index) {
        const auto& tagged = event_.expert_tagged();
        const auto key = tag_key(tagged.tag_id());
        if (!key) return std::unexpected(key.error());
        auto& tag = *row_.add_tags();
        tag.set_tag_id(tagged.tag_id());
        tag.set_kind(tagged.kind());
        keep_sealed(committed_, index, *tag.mutable_event());
        rows_.put(*key, meta_.stream.uuid.view());
        return {};
    }

    events::Status drop_tag() {
        const auto& id = event_.expert_untagged().tag_id();
        const auto key = tag_key(id);
        if (!key) return std::unexpected(key.error());
        auto& tags = *row_.mutable_tags();
        tags.erase(
            std::remove_if(
                tags.begin(), tags.end(), [&](const auto& tag) { return tag.tag_id() == id; }),
            tags.end());
        rows_.erase(*key);
        return {};
    }

    const Committed& committed_;
    const events::CommitMeta& meta_;
    Rows& rows_;
    ExpertProfileRow row_;
    ExpertEvent event_;
};

}  // namespace

events::Status ExpertDirectory::apply(const Committed& committed, Rows& rows) {
    if (committed.opened.meta.stream.kind != parlour::log::v1::STREAM_KIND_EXPERT) return {};
    ProfileChange change(committed, rows);
    auto status = change.begin();
    for (int i = 0; status && i < committed.opened.header.events_size(); ++i) {
        status = change.apply(i);
    }
    if (status) change.end();
    return status;
}

events::Result<bool> ExpertDirectory::exists(Store& store,
                                             const events::TenantId& tenant,
                                             const Uuid& expert) const {
    const auto seq = store.get(*this, row_key(kExpertIdKind, tenant, expert.view()));
    if (!seq) return std::unexpected(seq.error());
    if (!*seq) return false;
    const auto row = get_row<ExpertRow>(store, *this, row_key(kExpertKind, tenant, **seq));
    if (!row) return std::unexpected(row.error());
    return *row && can_be_asked(**row);
}

events::Result<std::uint64_t> ExpertDirectory::picture_bytes(Store& store,
                                                             const events::TenantId& tenant,
                                                             const Uuid& but) const {
    std::uint64_t bytes = 0;
    const auto add = [&](std::string_view expert,
                         const ExpertProfileRow& row) -> events::Result<bool> {
        if (expert != but.view()) bytes += row.photo().size_bytes();
        return true;
    };
    const auto listed =
        list_rows<ExpertProfileRow, bool>(store, *this, row_key(kProfileKind, tenant), add);
    if (!listed) return std::unexpected(listed.error());
    return bytes;
}

events::Result<Uuid> ExpertDirectory::first(Store& store, const events::TenantId& tenant) const {
    events::Result<Uuid> first = fail(Errc::kNotFound, "the company has no expert");
    const auto scanned = store.scan(*this,
                                    row_key(kExpertKind, tenant),
                                    {},
                                    [&first](std::string_view, std::string_view bytes) {
                                        ExpertRow row;
                                        const auto id = parse_expert_row(bytes, row);
                                        if (id && !can_be_asked(row)) return true;
                                        first = id;
                                        return false;
                                    });
    if (!scanned) return std::unexpected(scanned.error());
    return first;
}

}  // namespace projections
