#include "tests/gateway/cluster_world.hpp"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>
#include <utility>

#include "events/record.hpp"
#include "tests/gateway/raw_client.hpp"

namespace cluster_world {

using events::Partition;
using events::Status;

namespace {

template <class T>
T must(events::Result<T> result) {
    if (!result) throw std::runtime_error(result.error().detail);
    return *std::move(result);
}

}  // namespace

SharedLog::SharedLog(const std::filesystem::path& dir)
    : log_(must(events::LocalLog::open(dir / "log", {}))),
      keys_(must(
          events::KeyRing::open(dir / "keys", master(), events::Uuid{.bytes = {5}}, true, {}))) {}

events::Key256 SharedLog::master() {
    return {};
}

void SharedLog::append(Partition partition,
                       std::vector<events::Outgoing> records,
                       events::AppendDone done) {
    const std::lock_guard lock(order_);
    events::Record record;
    for (auto& one : records) {
        const bool decoded = events::decode_record(one.frame, record).has_value();
        if (!decoded || fences_[partition].apply(record) == events::Verdict::kVoid) {
            one.index = std::monostate{};
        }
    }
    log_->append(partition,
                 std::move(records),
                 [this, partition, done = std::move(done)](const Status& status) {
                     done(status);
                     tell(partition);
                 });
}

void SharedLog::tell(Partition partition) {
    const auto end = log_->end(partition);
    const std::lock_guard lock(watchers_mutex_);
    for (const auto& [who, grown] : watchers_) {
        if (end) grown(partition, *end);
    }
}

void SharedLog::watch(const void* who, Grown grown) {
    const std::lock_guard lock(watchers_mutex_);
    if (grown) {
        watchers_[who] = std::move(grown);
    } else {
        watchers_.erase(who);
    }
}

Status TestAssignment::start(Told told) {
    const std::lock_guard lock(mutex_);
    told_ = std::move(told);
    if (!waiting_.empty()) told_.assigned(std::exchange(waiting_, {}));
    return {};
}

void TestAssignment::stop() {
    const std::lock_guard lock(mutex_);
    told_ = {};
}

void TestAssignment::assign(const std::vector<Partition>& partitions) {
    const std::lock_guard lock(mutex_);
    if (told_.assigned) return told_.assigned(partitions);
    waiting_.insert(waiting_.end(), partitions.begin(), partitions.end());
}

void TestAssignment::revoke(const std::vector<Partition>& partitions) {
    const std::lock_guard lock(mutex_);
    if (told_.revoked) told_.revoked(partitions);
}

class Node::NodeEngine final : public gateway::Engine, public events::Log {
  public:
    NodeEngine(SharedLog& shared, std::shared_ptr<TestAssignment> assignment)
        : shared_(shared), assignment_(std::move(assignment)) {}
    ~NodeEngine() override { shared_.watch(this, {}); }

    events::Log& log() override { return *this; }
    events::History& history() override { return shared_.log(); }
    events::Files& files() override { return shared_.log().files(); }
    events::KeyRing& keys() override { return shared_.keys(); }
    events::Assignment* assignment() override { return assignment_.get(); }
    void on_grown(Grown grown) override {
        {
            const std::lock_guard lock(mutex_);
            grown_ = grown;
        }
        if (!grown) return shared_.watch(this, {});
        shared_.watch(this, [this](Partition partition, events::Offset end) {
            const std::lock_guard lock(mutex_);
            if (!held_up_ && grown_) grown_(partition, end);
        });
    }

    void append(Partition partition,
                std::vector<events::Outgoing> records,
                events::AppendDone done) override {
        {
            const std::lock_guard lock(mutex_);
            if (held_up_) {
                late_.push_back({partition, std::move(records), std::move(done)});
                return;
            }
        }
        shared_.append(partition, std::move(records), std::move(done));
    }
    events::Result<std::vector<events::Entry>> read(Partition partition,
                                                    events::Offset from,
                                                    events::ReadLimit limit) override {
        return shared_.log().read(partition, from, limit);
    }
    events::Result<events::Offset> end(Partition partition) override {
        return shared_.log().end(partition);
    }

    void hold_up() {
        const std::lock_guard lock(mutex_);
        held_up_ = true;
    }
    void let_go() {
        std::vector<Late> late;
        {
            const std::lock_guard lock(mutex_);
            held_up_ = false;
            late.swap(late_);
        }
        for (auto& one : late) {
            shared_.append(one.partition, std::move(one.records), std::move(one.done));
        }
    }

  private:
    struct Late {
        Partition partition;
        std::vector<events::Outgoing> records;
        events::AppendDone done;
    };
    SharedLog& shared_;
    std::shared_ptr<TestAssignment> assignment_;
    std::mutex mutex_;  // guards what follows
    Grown grown_;
    bool held_up_ = false;
    std::vector<Late> late_;
};

Node::Node(SharedLog& shared, std::string name, const std::filesystem::path& dir, bool demo)
    : name_(std::move(name)), assignment_(std::make_shared<TestAssignment>()) {
    // The port is in the claims, so it is known before the App that makes them.
    gateway::ServerOptions options;
    options.live.emplace(
        "/api/v1/live",
        [this](const gateway::Request& request, std::shared_ptr<gateway::LiveSink> sink) {
            return live_.at("/api/v1/live")(request, std::move(sink));
        });
    server_ = must(gateway::Server::listen(
        options, [this](gateway::Request request) { return handler_(std::move(request)); }));
    auto engine = std::make_unique<NodeEngine>(shared, assignment_);
    engine_ = engine.get();
    gateway::AppOptions app;
    app.demo = demo;
    app.settings.node.name = name_;
    app.settings.node.advertise = url();
    gateway::DataFolder folder;
    folder.paths.data = dir / name_;
    folder.master = SharedLog::master();
    std::filesystem::create_directories(folder.paths.data);
    app_ = must(gateway::App::open(folder, std::move(app), std::move(engine)));
    handler_ = app_->handler();
    live_ = app_->live();
}

Node::~Node() {
    engine_->let_go();
    server_->stop();
    if (thread_.joinable()) thread_.join();
    app_.reset();
}

void Node::start() {
    thread_ = std::thread([this] { server_->run(); });
    const auto started = app_->start(url());
    if (!started) throw std::runtime_error(started.error().detail);
}

void Node::hold_up() {
    engine_->hold_up();
}

void Node::let_go() {
    engine_->let_go();
}

std::string Node::url() const {
    return fmt::format("http://127.0.0.1:{}", server_->port());
}

gateway::Client Node::client() const {
    return gateway::Client(*gateway::parse_url(url()));
}

double Node::metric(const std::string& name) const {
    const auto text = "\n" + app_->metrics().text();
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        never.wait_for(lock, std::chrono::milliseconds(5));
    }
    return true;
}

std::vector<Partition> all_partitions(std::uint16_t count) {
    std::vector<Partition> all;
    for (std::uint16_t p = 0; p < count; ++p) all.push_back(Partition{p});
    return all;
}

}  // namespace cluster_world
