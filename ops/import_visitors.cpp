#include "ops/import_visitors.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace ops {
namespace {

using events::Errc;

constexpr std::size_t kChunkBytes = std::size_t{64} * 1024;

// "KEY VISITOR TOKEN"; nothing for any other line.
std::optional<std::pair<std::string, KeptVisitor>> parse_line(std::string_view line) {
    const auto first = line.find(' ');
    const auto second = line.find(' ', first == line.npos ? line.npos : first + 1);
    if (second == line.npos) return std::nullopt;
    return std::pair(std::string(line.substr(0, first)),
                     KeptVisitor{.visitor = std::string(line.substr(first + 1, second - first - 1)),
                                 .token = std::string(line.substr(second + 1))});
}

events::Status write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto done = ::write(file, bytes.data(), bytes.size());
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return events::fail(Errc::kStorage, "the visitors' file cannot be written");
        bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
}

}  // namespace

events::Result<std::unique_ptr<KeptVisitors>> KeptVisitors::open(const std::string& file) {
    constexpr mode_t kOwnerOnly = 0600;
    const int opened = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, kOwnerOnly);
    if (opened < 0) return events::fail(Errc::kStorage, file + ": cannot be opened for writing");
    std::unique_ptr<KeptVisitors> made(new KeptVisitors(opened));
    if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
        return events::fail(Errc::kStorage, file + ": another import uses it");
    }
    if (auto loaded = made->load(); !loaded) return std::unexpected(std::move(loaded.error()));
    return made;
}

KeptVisitors::~KeptVisitors() {
    ::close(file_);
}

events::Status KeptVisitors::load() {
    std::string all;
    std::array<char, kChunkBytes> chunk{};
    for (;;) {
        const auto got = ::read(file_, chunk.data(), chunk.size());
        if (got < 0) return events::fail(Errc::kStorage, "the visitors' file cannot be read");
        if (got == 0) break;
        all.append(chunk.data(), static_cast<std::size_t>(got));
    }
    std::string_view rest = all;
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
        if (auto parsed = parse_line(rest.substr(0, end))) {
            visitors_.insert_or_assign(std::move(parsed->first), std::move(parsed->second));
        }
        rest.remove_prefix(end + 1);
    }
    // A run that was killed while it wrote: nothing was said under that line's token.
    return rest.empty() ? events::Status{} : write_all(file_, "\n");
}

std::optional<KeptVisitor> KeptVisitors::find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = visitors_.find(key);
    return found == visitors_.end() ? std::nullopt : std::optional(found->second);
}

events::Status KeptVisitors::keep(const std::string& key, const KeptVisitor& visitor) {
    const std::lock_guard lock(mutex_);
    visitors_.insert_or_assign(key, visitor);
    return write_all(file_, fmt::format("{} {} {}\n", key, visitor.visitor, visitor.token));
}

}  // namespace ops
