#include "commands/partition.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>

#include "commands/streams.hpp"
#include "events/fence.hpp"
#include "events/record.hpp"

namespace commands {
namespace {

namespace net = boost::asio;

using events::Errc;
using events::Error;
using events::Offset;
using events::Seq;
using events::Status;
using events::Version;

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kSchemaLevel = 1;

Answer failed(Error error) {
    return std::unexpected(Refusal{.kind = Refusal::Kind::kFailed,
                                   .rejection = std::nullopt,
                                   .current = {},
                                   .error = std::move(error)});
}

Answer unavailable(std::string_view why) {
    return failed(Error{Errc::kUnavailable, std::string(why)});
}

Answer refused(Refusal::Kind kind, Version current) {
    return std::unexpected(Refusal{
        .kind = kind, .rejection = std::nullopt, .current = current, .error = std::nullopt});
}

Answer rejected(const RejectionText& rejection) {
    return std::unexpected(Refusal{.kind = Refusal::Kind::kRejected,
                                   .rejection = rejection,
                                   .current = {},
                                   .error = std::nullopt});
}

// The answer of a command is measured wherever it comes from.
OnAnswer measured(OnAnswer on_answer, Meter& meter) {
    return [on_answer = std::move(on_answer), &meter, begun = Clock::now()](Answer answer) mutable {
        meter.answered(answer, Clock::now() - begun);
        on_answer(std::move(answer));
    };
}

// An answer that is due once a commit in flight has been read back.
struct Due {
    OnAnswer on_answer;
    Answer answer;
};

// A commit sent and not yet read back.
struct InFlight {
    events::RecordKey key;
    Stream* stream;
    std::vector<Due> due;
};

}  // namespace

class PartitionWriter::Core : public std::enable_shared_from_this<Core> {
  public:
    Core(events::Partition partition,
         PartitionServices services,
         const net::any_io_executor& executor)
        : partition_(partition),
          services_(std::move(services)),
          strand_(net::make_strand(executor)),
          again_(strand_),
          streams_(services_.history, services_.keys, kCachedStreamsMax) {}

    void enqueue(std::unique_ptr<Work> work);
    void claim(std::function<void(Status)> ready);
    void read_on();
    void stop();
    [[nodiscard]] Load load();

  private:
    enum class Role : std::uint8_t { kFollowing, kClaiming, kLeading, kStopped };

    // The claim.
    void send_claim();
    void recover_fence();
    void lose(const Error& error);
    void become_ready(const Status& status);

    // Commands.
    void drain();
    void process(std::unique_ptr<Work> work);
    void decide(Work& work, Stream& stream);
    void answer_repeat(Work& work, Stream& stream, const Remembered& remembered);
    events::Result<Seq> next_seq(const events::TenantId& tenant);
    events::Result<events::DataKey> key_for(const Work& work, const Stream& stream);
    Status send(Work& work, Stream& stream, const Envelopes& envelopes);
    void answer_when_durable(const Stream& stream, OnAnswer on_answer, Answer answer);
    void flush();

    // Read-back.
    void on_durable(const Status& status, Clock::time_point sent);
    void read_back();
    void take(const events::Entry& entry);
    void publish_load();

    const events::Partition partition_;
    const PartitionServices services_;
    net::strand<net::any_io_executor> strand_;
    net::steady_timer again_;

    std::mutex inbox_mutex_;
    std::deque<std::unique_ptr<Work>> inbox_;  // under inbox_mutex_
    bool scheduled_ = false;                   // under inbox_mutex_: drain() is posted or running

    // What load() says of the strand's side; published when it has changed.
    std::atomic<std::size_t> in_flight_now_{0};
    std::atomic<bool> leads_now_{false};

    // Everything below is touched on the strand only.
    Role role_ = Role::kFollowing;
    events::ClaimRef claim_;
    events::Fence fence_;
    bool fence_recovered_ = false;
    std::optional<Error> full_;  // why nothing is claimed at the moment, while the disk is full
    Offset next_read_;
    std::function<void(Status)> ready_;
    Streams streams_;
    std::unordered_map<events::TenantId, Seq> heads_;
    std::vector<events::Outgoing> outgoing_;
    std::deque<InFlight> in_flight_;
    events::Record record_;  // reused from send to send
    events::Record read_record_;
};

void PartitionWriter::Core::enqueue(std::unique_ptr<Work> work) {
    if (services_.meter != nullptr) {
        work->on_answer = measured(std::move(work->on_answer), *services_.meter);
    }
    std::unique_ptr<Work> turned_away;
    bool post = false;
    {
        const std::lock_guard lock(inbox_mutex_);
        if (inbox_.size() >= kInboxMax) {
            turned_away = std::move(work);
        } else {
            inbox_.push_back(std::move(work));
            post = !std::exchange(scheduled_, true);
        }
    }
    if (turned_away) {
        turned_away->on_answer(failed(Error{Errc::kOverloaded, "too many commands are waiting"}));
    } else if (post) {
        net::post(strand_, [self = shared_from_this()] { self->drain(); });
    }
}

void PartitionWriter::Core::claim(std::function<void(Status)> ready) {
    net::post(strand_, [self = shared_from_this(), ready = std::move(ready)]() mutable {
        self->ready_ = std::move(ready);
        self->send_claim();
    });
}

// Before the first claim there is no place to read on from.
void PartitionWriter::Core::read_on() {
    net::post(strand_, [self = shared_from_this()] {
        if (self->fence_recovered_) self->read_back();
    });
}

void PartitionWriter::Core::stop() {
    net::post(strand_, [self = shared_from_this()] {
        self->again_.cancel();
        self->lose(Error{Errc::kUnavailable, "the server is stopping"});
        self->role_ = Role::kStopped;
    });
}

Load PartitionWriter::Core::load() {
    const std::lock_guard lock(inbox_mutex_);
    return {.waiting = inbox_.size(),
            .in_flight = in_flight_now_.load(std::memory_order_relaxed),
            .led = leads_now_.load(std::memory_order_relaxed) ? 1U : 0U,
            .partitions = 1};
}

void PartitionWriter::Core::publish_load() {
    in_flight_now_.store(in_flight_.size(), std::memory_order_relaxed);
    leads_now_.store(role_ == Role::kLeading, std::memory_order_relaxed);
}

// Claims are indexed, so the claim in force is known without reading the whole partition.
void PartitionWriter::Core::recover_fence() {
    if (fence_recovered_) return;
    const auto claims = services_.history.claims(partition_);
    const auto end = services_.log.end(partition_);
    if (!claims || !end) return lose(claims ? end.error() : claims.error());
    for (const auto& claim : *claims) {
        record_.Clear();
        record_.set_term(claim.term.value);
        record_.set_claim_id(std::string(claim.id.view()));
        record_.mutable_claim();
        fence_.apply(record_);
    }
    next_read_ = *end;
    fence_recovered_ = true;
}

void PartitionWriter::Core::send_claim() {
    role_ = Role::kClaiming;
    recover_fence();
    if (role_ != Role::kClaiming) return;
    const auto in_force = fence_.in_force();
    claim_ = {.term = events::Term{(in_force ? in_force->term.value : 0) + 1},
              .id = events::random_id<events::ClaimId>()};
    record_.Clear();
    record_.set_term(claim_.term.value);
    record_.set_claim_id(std::string(claim_.id.view()));
    record_.mutable_claim()->set_node(services_.node);
    record_.mutable_claim()->set_address(services_.address);
    record_.mutable_claim()->set_schema_level(kSchemaLevel);
    auto frame = events::encode_record(record_);
    if (!frame) return lose(frame.error());
    outgoing_.push_back({.key = events::random_id<events::RecordKey>(),
                         .frame = std::move(*frame),
                         .index = events::ClaimIndex{claim_}});
    flush();
}

void PartitionWriter::Core::become_ready(const Status& status) {
    if (const auto ready = std::exchange(ready_, nullptr)) ready(status);
}

// What is in flight is void from here on (nothing of it was acknowledged); the next claim tells
// what became of it. A full disk took nothing of it. A storage failure is final: only opening again
// tells what is durable.
void PartitionWriter::Core::lose(const Error& error) {
    const bool final = error.code == Errc::kStorage || error.code == Errc::kDamaged ||
                       error.code == Errc::kUnknownSchema;
    const bool was_stopped = role_ == Role::kStopped;
    role_ = final || was_stopped ? Role::kStopped : Role::kClaiming;
    outgoing_.clear();
    auto in_flight = std::exchange(in_flight_, {});
    publish_load();
    streams_.clear();
    heads_.clear();
    full_ = error.code == Errc::kStorageFull ? std::optional(error) : std::nullopt;
    for (auto& commit : in_flight) {
        for (auto& due : commit.due) {
            due.on_answer(full_ ? failed(*full_)
                                : unavailable("the outcome is not known yet; ask again with the "
                                              "same key"));
        }
    }
    // With the window full, it was the read-back that would have gone on with the inbox.
    net::post(strand_, [self = shared_from_this()] { self->drain(); });
    if (was_stopped) return;
    if (final) {
        become_ready(std::unexpected(error));
        if (services_.on_failure) services_.on_failure(error);
        return;
    }
    if (full_) become_ready(std::unexpected(error));
    again_.expires_after(services_.claim_again_after);
    again_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
        if (!cancelled && self->role_ == Role::kClaiming) self->send_claim();
    });
}

void PartitionWriter::Core::drain() {
    while (in_flight_.size() < kInFlightMax) {
        std::deque<std::unique_ptr<Work>> batch;
        {
            const std::lock_guard lock(inbox_mutex_);
            if (inbox_.empty()) {
                scheduled_ = false;
                return;
            }
            std::swap(batch, inbox_);
        }
        for (auto& work : batch) process(std::move(work));
        flush();
    }
    // scheduled_ stays set: the read-back of what is in flight goes on with the inbox.
}

void PartitionWriter::Core::process(std::unique_ptr<Work> work) {
    if (role_ != Role::kLeading) {
        return work->on_answer(full_ ? failed(*full_)
                                     : unavailable("the partition is not led here at the moment"));
    }
    const auto found = streams_.find(*work);
    if (!found) return work->on_answer(failed(found.error()));
    Stream& stream = **found;
    if (const auto known = stream.commands.find(work->meta.id); known != stream.commands.end()) {
        return answer_repeat(*work, stream, known->second);
    }
    if (work->meta.expected && *work->meta.expected != stream.version) {
        return answer_when_durable(stream,
                                   std::move(work->on_answer),
                                   refused(Refusal::Kind::kVersionConflict, stream.version));
    }
    decide(*work, stream);
}

void PartitionWriter::Core::answer_repeat(Work& work,
                                          Stream& stream,
                                          const Remembered& remembered) {
    const bool same_body = remembered.digest == work.meta.digest;
    answer_when_durable(stream,
                        std::move(work.on_answer),
                        same_body ? Answer(Accepted{.position = remembered.seq,
                                                    .version = remembered.version,
                                                    .replayed = true})
                                  : refused(Refusal::Kind::kKeyReused, stream.version));
}

void PartitionWriter::Core::decide(Work& work, Stream& stream) {
    auto decided = work.decide(*stream.state);
    if (!decided) {
        return answer_when_durable(stream, std::move(work.on_answer), rejected(decided.error()));
    }
    if (decided->empty()) {
        return answer_when_durable(
            stream,
            std::move(work.on_answer),
            Accepted{.position = stream.last_seq, .version = stream.version, .replayed = false});
    }
    if (const Status sent = send(work, stream, *decided); !sent) {
        work.on_answer(failed(sent.error()));
    }
}

events::Result<Seq> PartitionWriter::Core::next_seq(const events::TenantId& tenant) {
    const auto known = heads_.find(tenant);
    if (known != heads_.end()) return Seq{known->second.value + 1};
    const auto head = services_.history.head(tenant);
    if (!head) return std::unexpected(head.error());
    heads_.emplace(tenant, *head);
    return Seq{head->value + 1};
}

events::Result<events::DataKey> PartitionWriter::Core::key_for(const Work& work,
                                                               const Stream& stream) {
    if (stream.key) {
        auto key = services_.keys.find(work.meta.tenant, *stream.key, work.meta.now_ms);
        if (!key) return std::unexpected(key.error());
        return events::DataKey{.id = *stream.key, .key = *key};
    }
    auto made = services_.keys.take(work.meta.tenant, claim_);
    // A ring that cannot be written stays so until it is opened again. One that made its keys for a
    // newer claim is the first to say that this node leads no more.
    const bool lost =
        !made && (made.error().code == Errc::kStorage || made.error().code == Errc::kUnavailable);
    if (lost) lose(made.error());  // `stream` is gone
    return made;
}

Status PartitionWriter::Core::send(Work& work, Stream& stream, const Envelopes& envelopes) {
    std::size_t bytes = 0;
    for (const auto& envelope : envelopes) bytes += envelope->ByteSizeLong();
    if (bytes > kCommitBytesMax || envelopes.size() > events::kEventsPerCommitMax) {
        return events::fail(Errc::kTooLarge, "the events of one command exceed their limit");
    }
    const auto seq = next_seq(work.meta.tenant);
    if (!seq) return std::unexpected(seq.error());
    const auto data_key = key_for(work, stream);
    if (!data_key) return std::unexpected(data_key.error());

    const Version first{stream.version.value + 1};
    std::vector<google::protobuf::Message*> borrowed;
    borrowed.reserve(envelopes.size());
    for (const auto& envelope : envelopes) {
        stream.state->evolve(*envelope);  // before sealing takes the personal fields out
        borrowed.push_back(envelope.get());
    }
    const auto& meta = work.meta;
    record_.set_term(claim_.term.value);
    record_.set_claim_id(claim_.id.bytes.data(), events::ClaimId::kSize);
    events::seal_commit({.tenant = meta.tenant,
                         .seq = *seq,
                         .stream = work.stream,
                         .first_version = first,
                         .command = meta.id,
                         .causation = meta.causation,
                         .correlation = meta.correlation,
                         .actor_kind = meta.actor_kind,
                         .actor = meta.actor,
                         .time_unix_ms = meta.now_ms,
                         .key_id = data_key->id},
                        data_key->key,
                        meta.digest,
                        borrowed,
                        *record_.mutable_commit());
    auto frame = events::encode_record(record_);
    if (!frame) {
        lose(frame.error());  // the state has evolved past what can be sent
        return std::unexpected(frame.error());
    }
    const auto key = events::random_id<events::RecordKey>();
    outgoing_.push_back(
        {.key = key,
         .frame = std::move(*frame),
         .index = events::CommitIndex{
             .tenant = meta.tenant,
             .seq = *seq,
             .stream = work.stream,
             .first_version = first,
             .binds_key = stream.key ? std::nullopt : std::optional(data_key->id)}});
    heads_[meta.tenant] = *seq;
    stream.version = Version{first.value + envelopes.size() - 1};
    stream.key = data_key->id;
    stream.commands.emplace(
        meta.id, Remembered{.seq = *seq, .version = stream.version, .digest = meta.digest});
    ++stream.in_flight;
    stream.last_seq = *seq;
    auto& sent = in_flight_.emplace_back(InFlight{.key = key, .stream = &stream, .due = {}});
    sent.due.push_back(
        {.on_answer = std::move(work.on_answer),
         .answer = Accepted{.position = *seq, .version = stream.version, .replayed = false}});
    return {};
}

// An answer that rests on a stream's commits in flight waits for the newest of them.
void PartitionWriter::Core::answer_when_durable(const Stream& stream,
                                                OnAnswer on_answer,
                                                Answer answer) {
    if (stream.in_flight == 0) return on_answer(std::move(answer));
    const auto newest =
        std::find_if(in_flight_.rbegin(), in_flight_.rend(), [&](const InFlight& commit) {
            return commit.stream == &stream;
        });
    newest->due.push_back({.on_answer = std::move(on_answer), .answer = std::move(answer)});
}

void PartitionWriter::Core::flush() {
    if (outgoing_.empty()) return;
    publish_load();
    services_.log.append(partition_,
                         std::exchange(outgoing_, {}),
                         [weak = weak_from_this(), sent = Clock::now()](const Status& status) {
                             const auto self = weak.lock();
                             if (!self) return;
                             net::post(self->strand_,
                                       [self, status, sent] { self->on_durable(status, sent); });
                         });
}

void PartitionWriter::Core::on_durable(const Status& status, Clock::time_point sent) {
    if (role_ == Role::kStopped) return;
    if (!status) return lose(status.error());
    read_back();
    if (services_.meter != nullptr) services_.meter->read_back(Clock::now() - sent);
    bool waiting = false;
    {
        const std::lock_guard lock(inbox_mutex_);
        waiting = scheduled_;
    }
    if (waiting) drain();
}

void PartitionWriter::Core::read_back() {
    const Offset before = next_read_;
    while (role_ == Role::kClaiming || role_ == Role::kLeading) {
        const auto entries = services_.log.read(partition_, next_read_, {});
        if (!entries) return lose(entries.error());
        if (entries->empty()) break;
        for (const auto& entry : *entries) take(entry);
    }
    publish_load();
    if (next_read_ > before && services_.on_read_back)
        services_.on_read_back(partition_, next_read_);
}

void PartitionWriter::Core::take(const events::Entry& entry) {
    next_read_ = Offset{entry.offset.value + 1};
    if (const Status decoded = events::decode_record(*entry.frame, read_record_); !decoded) {
        return lose(decoded.error());
    }
    const auto verdict = fence_.apply(read_record_);
    if (verdict == events::Verdict::kClaimInForce) {
        if (fence_.in_force() == claim_) {
            role_ = Role::kLeading;
            full_.reset();
            become_ready({});
        } else if (role_ == Role::kLeading) {
            lose(Error{Errc::kUnavailable, "another node leads the partition"});
        }
        return;
    }
    // A claim that came back behind one of its term or above: only a newer one can still lead.
    if (verdict == events::Verdict::kClaimLost && events::claim_of(read_record_) == claim_) {
        return lose(Error{Errc::kUnavailable, "another node leads the partition"});
    }
    if (verdict != events::Verdict::kCounts || !read_record_.has_commit()) return;
    if (in_flight_.empty() || in_flight_.front().key != entry.key) return;
    InFlight commit = std::move(in_flight_.front());
    in_flight_.pop_front();
    --commit.stream->in_flight;
    for (auto& due : commit.due) due.on_answer(std::move(due.answer));
}

PartitionWriter::PartitionWriter(events::Partition partition,
                                 const PartitionServices& services,
                                 const net::any_io_executor& executor)
    : core_(std::make_shared<Core>(partition, services, executor)) {}

// Only running out of memory throws here.
// NOLINTNEXTLINE(bugprone-exception-escape)
PartitionWriter::~PartitionWriter() {
    core_->stop();
}

void PartitionWriter::claim(std::function<void(Status)> ready) {
    core_->claim(std::move(ready));
}

void PartitionWriter::read_on() {
    core_->read_on();
}

Load PartitionWriter::load() const {
    return core_->load();
}

void PartitionWriter::enqueue(std::unique_ptr<Work> work) {
    core_->enqueue(std::move(work));
}

}  // namespace commands
