#include "tests/support/smtp_catcher.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace test_support {
namespace {

constexpr int kAnswerMsMax = 60'000;
constexpr int kEndMsMax = 10'000;

std::array<int, 2> new_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    return ends;
}

std::string content_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("the catcher has no " + file.filename().string());
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

SmtpCatcher::SmtpCatcher(const std::vector<std::string>& options) {
    std::vector<std::string> words{
        "/usr/bin/python3",
        std::string(PARLOUR_SOURCE_DIR) + "/tests/support/smtp_catcher.py",
        folder_.path().string()};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const auto in = new_pipe();
    const auto out = new_pipe();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    const int failed =
        posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    to_child_ = in[1];
    from_child_ = out[0];
    if (failed != 0) throw std::runtime_error("the catcher cannot be started");
    const std::string line = read_line();
    const auto colon = line.rfind(':');
    if (!line.starts_with("listening on ")) {
        throw std::runtime_error("the catcher does not listen; is python3-aiosmtpd installed?");
    }
    port_ = static_cast<std::uint16_t>(std::stoi(line.substr(colon + 1)));
}

SmtpCatcher::~SmtpCatcher() {
    close(to_child_);
    if (pid_ > 0) {
        // It ends because its input is closed; one that does not is ended.
        pollfd ended{.fd = from_child_, .events = 0, .revents = 0};
        if (poll(&ended, 1, kEndMsMax) != 1) kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    close(from_child_);
}

std::string SmtpCatcher::url(const std::string& scheme) const {
    return fmt::format("{}://127.0.0.1:{}", scheme, port_);
}

void SmtpCatcher::tell(const std::string& command) {
    const std::string line = command + '\n';
    if (write(to_child_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
        read_line() != "ok") {
        throw std::runtime_error("the catcher took no command");
    }
}

std::size_t SmtpCatcher::caught() const {
    std::size_t count = 0;
    while (std::filesystem::exists(file(count + 1, "json"))) ++count;
    return count;
}

boost::json::object SmtpCatcher::mail(std::size_t n) const {
    return boost::json::parse(content_of(file(n, "json"))).as_object();
}

std::string SmtpCatcher::bytes(std::size_t n) const {
    return content_of(file(n, "eml"));
}

std::string SmtpCatcher::read_line() {
    std::string line;
    while (true) {
        pollfd waiting{.fd = from_child_, .events = POLLIN, .revents = 0};
        char c = 0;
        if (poll(&waiting, 1, kAnswerMsMax) != 1 || read(from_child_, &c, 1) != 1) {
            throw std::runtime_error("the catcher does not answer");
        }
        if (c == '\n') return line;
        line.push_back(c);
    }
}

std::filesystem::path SmtpCatcher::file(std::size_t n, const std::string& extension) const {
    return folder_.path() / fmt::format("{:04}.{}", n, extension);
}

}  // namespace test_support
