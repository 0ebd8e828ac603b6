#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <utility>

// A value for each of the keys that were used last: so many, and no more. Not for many threads.
namespace gateway {

template <class Value>
class RecentKeys {
  public:
    explicit RecentKeys(std::size_t keys_max) : keys_max_(keys_max) {}

    // The value of a key, a new one when there is none; that of the key used longest ago goes for
    // it. Borrowed until the next call.
    Value& of(std::uint64_t key) {
        if (const auto found = by_key_.find(key); found != by_key_.end()) {
            recent_.splice(recent_.begin(), recent_, found->second);
            return found->second->second;
        }
        if (recent_.size() >= keys_max_) {
            by_key_.erase(recent_.back().first);
            recent_.pop_back();
        }
        recent_.emplace_front(key, Value{});
        by_key_.emplace(key, recent_.begin());
        return recent_.front().second;
    }
    void erase(std::uint64_t key) {
        const auto found = by_key_.find(key);
        if (found == by_key_.end()) return;
        recent_.erase(found->second);
        by_key_.erase(found);
    }
    [[nodiscard]] std::size_t size() const { return recent_.size(); }

  private:
    using Recent = std::list<std::pair<std::uint64_t, Value>>;
    std::size_t keys_max_;
    Recent recent_;  // used last first
    std::unordered_map<std::uint64_t, typename Recent::iterator> by_key_;
};

}  // namespace gateway
