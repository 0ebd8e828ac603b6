#pragma once

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "commands/stored_file.hpp"
#include "commands/work.hpp"
#include "events/files.hpp"
#include "gateway/http.hpp"
#include "gateway/outcome.hpp"
#include "gateway/services.hpp"
#include "projections/file_ref.hpp"

// Logos and photos on their way into the log and out again: decoded and encoded anew, sealed under
// the key of the stream they belong to, durable before the event that names them, and gone once a
// newer one has taken their place.
namespace gateway {

// Pictures that are decoded or wait for it; one is decoded at a time, of up to 110 MB.
inline constexpr int kPicturesWaitingMax = 8;

class StoredImages {
  public:
    // Borrowed; they outlive this, which must outlive every request. The pictures of one tenant
    // that are in force take `bytes_max` at most.
    StoredImages(const Services& services, events::Files& files, std::uint64_t bytes_max)
        : services_(services), files_(files), bytes_max_(bytes_max) {}

    struct Owner {
        events::TenantId tenant;
        events::StreamId stream;  // exists
    };
    // The picture in `body`, stored but not kept yet. 415 and 422 tell what is wrong with it, or
    // that the tenant's are too large with it; 503 that too many are under way, 404 that there is
    // no such stream.
    net::awaitable<Outcome<commands::StoredFile>> take(Owner owner,
                                                       std::string content_type,
                                                       std::string body);

    // What the views say is in force for the owner; may read the disk.
    using InForce =
        std::function<events::Result<std::optional<projections::FileRef>>(const Owner& owner)>;
    // Behind the command's answer: keeps the file if it is in force and removes every other kept
    // one of the stream; a file that is not in force goes. Without a file, after a removal.
    net::awaitable<void> settle(Owner owner,
                                std::optional<events::Uuid> file,
                                commands::Answer answer,
                                InForce in_force);

    // The same for what a program that ended left behind. Before the first request, with the views
    // at the end of the log; blocks.
    events::Status sweep(const InForce& in_force);

    // The bytes as an answer, to be asked for again each time; 304, or 404 when there are none
    // (any more).
    net::awaitable<Response> show(Owner owner,
                                  std::optional<projections::FileRef> file,
                                  std::string if_none_match);

  private:
    events::Result<commands::StoredFile> store(const Owner& owner,
                                               std::string_view content_type,
                                               std::string_view bytes);
    // kTooLarge: there is no room for so many bytes beside the tenant's other pictures.
    [[nodiscard]] events::Status fits(const Owner& owner, std::size_t bytes) const;
    void clean(const Owner& owner,
               const std::optional<events::Uuid>& file,
               const InForce& in_force);

    const Services& services_;
    events::Files& files_;
    const std::uint64_t bytes_max_;
    std::atomic<int> waiting_{0};
    boost::asio::thread_pool decoder_{1};
};

}  // namespace gateway
