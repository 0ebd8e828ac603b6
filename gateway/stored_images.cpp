#include "gateway/stored_images.hpp"

#include <utility>
#include <vector>

#include "events/commit.hpp"
#include "events/crypto.hpp"
#include "events/record.hpp"
#include "gateway/async.hpp"
#include "gateway/image.hpp"
#include "gateway/limits.hpp"
#include "gateway/resource.hpp"
#include "gateway/view_wait.hpp"

namespace gateway {
namespace {

using events::Errc;
using events::fail;
using events::FilePlace;
using events::Result;

constexpr std::string_view kNoPicture = "picture-not-found";
constexpr std::string_view kQuotaReached = "files-quota-reached";

// The data key of a stream, by the stream's first commit.
Result<events::KeyId> key_of(events::History& history, const StoredImages::Owner& owner) {
    const auto first =
        history.read_stream(owner.tenant, owner.stream, events::Version{1}, {.records = 1});
    if (!first) return std::unexpected(first.error());
    if (first->empty()) return fail(Errc::kNotFound, "no such stream");
    events::Record record;
    if (auto read = events::decode_record(*first->front().frame, record); !read) {
        return std::unexpected(read.error());
    }
    if (!record.has_commit()) return fail(Errc::kErased, "the stream was erased");
    events::OpenedHeader opened;
    if (auto read = events::read_header(record.commit(), opened); !read) {
        return std::unexpected(read.error());
    }
    return opened.meta.key_id;
}

Response refusal_of_picture(const events::Error& error) {
    if (error.code == Errc::kNotFound) {
        return problem(404, "owner-not-found", "There is no such thing.");
    }
    if (error.detail == kQuotaReached) {
        return problem(422,
                       kQuotaReached,
                       "The company's logos and photos take all the room there is: remove some.");
    }
    const auto advice = image_advice(error.detail);
    if (error.code != Errc::kInvalidArgument || advice.empty()) return problem(error);
    const unsigned status = error.detail == "image-type-not-taken" ? 415 : 422;
    return problem(status, error.detail, advice);
}

// One of those that are decoded or wait for it.
class Turn {
  public:
    explicit Turn(std::atomic<int>& waiting) : waiting_(waiting), had_(waiting.fetch_add(1)) {}
    ~Turn() { waiting_.fetch_sub(1); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    [[nodiscard]] bool granted() const { return had_ < kPicturesWaitingMax; }

  private:
    std::atomic<int>& waiting_;
    const int had_;
};

Response picture_response(const projections::FileRef& file, std::string bytes) {
    Response response{
        .status = 200, .content_type = file.content_type, .body = std::move(bytes), .headers = {}};
    response.headers.emplace_back("Content-Disposition", "attachment");
    response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; sandbox");
    return response;
}

}  // namespace

net::awaitable<Outcome<commands::StoredFile>> StoredImages::take(Owner owner,
                                                                 std::string content_type,
                                                                 std::string body) {
    const Turn turn(waiting_);
    if (!turn.granted()) {
        auto busy = problem(503, "too-many-pictures", "Too many pictures at once; try again.");
        busy.headers.emplace_back("Retry-After", "1");
        co_return std::unexpected(std::move(busy));
    }
    auto stored = co_await offload(
        decoder_, [this, owner, type = std::move(content_type), bytes = std::move(body)] {
            return store(owner, type, bytes);
        });
    if (!stored) co_return std::unexpected(refusal_of_picture(stored.error()));
    co_return *stored;
}

Result<commands::StoredFile> StoredImages::store(const Owner& owner,
                                                 std::string_view content_type,
                                                 std::string_view bytes) {
    if (content_type != "image/jpeg" && content_type != "image/png") {
        return fail(Errc::kInvalidArgument, "image-type-not-taken");
    }
    const auto image = normalise_image(bytes, {.bytes_max = kPictureBytesMax});
    if (!image) return std::unexpected(image.error());
    if (auto room = fits(owner, image->bytes.size()); !room) return std::unexpected(room.error());
    const auto key_id = key_of(services_.history, owner);
    if (!key_id) return std::unexpected(key_id.error());
    auto key = services_.keys.find(owner.tenant, *key_id, services_.now_ms());
    if (!key) return std::unexpected(key.error());
    const auto partition = events::partition_of(owner.tenant, services_.history.partitions());
    const auto claims = services_.history.claims(partition);
    if (!claims) return std::unexpected(claims.error());
    if (claims->empty()) return fail(Errc::kUnavailable, "nobody leads the partition");
    const FilePlace place{
        .tenant = owner.tenant, .stream = owner.stream, .file = events::random_id<events::Uuid>()};
    const auto frames = events::seal_file(
        place,
        {.key_id = *key_id, .key = std::move(*key), .claim = claims->back().claim},
        image->bytes);
    if (!frames) return std::unexpected(frames.error());
    if (auto put = files_.put(place, *frames); !put) return std::unexpected(put.error());
    return commands::StoredFile{.id = place.file,
                                .sha256 = events::sha256({image->bytes}),
                                .size_bytes = static_cast<std::uint32_t>(image->bytes.size()),
                                .content_type = image->content_type};
}

// Goes by what the views show: of pictures sent at the same moment each sees the others' room free.
events::Status StoredImages::fits(const Owner& owner, std::size_t bytes) const {
    const auto photos =
        services_.views.experts.picture_bytes(services_.store, owner.tenant, owner.stream.uuid);
    if (!photos) return std::unexpected(photos.error());
    const auto logos =
        services_.views.widgets.picture_bytes(services_.store, owner.tenant, owner.stream.uuid);
    if (!logos) return std::unexpected(logos.error());
    if (*photos + *logos + bytes <= bytes_max_) return {};
    return fail(Errc::kTooLarge, std::string(kQuotaReached));
}

net::awaitable<void> StoredImages::settle(Owner owner,
                                          std::optional<events::Uuid> file,
                                          commands::Answer answer,
                                          InForce in_force) {
    // A file whose event the views do not show in time waits for the next start.
    const auto reached =
        !answer ||
        co_await view_reached(&services_, owner.tenant, answer->position, kMinPositionWait);
    if (!reached) co_return;
    co_await offload(services_.pool, [this, owner, file, in_force = std::move(in_force)] {
        clean(owner, file, in_force);
        return true;
    });
}

// What cannot be removed now is found again by the next change or the next start.
void StoredImages::clean(const Owner& owner,
                         const std::optional<events::Uuid>& file,
                         const InForce& in_force) {
    const auto current = in_force(owner);
    if (!current) return;
    const auto place_of = [&owner](const events::Uuid& id) {
        return FilePlace{.tenant = owner.tenant, .stream = owner.stream, .file = id};
    };
    if (file && *current && (*current)->id == *file) {
        if (!files_.keep(place_of(*file))) return;
    } else if (file) {
        static_cast<void>(files_.remove(place_of(*file)));
    }
    const auto kept = files_.kept(owner.tenant, owner.stream);
    if (!kept) return;
    for (const auto& place : *kept) {
        if (*current && (*current)->id == place.file) continue;
        static_cast<void>(files_.remove(place));
    }
}

events::Status StoredImages::sweep(const InForce& in_force) {
    const auto waiting = files_.waiting();
    if (!waiting) return std::unexpected(waiting.error());
    for (const auto& place : *waiting) {
        clean({.tenant = place.tenant, .stream = place.stream}, place.file, in_force);
    }
    return {};
}

net::awaitable<Response> StoredImages::show(Owner owner,
                                            std::optional<projections::FileRef> file,
                                            std::string if_none_match) {
    if (!file) co_return problem(404, kNoPicture, "There is no picture.");
    const auto etag = etag_of(std::string_view(file->sha256));
    Response response;
    if (if_none_match == etag) {
        response = Response{.status = 304, .content_type = {}, .body = {}, .headers = {}};
    } else {
        auto bytes = co_await offload(services_.pool, [this, owner, id = file->id] {
            const FilePlace place{.tenant = owner.tenant, .stream = owner.stream, .file = id};
            const auto frames = files_.get(place);
            if (!frames) return Result<std::string>(std::unexpected(frames.error()));
            return events::open_file(place, *frames, [&](const events::KeyId& key) {
                return services_.keys.find(owner.tenant, key, services_.now_ms());
            });
        });
        if (!bytes &&
            (bytes.error().code == Errc::kErased || bytes.error().code == Errc::kNotFound)) {
            co_return problem(404, kNoPicture, "There is no picture any more.");
        }
        if (!bytes) co_return problem(bytes.error());
        response = picture_response(*file, std::move(*bytes));
    }
    response.headers.emplace_back("ETag", etag);
    response.headers.emplace_back("Cache-Control", "no-cache");
    response.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
    co_return response;
}

}  // namespace gateway
