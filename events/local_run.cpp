#include "events/local_run.hpp"

#include <cstdint>
#include <cstring>

#include "events/bytes.hpp"

namespace events::local {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kHeadBytes = kLengthBytes + RecordKey::kSize;

}  // namespace

void append_to_run(std::string& run, const RecordKey& key, std::string_view frame) {
    append_number(run, static_cast<std::uint32_t>(frame.size()));
    run.append(key.view()).append(frame);
}

bool RunWalk::next() {
    if (rest_.empty() || damaged_) return false;
    if (rest_.size() < kHeadBytes) {
        damaged_ = true;
        return false;
    }
    const std::size_t size = get_number<std::uint32_t>(rest_.data());
    if (rest_.size() - kHeadBytes < size) {
        damaged_ = true;
        return false;
    }
    std::memcpy(key_.bytes.data(), rest_.data() + kLengthBytes, RecordKey::kSize);
    frame_ = rest_.substr(kHeadBytes, size);
    rest_.remove_prefix(kHeadBytes + size);
    ++next_.value;
    return true;
}

}  // namespace events::local
