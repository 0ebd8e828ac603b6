#include "gateway/cards_public.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "commands/expert.hpp"
#include "gateway/async.hpp"
#include "gateway/cards.hpp"
#include "gateway/experts.hpp"
#include "gateway/json_body.hpp"
#include "gateway/pictures.hpp"
#include "gateway/resource.hpp"
#include "gateway/web_files.hpp"
#include "gateway/widget_json.hpp"

namespace gateway {
namespace {

namespace json = boost::json;
using commands::Expert;
using events::Errc;
using events::Result;

constexpr std::string_view kApi = "/api/v1/cards/";
// A copy may be kept, and is asked about each time: what was erased goes with the next look.
constexpr std::string_view kAskEachTime = "no-cache";
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
// Of a company; an expert whom none of these shows cannot be written to from the card.
constexpr std::size_t kWidgetsLookedAt = 100;

Response no_card() {
    return problem(404, "card-not-found", "There is no such card (any more).");
}

std::string address_of(const PublicCard& card) {
    return events::to_text(card.tenant) + "/" + card.slug;
}

// Where the card is now, if it was asked for by another address. Browsers must not keep the answer:
// who goes back to an older slug would have made a circle.
std::optional<Response> redirect(const PublicCard& card,
                                 const Segments& asked,
                                 std::string_view before,
                                 std::string_view behind) {
    if (asked[0] + "/" + asked[1] == address_of(card)) return std::nullopt;
    Response response{.status = 308, .content_type = {}, .body = {}, .headers = {}};
    response.headers.emplace_back("Location",
                                  std::string(before) + address_of(card) + std::string(behind));
    return response;
}

// The page in which a visitor writes to the expert: of a widget that shows the expert.
Result<std::optional<std::string>> chat_path(const Services& services, const PublicCard& card) {
    const auto& widgets = services.views.widgets;
    const auto listed = widgets.list(services.store, card.tenant, std::nullopt, kWidgetsLookedAt);
    if (!listed) return std::unexpected(listed.error());
    for (const auto& id : *listed) {
        const auto shows = widgets.shows(services.store, card.tenant, id, card.expert);
        if (!shows) return std::unexpected(shows.error());
        if (!*shows) continue;
        const auto widget = services.known_widgets.by_id(card.tenant, id, services.now_ms());
        if (!widget) continue;
        return "/widget/" + public_key_of(**widget) + "/frame?card=" + card.slug;
    }
    return std::nullopt;
}

Result<json::object> card_json(const Services& services, const PublicCard& card) {
    const auto item = services.views.experts.read(
        services.store, services.keys, card.tenant, card.expert, services.now_ms());
    if (!item) return std::unexpected(item.error());
    if (!item->name) return events::fail(Errc::kNotFound, "the expert was erased");
    auto object = expert_json(*item, is_available(services, card.tenant, card.expert));
    object["expert"] = events::public_id(card.tenant, {Expert::kKind, card.expert});
    object["slug"] = card.slug;
    if (item->photo) object["photo"] = std::string(kApi) + address_of(card) + "/photo";
    if (item->channels.chat) {
        const auto chat = chat_path(services, card);
        if (!chat) return std::unexpected(chat.error());
        if (*chat) object["chat"] = **chat;
    }
    return object;
}

class PublicCards {
  public:
    PublicCards(const Services& services, StoredImages& images)
        : services_(services), images_(images), in_force_(pictures_in_force(services)) {}

    net::awaitable<Response> show(Call call) const;
    net::awaitable<Response> photo(Call call) const;
    net::awaitable<Response> page(Call call) const;

  private:
    net::awaitable<Result<PublicCard>> find(const Segments* asked) const {
        const auto* const services = &services_;
        return offload(services_.pool, [services, company = (*asked)[0], slug = (*asked)[1]] {
            return public_card(*services, company, slug);
        });
    }
    [[nodiscard]] static Response refusal(const events::Error& error) {
        return error.code == Errc::kNotFound ? no_card() : problem(error);
    }

    const Services& services_;
    StoredImages& images_;
    StoredImages::InForce in_force_;
};

net::awaitable<Response> PublicCards::show(Call call) const {
    const auto card = co_await find(&call.segments);
    if (!card) co_return refusal(card.error());
    if (auto elsewhere = redirect(*card, call.segments, kApi, "")) co_return std::move(*elsewhere);
    const auto* const services = &services_;
    const auto document = co_await offload(
        services_.pool, [services, card = *card] { return card_json(*services, card); });
    if (!document) co_return refusal(document.error());
    auto response = json_response(200, *document);
    const auto etag = etag_of(response.body);
    if (has_tag(call.request, etag)) {
        response = {.status = 304, .content_type = {}, .body = {}, .headers = {}};
    }
    response.headers.emplace_back("ETag", etag);
    response.headers.emplace_back("Cache-Control", kAskEachTime);
    co_return response;
}

net::awaitable<Response> PublicCards::photo(Call call) const {
    const auto card = co_await find(&call.segments);
    if (!card) co_return refusal(card.error());
    if (auto elsewhere = redirect(*card, call.segments, kApi, "/photo")) {
        co_return std::move(*elsewhere);
    }
    const StoredImages::Owner owner{card->tenant, {Expert::kKind, card->expert}};
    const auto file =
        co_await offload(services_.pool, [owner, in_force = in_force_] { return in_force(owner); });
    if (!file) co_return problem_of(file.error(), "picture-not-found");
    co_return co_await images_.show(
        owner, *file, std::string(call.request.header("if-none-match").value_or("")));
}

// A person who follows a link gets a page also where there is no card any more.
net::awaitable<Response> PublicCards::page(Call call) const {
    const auto card = co_await find(&call.segments);
    if (!card && card.error().code != Errc::kNotFound) co_return problem(card.error());
    if (card) {
        if (auto elsewhere = redirect(*card, call.segments, "/card/", "")) {
            co_return std::move(*elsewhere);
        }
    }
    Response response{.status = card ? 200U : 404U,
                      .content_type = "text/html; charset=utf-8",
                      .body = std::string(kCardPage),
                      .headers = {}};
    response.headers.emplace_back("Content-Security-Policy", kPolicy);
    co_return response;
}

}  // namespace

void add_public_card_routes(Router& router, const Services& services, StoredImages& images) {
    const auto routes = std::make_shared<const PublicCards>(services, images);
    const Access everybody{.everybody = true};
    router.add("GET", "/api/v1/cards/{company}/{slug}", everybody, [routes](Call call) {
        return routes->show(std::move(call));
    });
    router.add("GET", "/api/v1/cards/{company}/{slug}/photo", everybody, [routes](Call call) {
        return routes->photo(std::move(call));
    });
    router.add("GET", "/card/{company}/{slug}", everybody, [routes](Call call) {
        return routes->page(std::move(call));
    });
}

}  // namespace gateway
