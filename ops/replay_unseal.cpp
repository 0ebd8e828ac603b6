#include "ops/replay_unseal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "events/crypto.hpp"
#include "gateway/app_clock.hpp"

namespace ops {

using events::Errc;

namespace {

class File {
  public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int get() const { return descriptor_; }

  private:
    int descriptor_;
};

events::Status sync_folder(const std::filesystem::path& folder) {
    const File opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0 || ::fsync(opened.get()) != 0) {
        return events::fail(Errc::kStorage, fmt::format("{} cannot be synced", folder.string()));
    }
    return {};
}

// Durable when it returns. One write, so that two programs' lines never mix.
events::Status append_line(const std::filesystem::path& file, std::string_view line) {
    const File opened(
        ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    const auto size = static_cast<ssize_t>(line.size());
    if (opened.get() < 0 || ::fchmod(opened.get(), 0600) != 0 ||
        ::write(opened.get(), line.data(), line.size()) != size || ::fsync(opened.get()) != 0) {
        return events::fail(Errc::kStorage,
                            fmt::format("{} cannot be written, so the unsealing cannot be recorded",
                                        file.string()));
    }
    return sync_folder(file.parent_path());
}

std::string journal_line(const UnsealRequest& request,
                         std::int64_t now_ms,
                         const events::Key256& wrapping) {
    std::string line = fmt::format(R"({{"time":"{}","tenant":"{}")",
                                   events::format_time(now_ms),
                                   events::to_text(request.tenant));
    if (request.stream) {
        line +=
            fmt::format(R"(,"stream":"{}")", events::public_id(request.tenant, *request.stream));
    }
    line += fmt::format(R"(,"from":{})", request.from_seq);
    if (request.to_seq != UINT64_MAX) line += fmt::format(R"(,"to":{})", request.to_seq);
    line +=
        fmt::format(R"(,"uid":{},"reason_sealed":"{}"}})"
                    "\n",
                    ::getuid(),
                    events::to_hex(events::encrypt(wrapping, kUnsealJournalSeal, request.reason)));
    return line;
}

}  // namespace

Unsealer::Unsealer(std::unique_ptr<events::KeyRing> ring) : ring_(std::move(ring)) {}

events::Result<Unsealer> Unsealer::open(const ReadOnlyFolder& folder,
                                        const UnsealRequest& request,
                                        std::int64_t now_ms) {
    auto ring = folder.open_keys();
    if (!ring) return std::unexpected(std::move(ring.error()));
    const auto keys = (*ring)->tenant_keys(request.tenant);
    if (!keys) return std::unexpected(keys.error());
    auto recorded = append_line(folder.paths().data / kUnsealJournalFile,
                                journal_line(request, now_ms, (*keys)->wrapping));
    if (!recorded) return std::unexpected(std::move(recorded.error()));
    return Unsealer(*std::move(ring));
}

events::Status Unsealer::unseal(const events::OpenedHeader& opened,
                                const events::Commit& commit,
                                int index,
                                google::protobuf::Message& envelope) {
    const events::CommitMeta& meta = opened.meta;
    const auto key = ring_->find(meta.tenant, meta.key_id, gateway::wall_clock_ms());
    if (!key) {
        if (key.error().code != Errc::kNotFound) return std::unexpected(key.error());
        return events::fail(Errc::kDamaged, "its data key is not in the key ring");
    }
    const events::Version version{meta.first_version.value + static_cast<std::uint64_t>(index)};
    const std::string associated = events::associated_data(
        meta.tenant, meta.stream, version, opened.header.events(index).type(), meta.key_id);
    const auto unsealed = events::unseal_event(*key, associated, commit.sealed(index));
    if (!unsealed) return std::unexpected(unsealed.error());
    if (!envelope.ParseFromString(unsealed->personal_fields)) {
        return events::fail(Errc::kDamaged, "its personal fields do not parse");
    }
    return {};
}

}  // namespace ops
