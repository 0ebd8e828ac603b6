#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "ops/bench/bench.hpp"
#include "ops/bench/certificate.hpp"
#include "ops/bench/floor_live.hpp"
#include "ops/bench/live_subject.hpp"
#include "ops/bench/report.hpp"

namespace bench {
namespace {

constexpr double kTarget = 0.9;
constexpr std::size_t kSockets = 10'000;
// Tickets and topics in flight settle, and what was freed is given back.
constexpr std::chrono::seconds kSettle{2};

// A server in a process of its own, so that its memory is nobody else's. It begins when it is told
// to, says how it is reached, and ends with the pipe.
class ServerProcess {
  public:
    // `serve` gives what to write to whoever uses it, and calls `wait` while it serves. Before this
    // process has any thread.
    using Serve = std::function<void(const std::function<void(std::string)>& wait)>;
    explicit ServerProcess(const Serve& serve) {
        std::array<int, 2> to{};
        std::array<int, 2> from{};
        if (pipe(to.data()) != 0 || pipe(from.data()) != 0) throw std::runtime_error("no pipe");
        pid_ = fork();
        if (pid_ < 0) throw std::runtime_error("no process");
        if (pid_ == 0) {
            close(to[1]);
            close(from[0]);
            run(serve, to[0], from[1]);
        }
        close(to[0]);
        close(from[1]);
        to_ = to[1];
        from_ = from[0];
    }
    ~ServerProcess() {
        close(to_);
        close(from_);
        waitpid(pid_, nullptr, 0);
    }
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    // Lets it begin; what it says about itself.
    std::string begin() {
        char byte = 'b';
        if (write(to_, &byte, 1) != 1) throw std::runtime_error("the server process is gone");
        std::string line;
        while (read(from_, &byte, 1) == 1 && byte != '\n') line += byte;
        if (line.empty()) throw std::runtime_error("the server did not start");
        return line;
    }
    [[nodiscard]] double resident_kib() const {
        std::ifstream statm(fmt::format("/proc/{}/statm", pid_));
        double pages = 0;
        double resident = 0;
        statm >> pages >> resident;
        return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024.0;
    }
    // Processor time so far.
    [[nodiscard]] double cpu_seconds() const {
        std::ifstream stat(fmt::format("/proc/{}/stat", pid_));
        std::string skipped;
        constexpr int kFieldsBefore = 13;
        for (int i = 0; i < kFieldsBefore; ++i) stat >> skipped;
        double user = 0;
        double system = 0;
        stat >> user >> system;
        return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
    }

  private:
    [[noreturn]] static void run(const Serve& serve, int in, int out) {
        char byte = 0;
        int code = 0;
        if (read(in, &byte, 1) == 1) {
            try {
                serve([in, out](std::string about) {
                    about += '\n';
                    char ignored = 0;
                    if (write(out, about.data(), about.size()) > 0) {
                        while (read(in, &ignored, 1) > 0) continue;
                    }
                });
            } catch (const std::exception&) {
                code = 1;
            }
        }
        _exit(code);
    }

    pid_t pid_ = 0;
    int to_ = -1;
    int from_ = -1;
};

struct Idle {
    double kib_each = 0;
    double cpu_percent = 0;
};

// What so many clients cost a server that has nothing to tell them.
Idle look_at(const ServerProcess& server,
             const LiveCrowd::Options& crowd_options,
             std::chrono::duration<double> duration) {
    const double before = server.resident_kib();
    const LiveCrowd crowd(crowd_options, [](std::string_view) {});
    std::this_thread::sleep_for(kSettle);
    const double cpu_before = server.cpu_seconds();
    std::this_thread::sleep_for(duration);
    const double cpu = server.cpu_seconds() - cpu_before;
    return {
        .kib_each = (server.resident_kib() - before) / static_cast<double>(crowd_options.clients),
        .cpu_percent = 100.0 * cpu / duration.count()};
}

}  // namespace

int bench_idle(const BenchOptions& options) {
    try {
        std::signal(SIGPIPE, SIG_IGN);
        const Scratch scratch;
        const auto tls = make_certificate(scratch.path());
        const std::size_t sockets = options.sockets == 0 ? kSockets : options.sockets;
        ServerProcess floor_server([&tls](const auto& wait) {
            const FloorLive floor(tls);
            wait(std::to_string(floor.port()));
        });
        ServerProcess our_server([&](const auto& wait) {
            const LiveSubject subject(scratch.path(), tls, sockets);
            wait(fmt::format("{} {}", subject.port(), subject.token()));
        });
        const std::chrono::duration<double> each(options.seconds / 2.0);

        const auto floor_port = static_cast<std::uint16_t>(std::stoul(floor_server.begin()));
        const auto floor = look_at(floor_server, {.port = floor_port, .clients = sockets}, each);

        std::istringstream about(our_server.begin());
        std::uint16_t port = 0;
        std::string token;
        about >> port >> token;
        LiveUser user(port, token, tls);
        const auto topic = user.open_conversation().topic;
        const auto ours = look_at(our_server, user.crowd(sockets, topic), each);

        Report report("idle");
        report.number("figure", ours.kib_each, 1)
            .text("unit", "KiB of server memory a socket")
            .number("floor", floor.kib_each, 1)
            .number("ratio", ours.kib_each > 0 ? floor.kib_each / ours.kib_each : 0)
            .number("target", kTarget, 2)
            .count("sockets", sockets)
            .number("idle_cpu_percent", ours.cpu_percent, 2)
            .number("floor_idle_cpu_percent", floor.cpu_percent, 2)
            .text("durable", "nothing is written; over TLS, greeted, one topic followed")
            .text("floor_is", "bare Beast over Asio's TLS, opened and nothing else")
            .print();
        return 0;
    } catch (const std::exception& error) {
        return give_up("idle", error.what());
    }
}

}  // namespace bench
