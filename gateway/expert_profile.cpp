#include "gateway/expert_profile.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "commands/expert.hpp"
#include "gateway/async.hpp"
#include "gateway/experts.hpp"
#include "gateway/json_body.hpp"
#include "gateway/named.hpp"
#include "gateway/query.hpp"
#include "gateway/resource.hpp"

namespace gateway {
namespace {

using commands::Expert;
using events::Personal;
using events::Uuid;
using namespace parlour::expert::v1;

constexpr std::array kKinds{Named<TagKind>{"language", TAG_KIND_LANGUAGE},
                            Named<TagKind>{"expertise", TAG_KIND_EXPERTISE},
                            Named<TagKind>{"location", TAG_KIND_LOCATION}};
constexpr std::array kChannels{Named<Channel>{"chat", CHANNEL_CHAT},
                               Named<Channel>{"audio", CHANNEL_AUDIO},
                               Named<Channel>{"video", CHANNEL_VIDEO},
                               Named<Channel>{"booking", CHANNEL_BOOKING}};

struct Tag {
    TagKind kind{};
    std::string value;
};

Outcome<Tag> tag_in(const Call& call) {
    const auto kind = value_named(kKinds, call.segments[1]);
    if (!kind) {
        return refuse(404, "no-such-resource", "Tags are of language, expertise or location.");
    }
    auto value = percent_decoded(call.segments[2]);
    if (!value) return refuse(400, "tag-invalid", "A tag in a path is percent-encoded UTF-8.");
    return Tag{.kind = *kind, .value = std::move(*value)};
}

class Profiles {
  public:
    explicit Profiles(const Services& services) : services_(services) {}

    net::awaitable<Response> change(Call call) const;
    net::awaitable<Response> tag(Call call) const;
    net::awaitable<Response> untag(Call call) const;
    net::awaitable<Response> set_channels(Call call) const;

  private:
    net::awaitable<Response> run(Call call, Expert::Command command, std::string what) const;
    [[nodiscard]] Outcome<Uuid> id_of(const Call& call, const Tag& tag) const;

    const Services& services_;
};

net::awaitable<Response> Profiles::run(Call call, Expert::Command command, std::string what) const {
    const auto expert = expert_to_change(call);
    if (!expert) co_return expert.error();
    const auto meta = meta_of(services_, call.principal, call.request, {what});
    if (!meta) co_return meta.error();
    co_return answer_of(
        200, co_await execute<Expert>(services_.writer, *expert, std::move(command), *meta), {});
}

net::awaitable<Response> Profiles::change(Call call) const {
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    commands::ChangeProfile change;
    for (const auto& [field, text] : {std::pair{"display_name", &change.display_name},
                                      {"title", &change.title},
                                      {"description", &change.description},
                                      {"availability", &change.availability}}) {
        auto given = optional_string_member(*object, field);
        if (!given) co_return given.error();
        *text = Personal(std::move(*given).value_or(""));
    }
    auto what = call.request.body;
    co_return co_await run(std::move(call), std::move(change), std::move(what));
}

Outcome<Uuid> Profiles::id_of(const Call& call, const Tag& tag) const {
    const auto keys = services_.keys.tenant_keys(call.principal.tenant);
    if (!keys) return std::unexpected(problem(keys.error()));
    return tag_id(**keys, tag.kind, tag.value);
}

net::awaitable<Response> Profiles::tag(Call call) const {
    auto tag = tag_in(call);
    if (!tag) co_return tag.error();
    const auto id = id_of(call, *tag);
    if (!id) co_return id.error();
    auto what = "tag" + tag->value;
    co_return co_await run(
        std::move(call),
        commands::TagExpert{.id = *id, .kind = tag->kind, .value = Personal(std::move(tag->value))},
        std::move(what));
}

net::awaitable<Response> Profiles::untag(Call call) const {
    const auto tag = tag_in(call);
    if (!tag) co_return tag.error();
    const auto id = id_of(call, *tag);
    if (!id) co_return id.error();
    co_return co_await run(std::move(call), commands::UntagExpert{.id = *id}, "untag" + tag->value);
}

net::awaitable<Response> Profiles::set_channels(Call call) const {
    const auto object = parse_object(call.request.body);
    if (!object) co_return object.error();
    commands::SetChannels set;
    for (const auto& [name, channel] : kChannels) {
        const auto open = bool_member(*object, name);
        if (!open) co_return open.error();
        if (*open) set.open.insert(channel);
    }
    std::string what;
    for (const auto channel : set.open) what.push_back(static_cast<char>(channel));
    co_return co_await run(std::move(call), std::move(set), std::move(what));
}

}  // namespace

Outcome<Uuid> expert_to_change(const Call& call) {
    const auto& principal = call.principal;
    const auto expert = own_id(principal, call.segments.front(), Expert::kKind, "expert-not-found");
    if (!expert) return expert;
    const bool admin =
        principal.audience == Audience::kIntegrator ||
        std::ranges::find(principal.roles, Role::ROLE_ADMIN) != principal.roles.end();
    if (admin || principal.expert == *expert) return expert;
    return refuse(403, "not-yours", "An expert changes the own profile only.");
}

void add_expert_profile_routes(Router& router, const Services& services) {
    using Handle = net::awaitable<Response> (Profiles::*)(Call) const;
    struct Route {
        std::string_view method;
        std::string_view pattern;
        Handle handle;
    };
    constexpr std::string_view kTag = "/api/v1/experts/{id}/tags/{kind}/{value}";
    const auto routes = std::make_shared<const Profiles>(services);
    const Access owners{.roles = {Role::ROLE_ADMIN, Role::ROLE_EXPERT},
                        .scope = Scope::SCOPE_ADMIN};
    for (const auto& [method, pattern, handle] :
         {Route{"PUT", "/api/v1/experts/{id}/profile", &Profiles::change},
          Route{"PUT", kTag, &Profiles::tag},
          Route{"DELETE", kTag, &Profiles::untag},
          Route{"PUT", "/api/v1/experts/{id}/channels", &Profiles::set_channels}}) {
        router.add(method, pattern, owners, [routes, run = handle](Call call) {
            return ((*routes).*run)(std::move(call));
        });
    }
}

}  // namespace gateway
