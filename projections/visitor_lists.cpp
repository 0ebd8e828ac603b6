#include "projections/visitor_lists.hpp"

#include <utility>

#include "projections/row_key.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using events::Result;
using events::Seq;
using events::TenantId;
using events::Uuid;
using parlour::views::v1::CheckInRow;
using parlour::views::v1::ConsentRow;

constexpr char kConsentList = 'c';
constexpr char kVisitorConsentList = 'd';
constexpr char kCheckInList = 'r';

// Behind list keys, so that the higher seq comes first.
std::string newest_first(Seq seq) {
    return number_key(~seq.value);
}

Seq place_of(std::string_view key) {
    return Seq{~events::get_number<std::uint64_t>(key.data() + key.size() - sizeof(std::uint64_t))};
}

struct Range {
    std::string prefix;
    std::optional<Seq> before;
    std::size_t limit = 0;
};

// Reads up to `limit` rows of one list by `take`, which says whether it could; true when there is
// more behind them.
template <class Row, class Take>
Result<bool> read_list(Store& store, const VisitorCardView& view, const Range& range, Take take) {
    if (range.limit == 0 || range.limit > kVisitorListItemsMax) {
        return fail(Errc::kInvalidArgument, "a list holds 1 to 200");
    }
    if (range.before && range.before->value == 0) return false;
    const auto from = range.before ? newest_first(Seq{range.before->value - 1}) : std::string();
    std::size_t count = 0;
    bool more = false;
    bool damaged = false;
    const auto scanned =
        store.scan(view, range.prefix, from, [&](std::string_view key, std::string_view value) {
            more = count == range.limit;
            if (more) return false;
            Row row;
            damaged = !row.ParseFromArray(value.data(), static_cast<int>(value.size())) ||
                      !take(place_of(key), row);
            ++count;
            return !damaged;
        });
    if (!scanned) return std::unexpected(scanned.error());
    if (damaged) return fail(Errc::kDamaged, "a row of a list of visitors does not parse");
    return more;
}

}  // namespace

std::string consent_key(const TenantId& tenant, Seq seq) {
    return row_key(kConsentList, tenant, newest_first(seq));
}

std::string visitor_consent_key(const TenantId& tenant, std::string_view visitor, Seq seq) {
    return row_key(kVisitorConsentList, tenant, visitor, newest_first(seq));
}

std::string check_in_key(const TenantId& tenant, Seq seq) {
    return row_key(kCheckInList, tenant, newest_first(seq));
}

Result<ConsentItem> consent_item(const ConsentRow& row) {
    const auto& consent = row.consent();
    const auto widget = Uuid::from_bytes(consent.widget_id());
    if (!widget) return fail(Errc::kDamaged, "a consent names no widget");
    return ConsentItem{.kind = consent.kind(),
                       .widget = *widget,
                       .widget_version = {consent.widget_version()},
                       .policy_version = consent.policy_version(),
                       .policy_sha256 = consent.policy_sha256(),
                       .locale = consent.locale(),
                       .time_unix_ms = row.time_unix_ms()};
}

Result<ConsentPage> list_consents(Store& store,
                                  const VisitorCardView& view,
                                  const TenantId& tenant,
                                  const ConsentRequest& request) {
    const auto prefix = request.visitor
                            ? row_key(kVisitorConsentList, tenant, request.visitor->view())
                            : row_key(kConsentList, tenant);
    ConsentPage page;
    const auto more = read_list<ConsentRow>(
        store,
        view,
        {.prefix = prefix, .before = request.before, .limit = request.limit},
        [&](Seq place, const ConsentRow& row) {
            auto consent = consent_item(row);
            const auto visitor = Uuid::from_bytes(row.visitor_id());
            if (!consent || !visitor) return false;
            page.items.push_back(
                {.place = place, .visitor = *visitor, .consent = *std::move(consent)});
            return true;
        });
    if (!more) return std::unexpected(more.error());
    page.more = *more;
    return page;
}

Result<CheckInPage> list_check_ins(Store& store,
                                   const VisitorCardView& view,
                                   const TenantId& tenant,
                                   const CheckInRequest& request) {
    CheckInPage page;
    const auto more = read_list<CheckInRow>(
        store,
        view,
        {.prefix = row_key(kCheckInList, tenant), .before = request.before, .limit = request.limit},
        [&](Seq place, const CheckInRow& row) {
            const auto visitor = Uuid::from_bytes(row.visitor_id());
            if (!visitor) return false;
            page.items.push_back(
                {.place = place, .visitor = *visitor, .time_unix_ms = row.time_unix_ms()});
            return true;
        });
    if (!more) return std::unexpected(more.error());
    page.more = *more;
    return page;
}

}  // namespace projections
