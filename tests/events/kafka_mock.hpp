#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "events/kafka_client.hpp"

// A cluster of librdkafka's own making, in this program, that fails when it is told to. It neither
// compacts nor loses data.
namespace kafka_support {

class MockCluster {
  public:
    MockCluster(const std::string& topic, int partitions);
    ~MockCluster();
    MockCluster(const MockCluster&) = delete;
    MockCluster& operator=(const MockCluster&) = delete;

    [[nodiscard]] events::KafkaConnection connection() const;
    // Something goes wrong: a list of errors for a kind of request, a broker that goes or comes, a
    // slow one. Gives how many errors that injects.
    std::size_t disturb(std::mt19937_64& random);
    // Nothing is wrong any more.
    void heal();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kafka_support
