#pragma once

#include <memory>
#include <string>
#include <vector>

#include "events/kafka_client.hpp"
#include "events/kafka_topics.hpp"

// Asks a cluster what it has, and makes topics. Every call blocks, at most kAdminSeconds.
namespace events {

inline constexpr int kAdminSeconds = 30;

class KafkaAdmin {
  public:
    // kUnavailable: no broker answers; the detail says why (refused log-in, untrusted certificate).
    static Result<KafkaAdmin> connect(const KafkaConnection& connection);

    // Brokers and those of the topics that there are. kUnavailable; kInvalidArgument: this user
    // may not ask, with the ACL that is missing.
    Result<ClusterFound> describe(const TopicsAsked& asked);

    // Makes those of the topics that are not there, waits until each partition has a leader, and
    // gives their names. `other` replaces values of topics_wanted and adds to them.
    Result<std::vector<std::string>> create(const TopicsAsked& asked, const TopicSettings& other);

    // Makes these, unless somebody else just did, and waits likewise.
    Status make(const std::vector<TopicWanted>& topics, const TopicSettings& other);
    // Removes them with all that they hold. The cluster goes on removing behind the answer.
    Status remove(const std::vector<std::string>& names);

  private:
    struct Session;
    explicit KafkaAdmin(std::shared_ptr<Session> session);
    std::shared_ptr<Session> session_;
};

// connect and describe in one: every difference between the cluster and what Parlour needs.
Result<std::vector<TopicFault>> check_topics(const KafkaConnection& connection,
                                             const TopicsAsked& asked);

}  // namespace events
