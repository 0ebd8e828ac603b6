#include "commands/partition.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>

#include "commands/answers.hpp"
#include "commands/inbox.hpp"
#include "commands/streams.hpp"
#include "commands/unconfirmed.hpp"
#include "events/frame_sum.hpp"
#include "events/heartbeat.hpp"
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

const Error kDeposed{Errc::kUnavailable, "another node leads the partition"};

// A commit sent and not yet read back.
struct InFlight {
    events::RecordKey key;
    std::uint64_t checksum;  // of its frame
    Stream* stream;
    Due due;
    std::vector<Due> also;  // other answers that rest on it
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
          leadership_(partition,
                      services_.log,
                      services_.history,
                      {.node = services_.node, .address = services_.address}),
          streams_(services_.history, services_.keys, kCachedStreamsMax) {}

    void enqueue(std::unique_ptr<Work> work);
    void claim(std::function<void(Status)> ready);
    void release(std::function<void()> released);
    void read_on();
    void stop();
    [[nodiscard]] Load load();
    [[nodiscard]] bool leads() const { return leads_now_.load(std::memory_order_relaxed); }
    [[nodiscard]] bool holds() const { return holds_now_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::optional<Leader> leader() const { return leadership_.leader(); }

  private:
    // Leaving: leads for what is in flight, and no longer than that.
    enum class Role : std::uint8_t { kFollowing, kClaiming, kLeading, kLeaving, kStopped };

    // The claim.
    void send_claim();
    void recover();
    void lose(const Error& error, bool deposed = false);
    void claim_later(std::chrono::milliseconds wait);
    void become_ready(const Status& status);
    void lead();
    void set_holds(bool holds);
    void end_release();

    // Commands.
    void drain();
    void process(std::unique_ptr<Work> work);
    void decide(Work& work, Stream& stream);
    void answer_repeat(Work& work, Stream& stream, const Remembered& remembered);
    events::Result<Seq> next_seq(const events::TenantId& tenant);
    events::Result<events::DataKey> key_for(const Work& work, const Stream& stream);
    Answer refuse_unled();
    Status send(Work& work, Stream& stream, const Envelopes& envelopes);
    void answer_when_durable(const Stream& stream, OnAnswer on_answer, Answer answer);
    void answer_when_confirmed(const Stream& stream, OnAnswer on_answer, Answer answer);
    void flush();

    // Read-back.
    void on_durable(const Status& status, std::uint64_t append, Clock::time_point sent);
    void read_back();
    void take(const events::Entry& entry);
    void take_own(const events::Entry& entry);
    void publish_load();

    const events::Partition partition_;
    const PartitionServices services_;
    net::strand<net::any_io_executor> strand_;
    net::steady_timer again_;

    Inbox inbox_{kInboxMax};  // scheduled: drain() is posted or running

    // What load() says of the strand's side; published when it has changed.
    std::atomic<std::size_t> in_flight_now_{0};
    std::atomic<bool> leads_now_{false};
    std::atomic<bool> holds_now_{false};

    // Everything below is touched on the strand only.
    Role role_ = Role::kFollowing;
    Leadership leadership_;  // leader() on any thread
    bool recovered_ = false;
    std::optional<Error> full_;  // why nothing is claimed at the moment, while the disk is full
    Offset next_read_;
    std::function<void(Status)> ready_;
    std::function<void()> released_;
    Streams streams_;
    std::unordered_map<events::TenantId, Seq> heads_;
    std::vector<events::Outgoing> outgoing_;
    std::deque<InFlight> in_flight_;
    Unconfirmed unconfirmed_;
    events::Record record_;  // reused from send to send
    events::Record read_record_;
};

void PartitionWriter::Core::enqueue(std::unique_ptr<Work> work) {
    if (services_.meter != nullptr) {
        work->on_answer = measured(std::move(work->on_answer), *services_.meter);
    }
    if (inbox_.put(work)) return net::post(strand_, [self = shared_from_this()] { self->drain(); });
    if (work) work->on_answer(failed(Error{Errc::kOverloaded, "too many commands are waiting"}));
}

void PartitionWriter::Core::claim(std::function<void(Status)> ready) {
    net::post(strand_, [self = shared_from_this(), ready = std::move(ready)]() mutable {
        if (self->role_ == Role::kStopped) return;
        self->ready_ = std::move(ready);
        if (const auto released = std::exchange(self->released_, nullptr)) released();
        if (self->role_ == Role::kLeading) return self->become_ready({});
        // A claim that is on its way already is waited for; one that is being given up is made
        // anew.
        if (self->role_ != Role::kClaiming) self->send_claim();
    });
}

void PartitionWriter::Core::release(std::function<void()> released) {
    net::post(strand_, [self = shared_from_this(), released = std::move(released)]() mutable {
        if (const auto earlier = std::exchange(self->released_, std::move(released))) earlier();
        self->again_.cancel();
        if (self->role_ == Role::kLeading) self->role_ = Role::kLeaving;
        if (self->role_ == Role::kClaiming) self->role_ = Role::kFollowing;
        self->set_holds(false);
        self->become_ready(events::fail(Errc::kUnavailable, "the partition was given up"));
        self->publish_load();
        if (self->role_ != Role::kLeaving || self->in_flight_.empty()) self->end_release();
    });
}

void PartitionWriter::Core::end_release() {
    unconfirmed_.refuse("the partition was given up");
    if (role_ == Role::kLeaving) {
        role_ = Role::kFollowing;
        streams_.clear();
        heads_.clear();
        publish_load();
    }
    if (const auto released = std::exchange(released_, nullptr)) released();
}

void PartitionWriter::Core::read_on() {
    net::post(strand_, [self = shared_from_this()] {
        if (self->role_ == Role::kStopped) return;
        const bool first = !self->recovered_;
        self->recover();
        self->read_back();
        const auto& tell = self->services_.on_read_back;  // of what came before it followed, too
        if (first && self->recovered_ && tell) tell(self->partition_, self->next_read_);
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
    return {.waiting = inbox_.size(),
            .in_flight = in_flight_now_.load(std::memory_order_relaxed),
            .led = leads_now_.load(std::memory_order_relaxed) ? 1U : 0U,
            .partitions = 1};
}

void PartitionWriter::Core::publish_load() {
    in_flight_now_.store(in_flight_.size(), std::memory_order_relaxed);
    leads_now_.store(role_ == Role::kLeading, std::memory_order_relaxed);
}

void PartitionWriter::Core::set_holds(bool holds) {
    if (holds_now_.exchange(holds) == holds) return;
    if (services_.on_holds) services_.on_holds(partition_, holds);
}

void PartitionWriter::Core::recover() {
    if (recovered_) return;
    const auto next = leadership_.recover();
    if (!next) return lose(next.error());
    next_read_ = *next;
    recovered_ = true;
}

void PartitionWriter::Core::send_claim() {
    role_ = Role::kClaiming;
    recover();
    if (role_ != Role::kClaiming) return;
    auto claim = leadership_.next_claim();
    if (!claim) return lose(claim.error());
    outgoing_.push_back(*std::move(claim));
    flush();
}

void PartitionWriter::Core::become_ready(const Status& status) {
    if (const auto ready = std::exchange(ready_, nullptr)) ready(status);
}

// What is in flight is void from here on (nothing of it was acknowledged); the next claim tells
// what became of it. A full disk took nothing of it. A storage failure is final: only opening again
// tells what is durable.
void PartitionWriter::Core::lose(const Error& error, bool deposed) {
    const bool final = error.code == Errc::kStorage || error.code == Errc::kDamaged ||
                       error.code == Errc::kUnknownSchema;
    const bool was_stopped = role_ == Role::kStopped;
    const bool followed = role_ == Role::kFollowing || role_ == Role::kLeaving;
    role_ = followed ? Role::kFollowing : Role::kClaiming;
    if (final || was_stopped) role_ = Role::kStopped;
    outgoing_.clear();
    auto in_flight = std::exchange(in_flight_, {});
    publish_load();
    unconfirmed_.refuse("the partition is not led here any more");
    streams_.clear();
    heads_.clear();
    full_ = error.code == Errc::kStorageFull ? std::optional(error) : std::nullopt;
    // Before the answers: whoever hears that a command failed finds the failure told.
    if (final && !was_stopped) {
        become_ready(std::unexpected(error));
        if (services_.on_failure) services_.on_failure(error);
    }
    for (auto& commit : in_flight) {
        const auto unknown =
            full_ ? failed(*full_)
                  : unavailable("the outcome is not known yet; ask again with the same key");
        commit.due.on_answer(unknown);
        for (auto& due : commit.also) due.on_answer(unknown);
    }
    // With the window full, it was the read-back that would have gone on with the inbox.
    net::post(strand_, [self = shared_from_this()] { self->drain(); });
    if (was_stopped || final) return;
    if (followed) return end_release();
    if (full_) become_ready(std::unexpected(error));
    claim_later(deposed ? services_.claim_back_after.value_or(services_.claim_again_after)
                        : services_.claim_again_after);
}

void PartitionWriter::Core::claim_later(std::chrono::milliseconds wait) {
    again_.expires_after(wait);
    again_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
        if (!cancelled && self->role_ == Role::kClaiming) self->send_claim();
    });
}

void PartitionWriter::Core::drain() {
    while (in_flight_.size() < kInFlightMax) {
        auto batch = inbox_.take();
        if (batch.empty()) return;
        for (auto& work : batch) process(std::move(work));
        flush();
    }
    // It stays scheduled: the read-back of what is in flight goes on with the inbox.
}

void PartitionWriter::Core::process(std::unique_ptr<Work> work) {
    if (role_ != Role::kLeading) return work->on_answer(refuse_unled());
    const auto found = streams_.find(*work);
    if (!found) return work->on_answer(failed(found.error()));
    Stream& stream = **found;
    if (const auto* const known = stream.commands.find(work->meta.id)) {
        return answer_repeat(*work, stream, *known);
    }
    if (work->meta.expected && *work->meta.expected != stream.version) {
        return answer_when_confirmed(stream,
                                     std::move(work->on_answer),
                                     refused(Refusal::Kind::kVersionConflict, stream.version));
    }
    decide(*work, stream);
}

// Who claims may lead in a moment, and who failed has to be opened again; who only follows knows at
// best who leads.
Answer PartitionWriter::Core::refuse_unled() {
    if (full_) return failed(*full_);
    const auto in_force = leader();
    const bool another = in_force && in_force->node != services_.node;
    if (role_ != Role::kFollowing && role_ != Role::kLeaving && !another) {
        return unavailable("the partition is not led here at the moment");
    }
    return not_led(another ? in_force->address : std::string());
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
        return answer_when_confirmed(stream, std::move(work.on_answer), rejected(decided.error()));
    }
    if (decided->empty()) {
        return answer_when_confirmed(
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
    auto made = services_.keys.take(work.meta.tenant, leadership_.claim());
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
        stream.state->evolve(*envelope);
        borrowed.push_back(envelope.get());
    }
    const auto& meta = work.meta;
    const auto& claim = leadership_.claim();
    record_.set_term(claim.term.value);
    record_.set_claim_id(claim.id.bytes.data(), events::ClaimId::kSize);
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
    const auto checksum = events::checked_sum(*frame).value_or(0);
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
    stream.commands.put(meta.id,
                        Remembered{.seq = *seq, .version = stream.version, .digest = meta.digest});
    ++stream.in_flight;
    stream.last_seq = *seq;
    in_flight_.push_back(
        {.key = key,
         .checksum = checksum,
         .stream = &stream,
         .due = {.on_answer = std::move(work.on_answer),
                 .answer =
                     Accepted{.position = *seq, .version = stream.version, .replayed = false}},
         .also = {}});
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
    newest->also.push_back({.on_answer = std::move(on_answer), .answer = std::move(answer)});
}

// Who has no address has no others either, and cannot be deposed.
void PartitionWriter::Core::answer_when_confirmed(const Stream& stream,
                                                  OnAnswer on_answer,
                                                  Answer answer) {
    if (stream.in_flight > 0 || services_.address.empty()) {
        return answer_when_durable(stream, std::move(on_answer), std::move(answer));
    }
    unconfirmed_.add({.on_answer = std::move(on_answer), .answer = std::move(answer)});
}

void PartitionWriter::Core::flush() {
    if (outgoing_.empty() && unconfirmed_.wants_append()) {
        auto nothing = events::heartbeat(partition_, leadership_.claim());
        if (!nothing) return lose(nothing.error());
        outgoing_.push_back(*std::move(nothing));
    }
    if (outgoing_.empty()) return;
    publish_load();
    services_.log.append(
        partition_,
        std::exchange(outgoing_, {}),
        [weak = weak_from_this(), append = unconfirmed_.next_append(), sent = Clock::now()](
            const Status& status) {
            const auto self = weak.lock();
            if (!self) return;
            auto* const meter = self->services_.meter;
            if (status && meter != nullptr) meter->appended(Clock::now() - sent);
            net::post(self->strand_,
                      [self, status, append, sent] { self->on_durable(status, append, sent); });
        });
}

void PartitionWriter::Core::on_durable(const Status& status,
                                       std::uint64_t append,
                                       Clock::time_point sent) {
    if (role_ == Role::kStopped) return;
    if (!status) return lose(status.error());
    read_back();
    unconfirmed_.confirm(append);
    if (services_.meter != nullptr) services_.meter->read_back(Clock::now() - sent);
    if (inbox_.is_scheduled()) drain();
}

void PartitionWriter::Core::read_back() {
    const Offset before = next_read_;
    while (role_ != Role::kStopped) {
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
    if (!in_flight_.empty() && in_flight_.front().key == entry.key) return take_own(entry);
    if (const Status decoded = events::decode_record(*entry.frame, read_record_); !decoded) {
        return lose(decoded.error());
    }
    const auto seen = leadership_.take(read_record_);
    if (seen == Leadership::Seen::kOurs) return lead();
    if (seen == Leadership::Seen::kLost && role_ == Role::kClaiming) return lose(kDeposed, true);
    if (seen != Leadership::Seen::kAnothers) return;
    if (role_ == Role::kLeading || role_ == Role::kLeaving) lose(kDeposed, true);
    set_holds(false);
}

// What came back is what was sent, byte for byte, so it need not be decoded to be judged.
void PartitionWriter::Core::take_own(const events::Entry& entry) {
    if (events::checked_sum(*entry.frame) != in_flight_.front().checksum) {
        return lose(Error{Errc::kDamaged, "a commit was read back other than it was sent"});
    }
    if (!leadership_.is_in_force()) return;  // void: another claim came before it
    InFlight commit = std::move(in_flight_.front());
    in_flight_.pop_front();
    --commit.stream->in_flight;
    commit.due.give();
    for (auto& due : commit.also) due.give();
    if (role_ == Role::kLeaving && in_flight_.empty()) end_release();
}

void PartitionWriter::Core::lead() {
    if (role_ != Role::kClaiming) return;  // given up meanwhile
    role_ = Role::kLeading;
    full_.reset();
    publish_load();
    set_holds(true);
    become_ready({});
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

void PartitionWriter::release(std::function<void()> released) {
    core_->release(std::move(released));
}

void PartitionWriter::read_on() {
    core_->read_on();
}

bool PartitionWriter::leads() const {
    return core_->leads();
}

bool PartitionWriter::holds() const {
    return core_->holds();
}

std::optional<Leader> PartitionWriter::leader() const {
    return core_->leader();
}

Load PartitionWriter::load() const {
    return core_->load();
}

void PartitionWriter::enqueue(std::unique_ptr<Work> work) {
    core_->enqueue(std::move(work));
}

}  // namespace commands
