#include "ops/bench/chat.hpp"

#include <atomic>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "commands/conversation.hpp"
#include "events/crypto.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using commands::Conversation;

// What one run's clients share.
struct Running {
    Clock::time_point until;
    std::atomic<std::int64_t> left;  // commits that may still be sent
    std::atomic<std::size_t> clients;
    std::promise<void> done;
    std::mutex mutex;
    std::optional<events::Error> error;  // guarded by mutex
};

class Client {
  public:
    Client(commands::Writer& writer, const events::TenantId& tenant) : writer_(writer) {
        meta_.tenant = tenant;
        meta_.actor_kind = parlour::log::v1::ACTOR_KIND_API_TOKEN;
        meta_.actor = events::random_id<events::Uuid>();
        meta_.now_ms = 1'790'000'000'000;
    }

    void start(Running& running) {
        running_ = &running;
        commits_ = 0;
        latencies_ms_.clear();
        send();
    }
    [[nodiscard]] std::uint64_t commits() const { return commits_; }
    [[nodiscard]] const std::vector<double>& latencies_ms() const { return latencies_ms_; }

  private:
    // On the caller's thread, then on the partition's strand.
    void send() {
        sent_at_ = Clock::now();
        if (sent_at_ >= running_->until || running_->left.fetch_sub(1) <= 0) return leave();
        meta_.id = events::random_id<events::CommandId>();
        ++meta_.now_ms;
        if (sent_ == kConversationCommits) sent_ = 0;
        if (sent_++ == 0) {
            conversation_ = events::random_id<events::Uuid>();
            return submit(commands::OpenConversation{.visitor = events::random_id<events::Uuid>(),
                                                     .expert = {}});
        }
        submit(commands::SendMessage{.author = parlour::conversation::v1::AUTHOR_VISITOR,
                                     .text = events::Personal(std::string(kMessageBytes, 'x'))});
    }

    void submit(Conversation::Command command) {
        writer_.submit<Conversation>(
            conversation_, std::move(command), meta_, [this](const commands::Answer& answer) {
                answered(answer);
            });
    }

    void answered(const commands::Answer& answer) {
        if (!answer) {
            const std::scoped_lock lock(running_->mutex);
            running_->error = answer.error().error.value_or(
                events::Error{events::Errc::kConflict, "a command was refused"});
            return leave();
        }
        ++commits_;
        latencies_ms_.push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - sent_at_).count());
        send();
    }

    void leave() {
        if (running_->clients.fetch_sub(1) == 1) running_->done.set_value();
    }

    commands::Writer& writer_;
    commands::CommandMeta meta_;
    events::Uuid conversation_;
    std::size_t sent_ = 0;  // of the conversation
    Running* running_ = nullptr;
    Clock::time_point sent_at_;
    std::uint64_t commits_ = 0;
    std::vector<double> latencies_ms_;
};

}  // namespace

struct ChatClients::Impl {
    std::deque<Client> clients;
};

ChatClients::ChatClients(commands::Writer& writer, std::size_t clients, std::size_t tenants)
    : impl_(std::make_unique<Impl>()) {
    std::vector<events::TenantId> ids(tenants);
    for (auto& id : ids) events::fill_random(id.bytes);
    for (std::size_t i = 0; i < clients; ++i) impl_->clients.emplace_back(writer, ids[i % tenants]);
}

ChatClients::~ChatClients() = default;

events::Result<ChatClients::Run> ChatClients::run(std::chrono::duration<double> duration,
                                                  std::uint64_t commits_max) {
    constexpr std::int64_t kNoLimit = std::int64_t{1} << 62U;
    const auto started = Clock::now();
    Running running;
    running.until = started + std::chrono::duration_cast<Clock::duration>(duration);
    running.left = commits_max == 0 ? kNoLimit : static_cast<std::int64_t>(commits_max);
    running.clients = impl_->clients.size();
    auto done = running.done.get_future();
    for (auto& client : impl_->clients) client.start(running);
    done.wait();
    Run run{.seconds = std::chrono::duration<double>(Clock::now() - started).count()};
    if (running.error) return std::unexpected(*running.error);
    for (const auto& client : impl_->clients) {
        run.commits += client.commits();
        run.latencies_ms.insert(
            run.latencies_ms.end(), client.latencies_ms().begin(), client.latencies_ms().end());
    }
    return run;
}

}  // namespace bench
