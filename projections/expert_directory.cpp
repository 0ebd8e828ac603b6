#include "projections/expert_directory.hpp"

#include "parlour/expert/v1/events.pb.h"
#include "projections/row_key.hpp"
#include "projections/sealed_event.hpp"

namespace projections {
namespace {

using events::Errc;
using events::fail;
using parlour::expert::v1::ExpertEvent;
using parlour::views::v1::ExpertRow;

constexpr char kExpertKind = 'e';
constexpr char kIdKind = 'i';

void add_expert(const Committed& committed, int index, Rows& rows) {
    const auto& meta = committed.opened.meta;
    ExpertRow row;
    keep_sealed(committed, index, *row.mutable_event());
    row.set_expert_id(meta.stream.uuid.bytes.data(), meta.stream.uuid.bytes.size());
    const std::string seq = number_key(meta.seq.value);
    rows.put(row_key(kExpertKind, meta.tenant, seq), row.SerializeAsString());
    rows.put(row_key(kIdKind, meta.tenant, meta.stream.uuid.view()), seq);
}

events::Result<events::Uuid> parse_row(std::string_view bytes, ExpertRow& row) {
    const bool parsed = row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    const auto id = events::Uuid::from_bytes(row.expert_id());
    if (!parsed || !id) return fail(Errc::kDamaged, "an expert row does not parse");
    return *id;
}

}  // namespace

events::Status ExpertDirectory::apply(const Committed& committed, Rows& rows) {
    if (committed.opened.meta.stream.kind != parlour::log::v1::STREAM_KIND_EXPERT) return {};
    ExpertEvent event;
    for (int i = 0; i < committed.opened.header.events_size(); ++i) {
        if (auto read = read_event(committed, i, event); !read) return read;
        switch (event.body_case()) {
            case ExpertEvent::kExpertAdded:
                add_expert(committed, i, rows);
                break;
            case ExpertEvent::BODY_NOT_SET:
                return fail(Errc::kUnknownSchema, "an expert event without a body");
        }
    }
    return {};
}

events::Result<bool> ExpertDirectory::exists(Store& store,
                                             const events::TenantId& tenant,
                                             const events::Uuid& expert) const {
    const auto value = store.get(*this, row_key(kIdKind, tenant, expert.view()));
    if (!value) return std::unexpected(value.error());
    return value->has_value();
}

events::Result<events::Uuid> ExpertDirectory::first(Store& store,
                                                    const events::TenantId& tenant) const {
    events::Result<events::Uuid> first = fail(Errc::kNotFound, "the company has no expert");
    const auto scanned = store.scan(*this,
                                    row_key(kExpertKind, tenant),
                                    {},
                                    [&first](std::string_view, std::string_view bytes) {
                                        ExpertRow row;
                                        first = parse_row(bytes, row);
                                        return false;
                                    });
    if (!scanned) return std::unexpected(scanned.error());
    return first;
}

events::Result<std::vector<ExpertItem>> ExpertDirectory::list(Store& store,
                                                              events::KeyRing& keys,
                                                              const events::TenantId& tenant,
                                                              std::int64_t now_ms) const {
    std::vector<ExpertItem> experts;
    std::optional<events::Error> error;
    Unsealer unsealer(keys, now_ms);
    ExpertRow row;
    const auto visit = [&](std::string_view, std::string_view bytes) {
        const auto id = parse_row(bytes, row);
        if (!id) {
            error = id.error();
            return false;
        }
        const events::StreamId stream{.kind = parlour::log::v1::STREAM_KIND_EXPERT, .uuid = *id};
        ExpertEvent personal;
        const auto opened = unsealer.open(tenant, stream, row.event(), personal);
        if (!opened) {
            error = opened.error();
            return false;
        }
        ExpertItem item{.id = *id, .name = std::nullopt};
        if (*opened) item.name.emplace(std::move(*personal.mutable_expert_added()->mutable_name()));
        experts.push_back(std::move(item));
        return true;
    };
    const auto scanned = store.scan(*this, row_key(kExpertKind, tenant), {}, visit);
    if (!scanned) return std::unexpected(scanned.error());
    if (error) return std::unexpected(std::move(*error));
    return experts;
}

}  // namespace projections
