#include "projections/conversation_lists.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "projections/conversation_rows.hpp"
#include "projections/row_key.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Result;
using events::Seq;
using events::TenantId;
using events::Uuid;

constexpr std::size_t kSeqBytes = sizeof(std::uint64_t);

// An entry of a list: where it stands and what its row says.
struct Entry {
    Seq place;
    Uuid conversation;
};

// The place that the end of a list key names.
Seq place_of(std::string_view key) {
    return Seq{~events::get_number<std::uint64_t>(key.data() + key.size() - kSeqBytes)};
}

std::string from_behind(const std::optional<Seq>& before) {
    if (!before) return {};
    return newest_first(Seq{before->value - 1});  // before the first there is nothing
}

// Up to `most` entries of one list.
Result<std::vector<Entry>> read_list(Store& store,
                                     const ConversationView& view,
                                     const std::string& prefix,
                                     const std::optional<Seq>& before,
                                     std::size_t most) {
    std::vector<Entry> entries;
    if (before && before->value == 0) return entries;
    bool damaged = false;
    const auto visit = [&](std::string_view key, std::string_view value) {
        const auto id = Uuid::from_bytes(value.substr(0, Uuid::kSize));
        damaged = !id;
        if (damaged || entries.size() == most) return false;
        entries.push_back({.place = place_of(key), .conversation = *id});
        return true;
    };
    const auto scanned = store.scan(view, prefix, from_behind(before), visit);
    if (!scanned) return std::unexpected(scanned.error());
    if (damaged) return fail(Errc::kDamaged, "an entry of a list names no conversation");
    return entries;
}

// The entries with what their rows say now; without those that are being erased.
Result<ConversationList> with_heads(Store& store,
                                    const ConversationView& view,
                                    const TenantId& tenant,
                                    std::vector<Entry> entries,
                                    std::size_t limit) {
    ConversationList list;
    list.more = entries.size() > limit;
    entries.resize(std::min(entries.size(), limit));
    for (const auto& [place, conversation] : entries) {
        auto head =
            view.find(store, tenant, {parlour::log::v1::STREAM_KIND_CONVERSATION, conversation});
        if (head) {
            list.items.push_back({.id = conversation, .place = place, .head = *std::move(head)});
        } else if (head.error().code != Errc::kErased && head.error().code != Errc::kNotFound) {
            return std::unexpected(head.error());
        }
    }
    return list;
}

// What is in both (it changed hands between the two reads) is kept once, where it stands higher.
std::vector<Entry> merged(std::vector<Entry> one, const std::vector<Entry>& other) {
    one.insert(one.end(), other.begin(), other.end());
    std::ranges::sort(one, std::ranges::greater{}, &Entry::place);
    std::set<Uuid> seen;
    std::erase_if(one, [&](const Entry& entry) { return !seen.insert(entry.conversation).second; });
    return one;
}

bool is_limit(std::size_t limit) {
    return limit > 0 && limit <= kListItemsMax;
}

}  // namespace

Result<ConversationList> expert_inbox(Store& store,
                                      const ConversationView& view,
                                      const TenantId& tenant,
                                      const Uuid& expert,
                                      const InboxRequest& request) {
    if (!is_limit(request.limit)) return fail(Errc::kInvalidArgument, "a list holds 1 to 200");
    std::vector<Entry> entries;
    for (const char list : {kOpenList, kClosedList}) {
        if (request.filter == InboxFilter::kOpen && list != kOpenList) continue;
        if (request.filter == InboxFilter::kClosed && list != kClosedList) continue;
        const auto read = read_list(
            store, view, row_key(list, tenant, expert.view()), request.before, request.limit + 1);
        if (!read) return std::unexpected(read.error());
        entries = merged(std::move(entries), *read);
    }
    return with_heads(store, view, tenant, std::move(entries), request.limit);
}

Result<ConversationList> visitor_conversations(Store& store,
                                               const ConversationView& view,
                                               const TenantId& tenant,
                                               const Uuid& visitor,
                                               const VisitorListRequest& request) {
    if (!is_limit(request.limit)) return fail(Errc::kInvalidArgument, "a list holds 1 to 200");
    auto entries = read_list(store,
                             view,
                             row_key(kVisitorList, tenant, visitor.view()),
                             request.before,
                             request.limit + 1);
    if (!entries) return std::unexpected(entries.error());
    return with_heads(store, view, tenant, *std::move(entries), request.limit);
}

Result<std::uint64_t> opened_with(Store& store,
                                  const ConversationView& view,
                                  const TenantId& tenant,
                                  const Uuid& visitor,
                                  const Uuid& expert) {
    std::string wanted(expert.view());
    wanted.push_back(static_cast<char>(parlour::conversation::v1::CHANNEL_WIDGET));
    std::uint64_t count = 0;
    const auto scanned = store.scan(view,
                                    row_key(kVisitorList, tenant, visitor.view()),
                                    {},
                                    [&](std::string_view, std::string_view value) {
                                        if (value.substr(Uuid::kSize) == wanted) ++count;
                                        return true;
                                    });
    if (!scanned) return std::unexpected(scanned.error());
    return count;
}

Result<std::size_t> count_live(Store& store,
                               const ConversationView& view,
                               const TenantId& tenant,
                               const Uuid& expert,
                               const LiveCountRequest& request) {
    const auto entries = read_list(
        store, view, row_key(kOpenList, tenant, expert.view()), std::nullopt, request.most);
    if (!entries) return std::unexpected(entries.error());
    auto list = with_heads(store, view, tenant, *entries, request.most);
    if (!list) return std::unexpected(list.error());
    return static_cast<std::size_t>(
        std::ranges::count_if(list->items, [&](const ListedConversation& item) {
            return !item.head.closed && item.head.last_message_unix_ms >= request.since_unix_ms;
        }));
}

}  // namespace projections
