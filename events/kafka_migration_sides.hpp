#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/crypto.hpp"
#include "events/kafka_engine.hpp"
#include "events/kafka_side.hpp"
#include "events/key_ring_store.hpp"
#include "events/local_log.hpp"

// What a migration does with the topics beside the log: rows under a name, of which the source has
// some and the topic holds some.
namespace events::kafka {

class MovedRows : public Sink {
  public:
    MovedRows(std::size_t topic, std::uint16_t partitions) : topic_(topic), claims_(partitions) {}

    // Appends what the topic lacks. Each partition is claimed first, so that what an earlier
    // migration still has under way is void.
    Status move(Engine& engine, std::size_t batch);
    // What the topic has and the source does not, or otherwise. Empty: nothing.
    [[nodiscard]] std::optional<std::string> foreign();
    // The names that the topic lacks.
    [[nodiscard]] std::size_t lacking();
    [[nodiscard]] std::size_t size() const { return wanted_.size(); }

    Result<std::optional<Mark>> mark(Partition) override { return std::nullopt; }
    Result<std::optional<ClaimRef>> in_force(Partition) override { return std::nullopt; }
    Status take(const Back& back) override;
    Status write() override { return {}; }

  protected:
    struct Wanted {
        Partition partition;
        Digest digest;
    };
    void want(std::string name, Partition partition, const Digest& digest) {
        wanted_.insert_or_assign(std::move(name), Wanted{partition, digest});
    }
    void found(std::string name, const Digest& digest) {
        there_.insert_or_assign(std::move(name), digest);
    }
    void gone(const std::string& name) { there_.erase(name); }

    // Of records that count; with the lock held. Calls found() and gone().
    virtual Status take(const SideRecord& side) = 0;
    // Records that go before a partition's first.
    virtual Status begin(Partition partition, SideRecord& under, std::vector<Outgoing>& out) = 0;
    // The record of a name.
    virtual Result<Outgoing> record_of(const std::string& name, SideRecord& under) = 0;

  private:
    std::vector<std::string> lacking(Partition partition);
    Result<ClaimRef> claim(Engine& engine, Partition partition);
    Status move(Engine& engine, Partition partition, std::size_t batch);

    const std::size_t topic_;
    std::map<std::string, Wanted> wanted_;
    std::mutex mutex_;
    std::map<std::string, Digest> there_;          // under mutex_
    std::vector<std::optional<ClaimRef>> claims_;  // in force, by partition; under mutex_
};

class MovedKeys final : public MovedRows {
  public:
    // Reads the ring's rows.
    static Result<std::unique_ptr<MovedKeys>> of(RingStore& ring,
                                                 std::string check,
                                                 std::size_t topic,
                                                 std::uint16_t partitions);

  private:
    MovedKeys(RingStore& ring, std::string check, std::size_t topic, std::uint16_t partitions);
    Status want_row(std::string_view key, std::string_view value);
    Status take(const SideRecord& side) override;
    Status begin(Partition partition, SideRecord& under, std::vector<Outgoing>& out) override;
    Result<Outgoing> record_of(const std::string& name, SideRecord& under) override;

    RingStore& ring_;
    const std::string check_;
    const std::uint16_t partitions_;
    std::map<std::string, bool> checked_;  // the checks that the topic holds
};

class MovedFiles final : public MovedRows {
  public:
    static Result<std::unique_ptr<MovedFiles>> of(LocalLog& log,
                                                  std::size_t topic,
                                                  std::uint16_t partitions);

  private:
    MovedFiles(LocalLog& log, std::size_t topic, std::uint16_t partitions);
    Status take(const SideRecord& side) override;
    Status begin(Partition, SideRecord&, std::vector<Outgoing>&) override { return {}; }
    Result<Outgoing> record_of(const std::string& name, SideRecord& under) override;

    struct Chunk {
        FilePlace place;
        std::uint32_t index;
    };
    LocalLog& log_;
    std::map<std::string, Chunk> chunks_;
    // The file whose chunks were asked for last: they come one after the other.
    std::optional<FilePlace> open_;
    std::vector<std::string> frames_;
};

}  // namespace events::kafka
