#include "commands/expert.hpp"

#include "commands/text.hpp"

namespace commands {
namespace {

using Event = Expert::Event;
using Rejection = Expert::Rejection;
using State = Expert::State;

Decision<Expert> decide_part(const State& state, const AddExpert& add) {
    const auto& [name, email] = add;
    if (state.added) return std::unexpected(Rejection::kAlreadyAdded);
    if (!is_name(name.reveal())) return std::unexpected(Rejection::kNameInvalid);
    if (!is_email(email.reveal())) return std::unexpected(Rejection::kEmailInvalid);
    Event event;
    auto& added = *event.mutable_expert_added();
    added.set_name(name.reveal());
    added.set_email(email.reveal());
    return std::vector{std::move(event)};
}

Decision<Expert> decide_part(const State& state, const SetConversationCapacity& set) {
    if (!state.added) return std::unexpected(Rejection::kNotAdded);
    if (set.conversations_max > kConversationsMaxMost) {
        return std::unexpected(Rejection::kCapacityTooHigh);
    }
    if (set.conversations_max == state.conversations_max) return std::vector<Event>{};
    Event event;
    event.mutable_conversation_capacity_changed()->set_conversations_max(set.conversations_max);
    return std::vector{std::move(event)};
}

}  // namespace

Decision<Expert> Expert::decide(const State& state, const Command& command, const Context&) {
    return std::visit([&](const auto& one) { return decide_part(state, one); }, command);
}

void Expert::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kExpertAdded:
            state.added = true;
            break;
        case Event::kExpertInvited:
            break;
        case Event::kExpertJoined:
            state.account = events::Uuid::from_bytes(event.expert_joined().account_id());
            break;
        case Event::kExpertDeactivated:
            state.deactivated = true;
            break;
        case Event::kExpertReactivated:
            state.deactivated = false;
            break;
        case Event::kProfileChanged:
            show(state.profile, event.profile_changed());
            break;
        case Event::kExpertTagged:
            add_tag(state.profile, event.expert_tagged());
            break;
        case Event::kExpertUntagged:
            drop_tag(state.profile, event.expert_untagged());
            break;
        case Event::kExpertChannelEnabled:
            state.profile.closed.erase(event.expert_channel_enabled().channel());
            break;
        case Event::kExpertChannelDisabled:
            state.profile.closed.insert(event.expert_channel_disabled().channel());
            break;
        case Event::kPhotoStored:
            state.profile.photo = event.photo_stored();
            break;
        case Event::kPhotoRemoved:
            state.profile.photo.reset();
            break;
        case Event::kCardPublished:
            show_card(state.card, event.card_published().slug_id());
            break;
        case Event::kCardUnpublished:
            state.card.published = false;
            break;
        case Event::kCardSlugChanged:
            show_card(state.card, event.card_slug_changed().slug_id());
            break;
        case Event::kConversationCapacityChanged:
            state.conversations_max = event.conversation_capacity_changed().conversations_max();
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Expert::describe(Rejection rejection) {
    switch (rejection) {
        case Rejection::kAlreadyAdded:
            return {
                RefusalKind::kConflict, "expert-already-added", "The expert was added already."};
        case Rejection::kNotAdded:
            return {RefusalKind::kNotFound, "expert-not-found", "There is no such expert."};
        case Rejection::kNameInvalid:
            return {RefusalKind::kRefused, "name-invalid", kNameRule};
        case Rejection::kEmailInvalid:
            return {RefusalKind::kRefused, "email-invalid", kEmailRule};
        case Rejection::kProfileInvalid:
            return {RefusalKind::kRefused,
                    "profile-invalid",
                    "At most 200 bytes of title, 10000 of description, 1000 of availability; "
                    "without U+0000."};
        case Rejection::kTagInvalid:
            return {RefusalKind::kRefused,
                    "tag-invalid",
                    "A tag is a language, an expertise or a location of 1 to 100 bytes."};
        case Rejection::kTagsTooMany:
            return {RefusalKind::kRefused, "tags-too-many", "An expert has at most 60 tags."};
        case Rejection::kCapacityTooHigh:
            return {RefusalKind::kRefused,
                    "capacity-too-high",
                    "An expert takes at most 1000 conversations at once, or any number (0)."};
        case Rejection::kJoinedByAnother:
            return {RefusalKind::kConflict,
                    "expert-joined-by-another",
                    "The expert is another account already."};
        case Rejection::kDeactivated:
            return {RefusalKind::kConflict,
                    "expert-deactivated",
                    "The expert was deactivated, and shows no card."};
        case Rejection::kSlugInvalid:
            return {RefusalKind::kRefused, "slug-invalid", kSlugRule};
        case Rejection::kSlugsTooMany:
            return {RefusalKind::kRefused,
                    "slugs-too-many",
                    "An expert has at most 20 slugs; go back to one of those before."};
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands
