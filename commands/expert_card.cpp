#include "commands/expert_card.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "commands/expert.hpp"

namespace commands {
namespace {

using Event = Expert::Event;
using Rejection = Expert::Rejection;
using State = Expert::State;

constexpr std::array<std::string_view, 36> kReserved{
    "about",   "account",   "admin",   "administrator", "api",        "assets",
    "card",    "cards",     "contact", "docs",          "expert",     "experts",
    "help",    "impressum", "imprint", "index",         "login",      "logout",
    "metrics", "null",      "openapi", "parlour",       "postmaster", "privacy",
    "ready",   "register",  "root",    "security",      "settings",   "signup",
    "static",  "support",   "terms",   "undefined",     "widget",     "www"};

static_assert(std::ranges::is_sorted(kReserved));

}  // namespace

bool is_card_slug(std::string_view text) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (text.size() < kSlugBytesMin || text.size() > kSlugBytesMax) return false;
    if (text.front() == '-' || text.back() == '-' || text.contains("--")) return false;
    return std::ranges::all_of(text, [&](char c) { return is_letter(c) || c == '-'; }) &&
           !std::ranges::binary_search(kReserved, text);
}

Decision<Expert> decide_part(const State& state, const PublishCard& publish) {
    const auto& card = state.card;
    if (!state.added) return std::unexpected(Rejection::kNotAdded);
    if (state.deactivated) return std::unexpected(Rejection::kDeactivated);
    if (!is_card_slug(publish.slug.reveal())) return std::unexpected(Rejection::kSlugInvalid);
    if (card.published && card.slug == publish.slug_id) return std::vector<Event>{};
    if (!card.slugs.contains(publish.slug_id) && card.slugs.size() >= kCardSlugsMax) {
        return std::unexpected(Rejection::kSlugsTooMany);
    }
    Event event;
    const auto fill = [&](auto& message) {
        message.set_slug_id(std::string(publish.slug_id.view()));
        message.set_slug(publish.slug.reveal());
    };
    if (card.published) {
        fill(*event.mutable_card_slug_changed());
    } else {
        fill(*event.mutable_card_published());
    }
    return std::vector{std::move(event)};
}

Decision<Expert> decide_part(const State& state, const UnpublishCard&) {
    if (!state.added) return std::unexpected(Rejection::kNotAdded);
    if (!state.card.published) return std::vector<Event>{};
    Event event;
    event.mutable_card_unpublished();
    return std::vector{std::move(event)};
}

void show_card(ExpertCard& card, std::string_view slug_id) {
    card.published = true;
    card.slug = events::Uuid::from_bytes(slug_id);
    if (card.slug) card.slugs.insert(*card.slug);
}

}  // namespace commands
