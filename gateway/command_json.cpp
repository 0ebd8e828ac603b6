#include "gateway/command_json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include <array>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "commands/account.hpp"
#include "commands/company.hpp"
#include "commands/invitation.hpp"
#include "commands/session.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Account;
using commands::Answer;
using commands::Company;
using commands::Invitation;
using commands::OnAnswer;
using commands::Refusal;
using commands::Session;
using events::Errc;

std::string hex_of(std::string_view bytes) {
    return events::to_hex(bytes);
}
std::string hex_of(const events::Digest& digest) {
    return events::to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// Reads members; what is missing or of another form makes all of it unreadable.
class Members {
  public:
    explicit Members(const json::object& object) : object_(object) {}
    [[nodiscard]] bool good() const { return good_; }

    std::string text(std::string_view name) {
        const auto* const value = object_.if_contains(name);
        const auto* const found = value == nullptr ? nullptr : value->if_string();
        if (found != nullptr) return {found->data(), found->size()};
        good_ = false;
        return {};
    }
    std::int64_t number(std::string_view name) {
        const auto* const value = object_.if_contains(name);
        if (value != nullptr && value->is_int64()) return value->get_int64();
        good_ = false;
        return 0;
    }
    template <class AnyId>
    AnyId id(std::string_view name) {
        const auto bytes = events::from_hex(text(name));
        const auto read = bytes ? AnyId::from_bytes(*bytes) : std::nullopt;
        if (read) return *read;
        good_ = false;
        return {};
    }
    template <class AnyId>
    std::optional<AnyId> optional_id(std::string_view name) {
        return object_.contains(name) ? std::optional(id<AnyId>(name)) : std::nullopt;
    }
    template <class Bytes>
    Bytes digest(std::string_view name) {
        Bytes out{};
        const auto bytes = events::from_hex(text(name));
        good_ = good_ && bytes && bytes->size() == out.size();
        for (std::size_t i = 0; good_ && i < out.size(); ++i) {
            out[i] = static_cast<std::uint8_t>((*bytes)[i]);
        }
        return out;
    }

  private:
    const json::object& object_;
    bool good_ = true;
};

// One member of the same name as the command.
struct Writer {
    json::object& out;

    bool operator()(const commands::StartSession& one) const {
        out["start_session"] = json::object{{"account", hex_of(one.account.view())},
                                            {"token_sha256", hex_of(one.token_sha256)},
                                            {"expires_ms", one.expires_ms},
                                            {"credential", hex_of(one.credential.view())}};
        return true;
    }
    bool operator()(const commands::EndSession& one) const {
        out["end_session"] = json::object{{"reason", static_cast<std::int64_t>(one.reason)}};
        return true;
    }
    bool operator()(const commands::AcceptInvitation& one) const {
        out["accept_invitation"] = json::object{{"token_sha256", hex_of(one.token_sha256)},
                                                {"account", hex_of(one.account.view())},
                                                {"company", hex_of(one.company.view())}};
        return true;
    }
    bool operator()(const commands::CreateCompany& one) const {
        json::object create{{"name", one.name.reveal()}};
        if (one.admin) create["admin"] = hex_of(one.admin->view());
        out["create_company"] = std::move(create);
        return true;
    }
    bool operator()(const commands::LinkCompany& one) const {
        out["link_company"] = json::object{{"company", hex_of(one.company.view())}};
        return true;
    }
    bool operator()(const commands::UnlinkCompany& one) const {
        out["unlink_company"] = json::object{{"company", hex_of(one.company.view())}};
        return true;
    }
    bool operator()(const commands::CompleteRegistration&) const {
        out["complete_registration"] = json::object{};
        return true;
    }
    template <class Other>
    bool operator()(const Other&) const {
        return false;
    }
};

template <commands::Decider A>
bool write_of(const std::any& command, json::object& out) {
    const auto* const held = std::any_cast<typename A::Command>(&command);
    return held != nullptr && std::visit(Writer{out}, *held);
}

// What all commands have beside themselves.
struct Envelope {
    events::Uuid stream;
    commands::CommandMeta meta;
};

json::object write_meta(const events::StreamId& stream, const commands::CommandMeta& meta) {
    json::object out{
        {"tenant", hex_of(meta.tenant.view())},
        {"stream", hex_of(stream.uuid.view())},
        {"id", hex_of(meta.id.view())},
        {"digest",
         events::to_hex({reinterpret_cast<const char*>(meta.digest.data()), meta.digest.size()})},
        {"actor_kind", static_cast<std::int64_t>(meta.actor_kind)},
        {"now_ms", meta.now_ms}};
    if (meta.causation) out["causation"] = hex_of(meta.causation->view());
    if (meta.correlation) out["correlation"] = hex_of(meta.correlation->view());
    if (meta.actor) out["actor"] = hex_of(meta.actor->view());
    if (meta.expected) out["expected"] = static_cast<std::int64_t>(meta.expected->value);
    return out;
}

std::optional<Envelope> read_meta(const json::object& object) {
    Members members(object);
    Envelope read{.stream = members.id<events::Uuid>("stream"), .meta = {}};
    auto& meta = read.meta;
    meta.tenant = members.id<events::TenantId>("tenant");
    meta.id = members.id<events::CommandId>("id");
    meta.digest = members.digest<events::BodyDigest>("digest");
    meta.actor_kind = static_cast<parlour::log::v1::ActorKind>(members.number("actor_kind"));
    meta.now_ms = members.number("now_ms");
    meta.causation = members.optional_id<events::CommandId>("causation");
    meta.correlation = members.optional_id<events::CommandId>("correlation");
    meta.actor = members.optional_id<events::Uuid>("actor");
    if (object.contains("expected")) {
        meta.expected = events::Version{static_cast<std::uint64_t>(members.number("expected"))};
    }
    return members.good() ? std::optional(read) : std::nullopt;
}

template <commands::Decider A, class Command>
void submit(commands::Writer& writer, const Envelope& to, Command command, OnAnswer& on_answer) {
    // To the partition itself: a command goes one hop.
    writer.partition_for(to.meta.tenant)
        .submit<A>(to.stream, std::move(command), to.meta, std::move(on_answer));
}

// The one member that is a command; reads it with `Members`.
using Submit = bool (*)(Members&, commands::Writer&, const Envelope&, OnAnswer&);
template <commands::Decider A, class Command, Command (*read)(Members&)>
bool submit_read(Members& members,
                 commands::Writer& writer,
                 const Envelope& to,
                 OnAnswer& on_answer) {
    auto command = read(members);
    if (!members.good()) return false;
    submit<A>(writer, to, std::move(command), on_answer);
    return true;
}

commands::StartSession read_start(Members& members) {
    return {.account = members.id<events::Uuid>("account"),
            .token_sha256 = members.digest<events::Digest>("token_sha256"),
            .expires_ms = members.number("expires_ms"),
            .credential = members.id<events::Uuid>("credential")};
}
commands::EndSession read_end(Members& members) {
    return {static_cast<parlour::session::v1::SessionEnd>(members.number("reason"))};
}
commands::AcceptInvitation read_accept(Members& members) {
    return {.token_sha256 = members.digest<events::Digest>("token_sha256"),
            .account = members.id<events::Uuid>("account"),
            .company = members.id<events::Uuid>("company")};
}
commands::CreateCompany read_create(Members& members) {
    return {.name = events::Personal(members.text("name")),
            .admin = members.optional_id<events::Uuid>("admin")};
}
commands::LinkCompany read_link(Members& members) {
    return {members.id<events::TenantId>("company")};
}
commands::UnlinkCompany read_unlink(Members& members) {
    return {members.id<events::TenantId>("company")};
}
commands::CompleteRegistration read_complete(Members&) {
    return {};
}

constexpr std::array<std::pair<std::string_view, Submit>, 7> kCommands{
    {{"start_session", &submit_read<Session, commands::StartSession, &read_start>},
     {"end_session", &submit_read<Session, commands::EndSession, &read_end>},
     {"accept_invitation", &submit_read<Invitation, commands::AcceptInvitation, &read_accept>},
     {"create_company", &submit_read<Company, commands::CreateCompany, &read_create>},
     {"link_company", &submit_read<Account, commands::LinkCompany, &read_link>},
     {"unlink_company", &submit_read<Account, commands::UnlinkCompany, &read_unlink>},
     {"complete_registration",
      &submit_read<Account, commands::CompleteRegistration, &read_complete>}}};

// Words of a rejection live as long as the program; there are only as many as the aggregates have.
std::string_view interned(std::string text) {
    static std::mutex mutex;
    static std::set<std::string> words;
    const std::lock_guard lock(mutex);
    return *words.insert(std::move(text)).first;
}

constexpr std::array kErrors{Errc::kInvalidArgument,
                             Errc::kNotFound,
                             Errc::kErased,
                             Errc::kConflict,
                             Errc::kUnavailable,
                             Errc::kOverloaded,
                             Errc::kStorageFull,
                             Errc::kTooLarge,
                             Errc::kDamaged,
                             Errc::kStorage,
                             Errc::kInUse,
                             Errc::kWrongMasterKey,
                             Errc::kUnknownSchema};

constexpr std::array<std::pair<Refusal::Kind, std::string_view>, 5> kKinds{
    {{Refusal::Kind::kRejected, "rejected"},
     {Refusal::Kind::kKeyReused, "key-reused"},
     {Refusal::Kind::kVersionConflict, "version-conflict"},
     {Refusal::Kind::kNotOwner, "not-owner"},
     {Refusal::Kind::kFailed, "failed"}}};

std::string_view name_of(Refusal::Kind kind) {
    for (const auto& [known, name] : kKinds) {
        if (known == kind) return name;
    }
    return "failed";
}

std::optional<Refusal> read_refusal(const json::object& object) {
    Members members(object);
    const auto name = members.text("refused");
    Refusal refusal;
    bool known = false;
    for (const auto& [kind, its_name] : kKinds) {
        if (its_name != name) continue;
        refusal.kind = kind;
        known = true;
    }
    refusal.current = events::Version{static_cast<std::uint64_t>(members.number("current"))};
    if (refusal.kind == Refusal::Kind::kRejected) {
        refusal.rejection = commands::RejectionText{
            .kind = static_cast<commands::RefusalKind>(members.number("rejection")),
            .code = interned(members.text("code")),
            .detail = interned(members.text("detail"))};
    } else if (object.contains("error")) {
        const auto error = members.text("error");
        refusal.error = events::Error{Errc::kUnavailable, members.text("detail")};
        for (const auto code : kErrors) {
            if (events::name_of(code) == error) refusal.error->code = code;
        }
    }
    return known && members.good() ? std::optional(refusal) : std::nullopt;
}

}  // namespace

std::optional<json::object> write_command(const events::StreamId& stream,
                                          const std::any& command,
                                          const commands::CommandMeta& meta) {
    auto out = write_meta(stream, meta);
    const bool written = write_of<Session>(command, out) || write_of<Invitation>(command, out) ||
                         write_of<Company>(command, out) || write_of<Account>(command, out);
    return written ? std::optional(std::move(out)) : std::nullopt;
}

bool submit_written(const json::object& written, commands::Writer& writer, OnAnswer& on_answer) {
    const auto to = read_meta(written);
    if (!to) return false;
    for (const auto& [name, submit_it] : kCommands) {
        const auto* const found = written.if_contains(name);
        const auto* const object = found == nullptr ? nullptr : found->if_object();
        if (object == nullptr) continue;
        Members members(*object);
        return submit_it(members, writer, *to, on_answer);
    }
    return false;
}

json::object write_answer(const Answer& answer) {
    if (answer) {
        return {{"position", static_cast<std::int64_t>(answer->position.value)},
                {"version", static_cast<std::int64_t>(answer->version.value)},
                {"replayed", answer->replayed}};
    }
    const auto& refusal = answer.error();
    json::object out{{"refused", name_of(refusal.kind)},
                     {"current", static_cast<std::int64_t>(refusal.current.value)}};
    if (refusal.rejection) {
        out["rejection"] = static_cast<std::int64_t>(refusal.rejection->kind);
        out["code"] = refusal.rejection->code;
        out["detail"] = refusal.rejection->detail;
    } else if (refusal.error) {
        out["error"] = events::name_of(refusal.error->code);
        out["detail"] = refusal.error->detail;
    }
    return out;
}

std::optional<Answer> read_answer(std::string_view text) {
    boost::system::error_code failed;
    const auto value = json::parse({text.data(), text.size()}, failed);
    const auto* const object = failed ? nullptr : value.if_object();
    if (object == nullptr) return std::nullopt;
    if (object->contains("refused")) {
        auto refusal = read_refusal(*object);
        if (!refusal) return std::nullopt;
        return Answer(std::unexpected(*std::move(refusal)));
    }
    Members members(*object);
    const auto* const replayed = object->if_contains("replayed");
    const commands::Accepted accepted{
        .position = events::Seq{static_cast<std::uint64_t>(members.number("position"))},
        .version = events::Version{static_cast<std::uint64_t>(members.number("version"))},
        .replayed = replayed != nullptr && replayed->is_bool() && replayed->get_bool()};
    return members.good() ? std::optional(Answer(accepted)) : std::nullopt;
}

std::optional<events::TenantId> tenant_of(const json::object& written) {
    Members members(written);
    const auto tenant = members.id<events::TenantId>("tenant");
    return members.good() ? std::optional(tenant) : std::nullopt;
}

}  // namespace gateway
