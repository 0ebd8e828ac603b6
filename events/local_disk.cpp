#include "events/local_disk.hpp"

#include <rocksdb/file_system.h>

#include <chrono>
#include <thread>
#include <utility>

namespace events::local {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

class SlowFile final : public rocksdb::FSWritableFileOwnerWrapper {
  public:
    SlowFile(std::unique_ptr<FSWritableFile> file, std::chrono::microseconds delay)
        : FSWritableFileOwnerWrapper(std::move(file)), delay_(delay) {}

    IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
        const auto until = std::chrono::steady_clock::now() + delay_;
        auto status = FSWritableFileOwnerWrapper::Sync(options, debug);
        std::this_thread::sleep_until(until);
        return status;
    }
    IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
        const auto until = std::chrono::steady_clock::now() + delay_;
        auto status = FSWritableFileOwnerWrapper::Fsync(options, debug);
        std::this_thread::sleep_until(until);
        return status;
    }

  private:
    std::chrono::microseconds delay_;
};

class SlowDisk final : public rocksdb::FileSystemWrapper {
  public:
    explicit SlowDisk(std::chrono::microseconds delay)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), delay_(delay) {}

    [[nodiscard]] const char* Name() const override { return "ParlourSlowDisk"; }

    IOStatus NewWritableFile(const std::string& name,
                             const FileOptions& options,
                             std::unique_ptr<FSWritableFile>* file,
                             IODebugContext* debug) override {
        std::unique_ptr<FSWritableFile> inner;
        auto status = FileSystemWrapper::NewWritableFile(name, options, &inner, debug);
        if (status.ok()) *file = std::make_unique<SlowFile>(std::move(inner), delay_);
        return status;
    }

  private:
    std::chrono::microseconds delay_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_slow_disk(std::uint32_t flush_delay_us) {
    return rocksdb::NewCompositeEnv(
        std::make_shared<SlowDisk>(std::chrono::microseconds(flush_delay_us)));
}

}  // namespace events::local
