#include <optional>
#include <utility>
#include <variant>

#include "gateway/forward.hpp"
#include "gateway/live_protocol.hpp"

namespace gateway {

// One socket before it is known whose it is, and then on its way to there: to the session here, or
// to the node that serves the ticket's tenant. The session here keeps the time of the first frame
// and answers what is none.
class LivePasser final : public LiveConnection {
  public:
    LivePasser(const Forwarder& forwarder,
               Request request,
               std::shared_ptr<LiveSink> sink,
               std::shared_ptr<LiveConnection> local)
        : forwarder_(forwarder),
          request_(std::move(request)),
          sink_(std::move(sink)),
          local_(std::move(local)) {}

    void on_frame(std::string frame) override {
        if (!std::exchange(decided_, true)) decide(frame);
        if (there_) {
            there_->send(std::move(frame));
        } else if (local_) {
            local_->on_frame(std::move(frame));
        }
    }
    void on_closed() override {
        if (there_) there_->close(close_code::kNormal);
        if (local_) local_->on_closed();
    }

  private:
    void decide(const std::string& first) {
        const auto& parts = forwarder_.parts_;
        const auto tenant = tenant_of(first);
        if (!tenant || parts.ownership.serves(*tenant)) return;
        std::exchange(local_, nullptr)->on_closed();
        // Whoever was passed on once already is here by a claim that is no longer in force.
        const bool hopped = request_.header(kHopHeader).has_value();
        auto address =
            hopped ? std::nullopt
                   : parts.ownership.address_of(events::partition_of(*tenant, parts.partitions));
        if (!address) {
            ++forwarder_.owner_unknown_;
            return sink_->close(close_code::kTryAgainLater, "no node serves the company just now");
        }
        ++forwarder_.passed_on_;
        there_ = parts.links.open(
            *std::move(address), request_.path, forwarder_.hop_of(request_), sink_);
    }
    static std::optional<events::TenantId> tenant_of(const std::string& frame) {
        constexpr std::size_t kDigits = events::TenantId::kSize * 2;
        const auto parsed = parse_client_frame(frame);
        const auto* const hello = parsed ? std::get_if<HelloFrame>(&*parsed) : nullptr;
        if (hello == nullptr || hello->ticket.size() < kDigits) return std::nullopt;
        return events::parse_tenant(std::string_view(hello->ticket).substr(0, kDigits));
    }

    const Forwarder& forwarder_;
    const Request request_;  // without its query, which tells nothing here
    const std::shared_ptr<LiveSink> sink_;
    std::shared_ptr<LiveConnection> local_;
    std::shared_ptr<ClientLinks::Socket> there_;
    bool decided_ = false;
};

LiveUpgrade Forwarder::live(LiveUpgrade local) const {
    return [this, local = std::move(local)](const Request& request, std::shared_ptr<LiveSink> sink)
               -> std::expected<std::shared_ptr<LiveConnection>, Response> {
        auto session = local(request, sink);
        if (!session) return session;
        Request kept{.method = "GET", .path = request.path, .query = {}, .headers = {}, .body = {}};
        kept.peer = request.peer;
        kept.secure = request.secure;
        if (const auto hop = request.header(kHopHeader))
            kept.headers.emplace_back(kHopHeader, *hop);
        return std::make_shared<LivePasser>(
            *this, std::move(kept), std::move(sink), *std::move(session));
    };
}

}  // namespace gateway
