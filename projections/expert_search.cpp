#include <limits>
#include <utility>

#include "parlour/views/v1/expert_rows.pb.h"
#include "projections/expert_directory.hpp"
#include "projections/expert_rows.hpp"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

// The searches of the directory of experts.
namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Personal;
using events::Seq;
using events::Status;
using events::TenantId;
using events::Uuid;
using parlour::expert::v1::ExpertEvent;
using parlour::views::v1::ExpertProfileRow;
using parlour::views::v1::ExpertRow;
using parlour::views::v1::SealedEvent;

// How many experts with a tag are looked at in one go.
constexpr std::size_t kWindow = 1'000;

struct Candidate {
    Seq added;
    Uuid id;
};
using Candidates = std::vector<Candidate>;  // ascending

std::uint64_t number_of(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = (value << 8U) | static_cast<std::uint8_t>(c);
    return value;
}

Seq seq_at_end(std::string_view key) {
    return {number_of(key.substr(key.size() - sizeof(std::uint64_t)))};
}

ExpertChannels channels_of(const ExpertProfileRow& row) {
    ExpertChannels channels;
    for (const int closed : row.disabled_channels()) {
        channels.chat &= closed != parlour::expert::v1::CHANNEL_CHAT;
        channels.audio &= closed != parlour::expert::v1::CHANNEL_AUDIO;
        channels.video &= closed != parlour::expert::v1::CHANNEL_VIDEO;
        channels.booking &= closed != parlour::expert::v1::CHANNEL_BOOKING;
    }
    return channels;
}

// One query's way through the rows.
class Search {
  public:
    Search(const ExpertDirectory& view,
           Store& store,
           events::KeyRing& keys,
           const TenantId& tenant,
           std::int64_t now_ms)
        : view_(view), store_(store), tenant_(tenant), unsealer_(keys, now_ms) {}

    events::Result<ExpertPage> find(const ExpertQuery& query) {
        auto candidates = query.tags.empty() ? everybody(query) : tagged(query);
        if (!candidates) return std::unexpected(candidates.error());
        ExpertPage page{.items = {}, .more = candidates->size() > query.limit, .cursor = {}};
        if (page.more) candidates->resize(query.limit);
        for (const auto& candidate : *candidates) {
            auto item = read(candidate);
            if (!item) return std::unexpected(item.error());
            page.items.push_back(std::move(*item));
        }
        page.cursor = candidates->empty() ? query.after : candidates->back().added;
        return page;
    }

    events::Result<ExpertItem> read(const Uuid& expert) {
        const auto added = view_.added(store_, tenant_, expert);
        if (!added) return std::unexpected(added.error());
        return read({.added = *added, .id = expert});
    }

    events::Result<std::vector<ExpertTagItem>> tag_values(
        const std::function<bool(const Uuid&)>& wanted) {
        std::vector<ExpertTagItem> values;
        std::string from;  // the tag to go on at
        bool found = true;
        while (found && values.size() < kTagValuesMax) {
            found = false;
            std::string tag;
            Uuid expert;
            const auto scanned =
                store_.scan(view_, row_key(kTagKind, tenant_), from, [&](auto key, auto value) {
                    const auto id = Uuid::from_bytes(value);
                    if (!id || (wanted && !wanted(*id))) return true;
                    tag = key.substr(1 + TenantId::kSize, Uuid::kSize);
                    expert = *id;
                    found = true;
                    return false;
                });
            if (!scanned) return std::unexpected(scanned.error());
            if (!found) break;
            auto value = value_of(tag, expert);
            if (!value) return std::unexpected(value.error());
            const auto added = view_.added(store_, tenant_, expert);
            if (!added) return std::unexpected(added.error());
            // Behind this tag; an erased expert's only behind the expert.
            from = *value ? tag + std::string(sizeof(std::uint64_t), '\xff')
                          : tag + number_key(added->value + 1);
            if (*value) values.push_back(std::move(**value));
        }
        return values;
    }

  private:
    events::Result<Candidates> everybody(const ExpertQuery& query) {
        Candidates candidates;
        std::optional<events::Error> error;
        ExpertRow row;
        const auto scanned =
            store_.scan(view_,
                        row_key(kExpertKind, tenant_),
                        number_key(query.after.value + 1),
                        [&](std::string_view key, std::string_view bytes) {
                            const auto id = parse_expert_row(bytes, row);
                            if (!id) {
                                error = id.error();
                                return false;
                            }
                            if (can_be_asked(row) && (!query.wanted || query.wanted(*id))) {
                                candidates.push_back({.added = seq_at_end(key), .id = *id});
                            }
                            return candidates.size() <= query.limit;
                        });
        if (!scanned) return std::unexpected(scanned.error());
        if (error) return std::unexpected(std::move(*error));
        return candidates;
    }

    // Those with every tag, a window of the first tag's list after the other until the page is
    // full. Who is not wanted goes first: that asks no disk.
    events::Result<Candidates> tagged(const ExpertQuery& query) {
        Candidates found;
        Seq after = query.after;
        while (found.size() <= query.limit) {
            Candidates window;
            const auto more = read_window(query.tags.front(), after, window);
            if (!more) return std::unexpected(more.error());
            if (window.empty()) break;
            after = window.back().added;
            if (query.wanted) {
                std::erase_if(window, [&](const Candidate& one) { return !query.wanted(one.id); });
            }
            for (std::size_t i = 1; i < query.tags.size() && !window.empty(); ++i) {
                if (auto kept = keep_tagged(query.tags[i], window); !kept) {
                    return std::unexpected(kept.error());
                }
            }
            if (auto kept = keep_present(query.limit - found.size(), window); !kept) {
                return std::unexpected(kept.error());
            }
            found.insert(found.end(), window.begin(), window.end());
            if (!*more) break;
        }
        return found;
    }

    // Who was deactivated keeps tags, and is shown to nobody. Looks only until more are found
    // than a page has room for.
    events::Status keep_present(std::size_t room, Candidates& window) {
        Candidates present;
        for (const auto& one : window) {
            if (present.size() > room) break;
            const auto exists = view_.exists(store_, tenant_, one.id);
            if (!exists) return std::unexpected(exists.error());
            if (*exists) present.push_back(one);
        }
        window = std::move(present);
        return {};
    }

    // The next experts who have the tag. Gives whether there are more behind them.
    events::Result<bool> read_window(const Uuid& tag, Seq after, Candidates& window) {
        bool more = false;
        const auto scanned = store_.scan(view_,
                                         row_key(kTagKind, tenant_, tag.view()),
                                         number_key(after.value + 1),
                                         [&](std::string_view key, std::string_view value) {
                                             more = window.size() == kWindow;
                                             if (more) return false;
                                             const auto id = Uuid::from_bytes(value);
                                             if (id) window.push_back({seq_at_end(key), *id});
                                             return true;
                                         });
        if (!scanned) return std::unexpected(scanned.error());
        return more;
    }

    // Drops who does not have the tag: both lists ascend, so one walk along them does.
    Status keep_tagged(const Uuid& tag, Candidates& window) {
        auto at = window.begin();
        auto kept = window.begin();
        const auto scanned = store_.scan(view_,
                                         row_key(kTagKind, tenant_, tag.view()),
                                         number_key(window.front().added.value),
                                         [&](std::string_view key, std::string_view) {
                                             const Seq seq = seq_at_end(key);
                                             while (at != window.end() && at->added < seq) ++at;
                                             if (at == window.end()) return false;
                                             if (at->added == seq) *kept++ = *at++;
                                             return true;
                                         });
        if (!scanned) return scanned;
        window.erase(kept, window.end());
        return {};
    }

    // False when the event was erased.
    events::Result<bool> unseal(const Uuid& expert, const SealedEvent& sealed) {
        const events::StreamId stream{parlour::log::v1::STREAM_KIND_EXPERT, expert};
        return unsealer_.open(tenant_, stream, sealed, event_);
    }

    // The profile of the expert; empty when there is none.
    Status load_profile(const Uuid& expert) {
        profile_.Clear();
        const auto got = store_.get(view_, row_key(kProfileKind, tenant_, expert.view()));
        if (!got) return std::unexpected(got.error());
        if (*got && !profile_.ParseFromString(**got)) {
            return fail(Errc::kDamaged, "an expert's profile row does not parse");
        }
        return {};
    }

    events::Result<ExpertItem> read(const Candidate& candidate) {
        const auto got =
            store_.get(view_, row_key(kExpertKind, tenant_, number_key(candidate.added.value)));
        if (!got) return std::unexpected(got.error());
        ExpertRow row;
        const auto id = parse_expert_row(got->value_or(""), row);
        if (!id) return std::unexpected(id.error());
        if (auto loaded = load_profile(*id); !loaded) return std::unexpected(loaded.error());
        ExpertItem item{.id = *id,
                        .added = candidate.added,
                        .version = {profile_.version()},
                        .channels = channels_of(profile_)};
        const auto named = unseal(*id, row.event());
        if (!named) return std::unexpected(named.error());
        if (!*named) return item;
        item.name.emplace(std::move(*event_.mutable_expert_added()->mutable_name()));
        if (auto shown = read_profile(item); !shown) return std::unexpected(shown.error());
        return item;
    }

    Status read_profile(ExpertItem& item) {
        item.photo = file_ref(profile_.photo());
        if (profile_.has_profile()) {
            const auto opened = unseal(item.id, profile_.profile());
            if (!opened) return std::unexpected(opened.error());
            auto& shown = *event_.mutable_profile_changed();
            if (!shown.display_name().empty()) {
                item.name.emplace(std::move(*shown.mutable_display_name()));
            }
            item.title = Personal(std::move(*shown.mutable_title()));
            item.description = Personal(std::move(*shown.mutable_description()));
            item.availability = Personal(std::move(*shown.mutable_availability()));
        }
        for (const auto& tag : profile_.tags()) {
            const auto opened = unseal(item.id, tag.event());
            if (!opened) return std::unexpected(opened.error());
            if (!*opened) continue;
            item.tags.push_back(
                {.kind = tag.kind(),
                 .value = Personal(std::move(*event_.mutable_expert_tagged()->mutable_value()))});
        }
        return {};
    }

    // What this expert calls the tag; nothing when it was erased.
    events::Result<std::optional<ExpertTagItem>> value_of(std::string_view tag,
                                                          const Uuid& expert) {
        if (auto loaded = load_profile(expert); !loaded) return std::unexpected(loaded.error());
        for (const auto& known : profile_.tags()) {
            if (known.tag_id() != tag) continue;
            const auto opened = unseal(expert, known.event());
            if (!opened) return std::unexpected(opened.error());
            if (!*opened) return std::nullopt;
            return ExpertTagItem{
                .kind = known.kind(),
                .value = Personal(std::move(*event_.mutable_expert_tagged()->mutable_value()))};
        }
        return std::nullopt;
    }

    const ExpertDirectory& view_;
    Store& store_;
    const TenantId& tenant_;
    Unsealer unsealer_;
    ExpertEvent event_;
    ExpertProfileRow profile_;
};

}  // namespace

events::Result<Uuid> parse_expert_row(std::string_view bytes, ExpertRow& row) {
    const bool parsed = row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    const auto id = Uuid::from_bytes(row.expert_id());
    if (!parsed || !id) return fail(Errc::kDamaged, "an expert row does not parse");
    return *id;
}

events::Result<std::vector<ExpertItem>> ExpertDirectory::list(Store& store,
                                                              events::KeyRing& keys,
                                                              const TenantId& tenant,
                                                              std::int64_t now_ms) const {
    constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
    auto page = Search(*this, store, keys, tenant, now_ms).find({.limit = kAll});
    if (!page) return std::unexpected(page.error());
    return std::move(page->items);
}

events::Result<ExpertPage> ExpertDirectory::find(Store& store,
                                                 events::KeyRing& keys,
                                                 const TenantId& tenant,
                                                 const ExpertQuery& query,
                                                 std::int64_t now_ms) const {
    return Search(*this, store, keys, tenant, now_ms).find(query);
}

events::Result<ExpertItem> ExpertDirectory::read(Store& store,
                                                 events::KeyRing& keys,
                                                 const TenantId& tenant,
                                                 const Uuid& expert,
                                                 std::int64_t now_ms) const {
    return Search(*this, store, keys, tenant, now_ms).read(expert);
}

events::Result<Seq> ExpertDirectory::added(Store& store,
                                           const TenantId& tenant,
                                           const Uuid& expert) const {
    const auto seq = store.get(*this, row_key(kExpertIdKind, tenant, expert.view()));
    if (!seq) return std::unexpected(seq.error());
    const std::optional<std::string>& value = *seq;
    if (!value) return fail(Errc::kNotFound, "no such expert");
    return Seq{number_of(*value)};
}

events::Result<ExpertChannels> ExpertDirectory::channels(Store& store,
                                                         const TenantId& tenant,
                                                         const Uuid& expert) const {
    const auto got = store.get(*this, row_key(kProfileKind, tenant, expert.view()));
    if (!got) return std::unexpected(got.error());
    ExpertProfileRow row;
    if (*got && !row.ParseFromString(**got)) {
        return fail(Errc::kDamaged, "an expert's profile row does not parse");
    }
    return channels_of(row);
}

events::Result<std::vector<ExpertTagItem>> ExpertDirectory::tag_values(
    Store& store,
    events::KeyRing& keys,
    const TenantId& tenant,
    const std::function<bool(const Uuid&)>& wanted,
    std::int64_t now_ms) const {
    return Search(*this, store, keys, tenant, now_ms).tag_values(wanted);
}

}  // namespace projections
