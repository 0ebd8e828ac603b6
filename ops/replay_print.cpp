#include "ops/replay_print.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <initializer_list>
#include <iterator>
#include <string_view>
#include <utility>

#include "ops/printable.hpp"
#include "ops/replay_fields.hpp"
#include "schemas/envelope.hpp"
#include "schemas/marks.hpp"

namespace ops {

using events::Errc;
using events::Status;

namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} * 1024;

std::string actor_of(const events::CommitMeta& meta) {
    if (meta.actor_kind == parlour::log::v1::ACTOR_KIND_API_TOKEN && meta.actor) {
        return events::public_id(meta.tenant, "tok", *meta.actor);
    }
    std::string kind =
        schemas::short_name(*parlour::log::v1::ActorKind_descriptor(), meta.actor_kind);
    if (meta.actor) kind += ":" + events::to_hex(meta.actor->view());
    return kind;
}

}  // namespace

struct ReplayPrinter::Event {
    std::uint64_t seq;
    std::string_view time;
    std::string_view stream;
    std::uint64_t version;
    std::string_view type;
    std::string_view actor;
    EventFields fields;
};

ReplayPrinter::ReplayPrinter(std::FILE* out,
                             ReplayFormat format,
                             const events::TenantId& tenant,
                             Unsealer* unsealer)
    : out_(out), format_(format), tenant_(tenant), unsealer_(unsealer) {
    buffer_.reserve(kBufferBytes + kBufferBytes / 4);
}

Status ReplayPrinter::commit(const events::OpenedHeader& opened, const events::Commit& commit) {
    const events::CommitMeta& meta = opened.meta;
    if (!envelope_ || kind_ != meta.stream.kind) {
        envelope_ = schemas::new_envelope(meta.stream.kind);
        personal_ = schemas::new_envelope(meta.stream.kind);
        kind_ = meta.stream.kind;
    }
    if (!envelope_) {
        return events::fail(Errc::kUnknownSchema,
                            fmt::format("seq {} is of a kind of stream that a newer program wrote",
                                        meta.seq.value));
    }
    const std::string time = events::format_time(meta.time_unix_ms);
    const std::string stream = events::public_id(meta.tenant, meta.stream);
    const std::string actor = actor_of(meta);
    for (int i = 0; i < opened.header.events_size(); ++i) {
        if (auto done = event(opened, commit, i, time, stream, actor); !done) return done;
    }
    return buffer_.size() >= kBufferBytes ? flush() : Status{};
}

Status ReplayPrinter::event(const events::OpenedHeader& opened,
                            const events::Commit& commit,
                            int index,
                            std::string_view time,
                            std::string_view stream,
                            std::string_view actor) {
    const events::CommitMeta& meta = opened.meta;
    const auto& entry = opened.header.events(index);
    const bool parsed = envelope_->ParseFromString(entry.public_fields());
    const auto* const shown = parsed ? schemas::event_of(*envelope_) : nullptr;
    if (shown == nullptr ||
        entry.type() != static_cast<std::uint32_t>(schemas::event_type_of(*envelope_))) {
        return events::fail(
            Errc::kUnknownSchema,
            fmt::format("seq {} holds an event that this program does not know", meta.seq.value));
    }
    EventFields fields{.tenant = meta.tenant, .event = *shown};
    if (unsealer_ != nullptr) {
        personal_->Clear();
        const auto unsealed = unsealer_->unseal(opened, commit, index, *personal_);
        if (unsealed) {
            fields.personal = PersonalFields::kOpen;
            fields.opened = schemas::event_of(*personal_);
        } else if (unsealed.error().code == Errc::kErased) {
            fields.personal = PersonalFields::kErased;
        } else if (unsealed.error().code == Errc::kDamaged) {
            violation({.what = unsealed.error().detail,
                       .seq = meta.seq,
                       .stream = meta.stream,
                       .time_unix_ms = meta.time_unix_ms});
            return {};
        } else {
            return unsealed;
        }
    }
    append({.seq = meta.seq.value,
            .time = time,
            .stream = stream,
            .version = meta.first_version.value + static_cast<std::uint64_t>(index),
            .type = shown->GetDescriptor()->name(),
            .actor = actor,
            .fields = fields});
    return {};
}

void ReplayPrinter::append(const Event& event) {
    const fmt::format_int seq(event.seq);
    const fmt::format_int version(event.version);
    const auto put = [this](std::initializer_list<std::string_view> parts) {
        for (const auto part : parts) buffer_.append(part);
    };
    const std::string_view seq_text(seq.data(), seq.size());
    const std::string_view version_text(version.data(), version.size());
    if (format_ == ReplayFormat::kJson) {
        put({R"({"seq":)", seq_text, R"(,"time":")", event.time, R"(","stream":")", event.stream});
        put({R"(","version":)", version_text, R"(,"type":")", event.type});
        put({R"(","actor":")", event.actor, R"(","fields":)"});
        append_fields_json(buffer_, event.fields);
        put({",\"status\":\"verified\"}\n"});
    } else {
        put({seq_text, "\t", event.time, "\t", event.stream, "\t", version_text, "\t"});
        put({event.type, "\t", event.actor, "\t"});
        append_fields_text(buffer_, event.fields);
        put({"\n"});
    }
}

void ReplayPrinter::violation(const Violation& violation) {
    ++violations_;
    const bool json = format_ == ReplayFormat::kJson;
    auto out = std::back_inserter(buffer_);
    buffer_.append(json ? "{" : "VIOLATION");
    if (violation.seq) {
        fmt::format_to(out, fmt::runtime(json ? R"("seq":{},)" : " seq {}"), violation.seq->value);
    }
    if (violation.time_unix_ms) {
        fmt::format_to(out,
                       fmt::runtime(json ? R"("time":"{}",)" : ", {}"),
                       events::format_time(*violation.time_unix_ms));
    }
    if (violation.stream) {
        fmt::format_to(out,
                       fmt::runtime(json ? R"("stream":"{}",)" : ", {}"),
                       events::public_id(tenant_, *violation.stream));
    }
    buffer_.append(json ? R"("status":"VIOLATION","what":)" : ": ");
    if (json) {
        append_json_string(buffer_, violation.what);
    } else {
        append_printable(buffer_, violation.what);
    }
    buffer_.append(json ? "}\n" : "\n");
}

Status ReplayPrinter::flush() {
    const bool written = std::fwrite(buffer_.data(), 1, buffer_.size(), out_) == buffer_.size() &&
                         std::fflush(out_) == 0;
    buffer_.clear();
    if (!written) return events::fail(Errc::kStorage, "the output cannot be written");
    return {};
}

}  // namespace ops
