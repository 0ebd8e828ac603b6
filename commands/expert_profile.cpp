#include "commands/expert_profile.hpp"

#include <array>
#include <vector>

#include "commands/expert.hpp"
#include "commands/text.hpp"

namespace commands {
namespace {

using namespace parlour::expert::v1;
using Event = Expert::Event;
using Rejection = Expert::Rejection;
using State = Expert::State;
using Events = std::vector<Event>;

constexpr std::array kChannels{CHANNEL_CHAT, CHANNEL_AUDIO, CHANNEL_VIDEO, CHANNEL_BOOKING};

bool is_text(const events::Personal& text, std::size_t bytes_max) {
    return text.reveal().size() <= bytes_max && !has_nul(text.reveal());
}

}  // namespace

Decision<Expert> decide_part(const State& state, const ChangeProfile& change) {
    if (!state.added) return std::unexpected(Rejection::kNotAdded);
    const auto& display_name = change.display_name.reveal();
    if (!display_name.empty() && !is_name(display_name)) {
        return std::unexpected(Rejection::kNameInvalid);
    }
    if (!is_text(change.title, kTitleBytesMax) ||
        !is_text(change.description, kDescriptionBytesMax) ||
        !is_text(change.availability, kAvailabilityBytesMax)) {
        return std::unexpected(Rejection::kProfileInvalid);
    }
    Event event;
    auto& changed = *event.mutable_profile_changed();
    changed.set_display_name(display_name);
    changed.set_title(change.title.reveal());
    changed.set_description(change.description.reveal());
    changed.set_availability(change.availability.reveal());
    const auto& shown = state.profile.shown;
    if (shown && shown->SerializeAsString() == changed.SerializeAsString()) return Events{};
    return Events{std::move(event)};
}

Decision<Expert> decide_part(const State& state, const TagExpert& tag) {
    if (!state.added) return std::unexpected(Rejection::kNotAdded);
    const auto& value = tag.value.reveal();
    if (tag.kind == TAG_KIND_UNSPECIFIED || !is_text(tag.value, kTagBytesMax) || is_blank(value)) {
        return std::unexpected(Rejection::kTagInvalid);
    }
    if (state.profile.tags.contains(tag.id)) return Events{};
    if (state.profile.tags.size() >= kTagsMax) return std::unexpected(Rejection::kTagsTooMany);
    Event event;
    auto& tagged = *event.mutable_expert_tagged();
    tagged.set_tag_id(std::string(tag.id.view()));
    tagged.set_kind(tag.kind);
    tagged.set_value(value);
    return Events{std::move(event)};
}

Decision<Expert> decide_part(const State& state, const UntagExpert& untag) {
    if (!state.added) return std::unexpected(Rejection::kNotAdded);
    if (!state.profile.tags.contains(untag.id)) return Events{};
    Event event;
    event.mutable_expert_untagged()->set_tag_id(std::string(untag.id.view()));
    return Events{std::move(event)};
}

Decision<Expert> decide_part(const State& state, const SetChannels& set) {
    if (!state.added) return std::unexpected(Rejection::kNotAdded);
    Events events;
    for (const auto channel : kChannels) {
        const bool open = set.open.contains(channel);
        if (open != state.profile.closed.contains(channel)) continue;
        Event event;
        if (open) {
            event.mutable_expert_channel_enabled()->set_channel(channel);
        } else {
            event.mutable_expert_channel_disabled()->set_channel(channel);
        }
        events.push_back(std::move(event));
    }
    return events;
}

Decision<Expert> decide_part(const State& state, const StorePhoto& store) {
    if (!state.added) return std::unexpected(Rejection::kNotAdded);
    if (state.profile.photo && holds(*state.profile.photo, store.file)) return Events{};
    Event event;
    fill(*event.mutable_photo_stored(), store.file);
    return Events{std::move(event)};
}

Decision<Expert> decide_part(const State& state, const RemovePhoto&) {
    if (!state.profile.photo) return Events{};
    Event event;
    event.mutable_photo_removed();
    return Events{std::move(event)};
}

void show(ExpertProfile& profile, const ProfileChanged& changed) {
    profile.shown = changed;
}

void add_tag(ExpertProfile& profile, const ExpertTagged& tagged) {
    if (const auto id = events::Uuid::from_bytes(tagged.tag_id())) profile.tags.insert(*id);
}

void drop_tag(ExpertProfile& profile, const ExpertUntagged& untagged) {
    if (const auto id = events::Uuid::from_bytes(untagged.tag_id())) profile.tags.erase(*id);
}

}  // namespace commands
