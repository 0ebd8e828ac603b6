#include "tests/support/power_cut_fs.hpp"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <filesystem>
#include <mutex>
#include <utility>
#include <vector>

#include "tests/support/power_cut_disk.hpp"

namespace test_support {
namespace {

namespace fs = std::filesystem;

using rocksdb::FileOptions;
using rocksdb::FSDirectory;
using rocksdb::FSRandomAccessFile;
using rocksdb::FSSequentialFile;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus status_of(const Disk& disk, Trouble trouble) {
    if (trouble == Trouble::kPowerIsOff) return IOStatus::IOError("the power is off");
    if (disk.fault != Kind::kNoSpace) return IOStatus::IOError("injected", "Input/output error");
    auto full = IOStatus::NoSpace("injected", "No space left on device");
    full.SetRetryable(true);
    return full;
}

// The calls of RocksDB's threads go one behind the other.
using Guard = std::lock_guard<std::mutex>;

class WritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
  public:
    WritableFile(std::shared_ptr<Disk> disk, std::unique_ptr<FSWritableFile> file, InodePtr inode)
        : FSWritableFileOwnerWrapper(std::move(file)),
          disk_(std::move(disk)),
          inode_(std::move(inode)) {}

    IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
        const Guard guard(disk_->mutex);
        std::uint64_t length = data.size();
        const auto failed = disk_->write(length);
        const auto written = target()->Append(Slice(data.data(), length), options, debug);
        if (written.ok()) inode_->size += length;
        return failed ? status_of(*disk_, *failed) : written;
    }
    IOStatus Append(const Slice& data,
                    const IOOptions& options,
                    const rocksdb::DataVerificationInfo& /*verification*/,
                    IODebugContext* debug) override {
        return Append(data, options, debug);
    }
    IOStatus Truncate(std::uint64_t size,
                      const IOOptions& options,
                      IODebugContext* debug) override {
        const Guard guard(disk_->mutex);
        if (const auto failed = disk_->look(Call::kWrite)) return status_of(*disk_, *failed);
        auto done = target()->Truncate(size, options, debug);
        if (done.ok()) inode_->cut_to(size);
        return done;
    }
    IOStatus Sync(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
        const Guard guard(disk_->mutex);
        const auto failed = disk_->sync(*inode_);
        return failed ? status_of(*disk_, *failed) : IOStatus::OK();
    }
    IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
        return Sync(options, debug);
    }
    // Tells the disk to begin, and promises nothing.
    IOStatus RangeSync(std::uint64_t /*offset*/,
                       std::uint64_t /*bytes*/,
                       const IOOptions& /*options*/,
                       IODebugContext* /*debug*/) override {
        return IOStatus::OK();
    }
    IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
        const Guard guard(disk_->mutex);
        const auto failed = disk_->look(Call::kSync);
        auto closed = target()->Close(options, debug);
        return failed ? status_of(*disk_, *failed) : closed;
    }
    // No room is taken ahead.
    void SetPreallocationBlockSize(std::size_t /*size*/) override {}
    void PrepareWrite(std::size_t /*offset*/,
                      std::size_t /*length*/,
                      const IOOptions& /*options*/,
                      IODebugContext* /*debug*/) override {}
    IOStatus Allocate(std::uint64_t /*offset*/,
                      std::uint64_t /*length*/,
                      const IOOptions& /*options*/,
                      IODebugContext* /*debug*/) override {
        return IOStatus::OK();
    }

  private:
    std::shared_ptr<Disk> disk_;
    InodePtr inode_;
};

class SequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
  public:
    SequentialFile(std::shared_ptr<Disk> disk, std::unique_ptr<FSSequentialFile> file)
        : FSSequentialFileOwnerWrapper(std::move(file)), disk_(std::move(disk)) {}

    IOStatus Read(std::size_t n,
                  const IOOptions& options,
                  Slice* result,
                  char* scratch,
                  IODebugContext* debug) override {
        const Guard guard(disk_->mutex);
        if (const auto failed = disk_->look(Call::kRead)) return status_of(*disk_, *failed);
        return target()->Read(n, options, result, scratch, debug);
    }

  private:
    std::shared_ptr<Disk> disk_;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
  public:
    RandomAccessFile(std::shared_ptr<Disk> disk, std::unique_ptr<FSRandomAccessFile> file)
        : FSRandomAccessFileOwnerWrapper(std::move(file)), disk_(std::move(disk)) {}

    IOStatus Read(std::uint64_t offset,
                  std::size_t n,
                  const IOOptions& options,
                  Slice* result,
                  char* scratch,
                  IODebugContext* debug) const override {
        const Guard guard(disk_->mutex);
        if (const auto failed = disk_->look(Call::kRead)) return status_of(*disk_, *failed);
        return target()->Read(offset, n, options, result, scratch, debug);
    }
    IOStatus MultiRead(rocksdb::FSReadRequest* requests,
                       std::size_t count,
                       const IOOptions& options,
                       IODebugContext* debug) override {
        const Guard guard(disk_->mutex);
        if (const auto failed = disk_->look(Call::kRead)) return status_of(*disk_, *failed);
        return target()->MultiRead(requests, count, options, debug);
    }

  private:
    std::shared_ptr<Disk> disk_;
};

class Directory final : public FSDirectory {
  public:
    Directory(std::shared_ptr<Disk> disk, fs::path path)
        : disk_(std::move(disk)), path_(std::move(path)) {}

    IOStatus Fsync(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
        const Guard guard(disk_->mutex);
        const auto failed = disk_->sync_names(path_);
        return failed ? status_of(*disk_, *failed) : IOStatus::OK();
    }
    IOStatus Close(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
        return IOStatus::OK();
    }

  private:
    std::shared_ptr<Disk> disk_;
    fs::path path_;
};

class Wrapper final : public rocksdb::FileSystemWrapper {
  public:
    explicit Wrapper(std::shared_ptr<Disk> disk)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(std::move(disk)) {}

    [[nodiscard]] const char* Name() const override { return "ParlourPowerCut"; }

    IOStatus NewWritableFile(const std::string& name,
                             const FileOptions& options,
                             std::unique_ptr<FSWritableFile>* file,
                             IODebugContext* debug) override {
        const fs::path path = fs::path(name).lexically_normal();
        if (!is_tracked(path)) return target_->NewWritableFile(name, options, file, debug);
        const Guard guard(disk_->mutex);
        if (const auto failed = disk_->name()) return status_of(*disk_, *failed);
        if (const auto before = disk_->find(path)) disk_->stash(before);
        std::unique_ptr<FSWritableFile> inner;
        auto status = target_->NewWritableFile(name, options, &inner, debug);
        if (!status.ok()) return status;
        auto inode = std::make_shared<Inode>(path, 0);
        disk_->change(path, {{path.filename().string(), inode}});
        *file = std::make_unique<WritableFile>(disk_, std::move(inner), std::move(inode));
        return status;
    }
    IOStatus ReopenWritableFile(const std::string& name,
                                const FileOptions& options,
                                std::unique_ptr<FSWritableFile>* file,
                                IODebugContext* debug) override {
        const fs::path path = fs::path(name).lexically_normal();
        const Guard guard(disk_->mutex);
        if (const auto failed = disk_->look(Call::kName)) return status_of(*disk_, *failed);
        auto inode = disk_->find(path);
        if (!inode) return IOStatus::NotSupported("a file that is not there");
        std::unique_ptr<FSWritableFile> inner;
        auto status = target_->ReopenWritableFile(name, options, &inner, debug);
        if (!status.ok()) return status;
        *file = std::make_unique<WritableFile>(disk_, std::move(inner), std::move(inode));
        return status;
    }
    IOStatus NewSequentialFile(const std::string& name,
                               const FileOptions& options,
                               std::unique_ptr<FSSequentialFile>* file,
                               IODebugContext* debug) override {
        return open_for_reading<SequentialFile>(file, [&](auto* inner) {
            return target_->NewSequentialFile(name, options, inner, debug);
        });
    }
    IOStatus NewRandomAccessFile(const std::string& name,
                                 const FileOptions& options,
                                 std::unique_ptr<FSRandomAccessFile>* file,
                                 IODebugContext* debug) override {
        return open_for_reading<RandomAccessFile>(file, [&](auto* inner) {
            return target_->NewRandomAccessFile(name, options, inner, debug);
        });
    }
    IOStatus NewDirectory(const std::string& name,
                          const IOOptions& /*options*/,
                          std::unique_ptr<FSDirectory>* directory,
                          IODebugContext* /*debug*/) override {
        const Guard guard(disk_->mutex);
        if (const auto failed = disk_->look(Call::kRead)) return status_of(*disk_, *failed);
        *directory = std::make_unique<Directory>(
            disk_, (fs::path(name).lexically_normal() / "").parent_path());
        return IOStatus::OK();
    }
    IOStatus DeleteFile(const std::string& name,
                        const IOOptions& options,
                        IODebugContext* debug) override {
        const fs::path path = fs::path(name).lexically_normal();
        if (!is_tracked(path)) return target_->DeleteFile(name, options, debug);
        const Guard guard(disk_->mutex);
        const auto inode = disk_->find(path);
        if (!inode) return IOStatus::PathNotFound(name);
        if (const auto failed = disk_->name()) return status_of(*disk_, *failed);
        disk_->stash(inode);
        disk_->change(path, {{path.filename().string(), nullptr}});
        return IOStatus::OK();
    }
    IOStatus RenameFile(const std::string& from,
                        const std::string& to,
                        const IOOptions& options,
                        IODebugContext* debug) override {
        const fs::path source = fs::path(from).lexically_normal();
        const fs::path goal = fs::path(to).lexically_normal();
        if (!is_tracked(source)) return target_->RenameFile(from, to, options, debug);
        const Guard guard(disk_->mutex);
        const auto inode = disk_->find(source);
        if (!inode) return IOStatus::PathNotFound(from);
        if (source.parent_path() != goal.parent_path()) return IOStatus::NotSupported("far away");
        if (const auto failed = disk_->name()) return status_of(*disk_, *failed);
        if (const auto before = disk_->find(goal)) disk_->stash(before);
        fs::rename(source, goal);
        inode->path = goal;
        disk_->change(goal,
                      {{source.filename().string(), nullptr}, {goal.filename().string(), inode}});
        return IOStatus::OK();
    }
    IOStatus Truncate(const std::string& name,
                      std::size_t size,
                      const IOOptions& options,
                      IODebugContext* debug) override {
        const Guard guard(disk_->mutex);
        if (const auto failed = disk_->look(Call::kWrite)) return status_of(*disk_, *failed);
        auto status = target_->Truncate(name, size, options, debug);
        const auto inode = disk_->find(fs::path(name).lexically_normal());
        if (status.ok() && inode) inode->cut_to(size);
        return status;
    }
    IOStatus LinkFile(const std::string& /*from*/,
                      const std::string& /*to*/,
                      const IOOptions& /*options*/,
                      IODebugContext* /*debug*/) override {
        return IOStatus::NotSupported("hard links");
    }
    IOStatus GetChildren(const std::string& name,
                         const IOOptions& options,
                         std::vector<std::string>* names,
                         IODebugContext* debug) override {
        const Guard guard(disk_->mutex);
        if (const auto failed = disk_->look(Call::kRead)) return status_of(*disk_, *failed);
        return target_->GetChildren(name, options, names, debug);
    }
    IOStatus GetFileSize(const std::string& name,
                         const IOOptions& options,
                         std::uint64_t* size,
                         IODebugContext* debug) override {
        const Guard guard(disk_->mutex);
        if (const auto failed = disk_->look(Call::kRead)) return status_of(*disk_, *failed);
        return target_->GetFileSize(name, options, size, debug);
    }
    IOStatus FileExists(const std::string& name,
                        const IOOptions& options,
                        IODebugContext* debug) override {
        const Guard guard(disk_->mutex);
        if (const auto failed = disk_->look(Call::kRead)) return status_of(*disk_, *failed);
        return target_->FileExists(name, options, debug);
    }

  private:
    template <class Wrapped, class File, class Open>
    IOStatus open_for_reading(std::unique_ptr<File>* file, Open open) {
        const Guard guard(disk_->mutex);
        if (const auto failed = disk_->look(Call::kRead)) return status_of(*disk_, *failed);
        std::unique_ptr<File> inner;
        auto status = open(&inner);
        if (status.ok()) *file = std::make_unique<Wrapped>(disk_, std::move(inner));
        return status;
    }

    std::shared_ptr<Disk> disk_;
};

}  // namespace

std::string name_of(Kind kind) {
    switch (kind) {
        case Kind::kIoError:
            return "EIO";
        case Kind::kNoSpace:
            return "ENOSPC";
        case Kind::kShortWrite:
            return "short write";
        case Kind::kFailedSync:
            return "failed sync";
    }
    return "?";
}

PowerCutFs::PowerCutFs(std::uint64_t seed)
    : disk_(std::make_shared<Disk>(seed)),
      env_(rocksdb::NewCompositeEnv(std::make_shared<Wrapper>(disk_))) {}

PowerCutFs::~PowerCutFs() = default;

rocksdb::Env* PowerCutFs::env() const {
    return env_.get();
}

void PowerCutFs::cut_at(std::uint64_t change) {
    const Guard guard(disk_->mutex);
    disk_->cut_change = disk_->changes + change;
}

void PowerCutFs::cut() {
    const Guard guard(disk_->mutex);
    disk_->off = true;
}

bool PowerCutFs::is_off() const {
    const Guard guard(disk_->mutex);
    return disk_->off;
}

void PowerCutFs::restore() {
    const Guard guard(disk_->mutex);
    disk_->restore();
}

std::uint64_t PowerCutFs::changes() const {
    const Guard guard(disk_->mutex);
    return disk_->changes;
}

void PowerCutFs::fail_at(Kind kind, std::uint64_t call, bool for_ever) {
    const Guard guard(disk_->mutex);
    disk_->fault = kind;
    disk_->fault_call = call;
    disk_->fault_for_ever = for_ever;
    disk_->fault_calls = 0;
    disk_->fault_met = false;
}

bool PowerCutFs::heal() {
    const Guard guard(disk_->mutex);
    disk_->fault.reset();
    return disk_->fault_met;
}

void PowerCutFs::lie_about_syncs() {
    const Guard guard(disk_->mutex);
    disk_->lying = true;
}

}  // namespace test_support
