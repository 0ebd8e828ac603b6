#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "events/commit.hpp"
#include "events/error.hpp"
#include "events/key_ring.hpp"
#include "events/log.hpp"
#include "gateway/http.hpp"
#include "gateway/live_position.hpp"
#include "gateway/live_protocol.hpp"
#include "gateway/live_topics.hpp"
#include "projections/conversation_view.hpp"
#include "projections/store.hpp"

// From a commit to what the followers of a topic are told of it.
namespace gateway {

// What live following works with; all borrowed.
struct LiveParts {
    events::Log& log;
    events::History& history;
    events::KeyRing& keys;
    projections::Store& store;
    const projections::ConversationView& conversations;
    // How far every view has read the partition: what lies before this may be told.
    std::function<events::Offset(events::Partition)> reached;
    net::any_io_executor executor;  // a pool's: what runs there reads the disk
    std::function<std::int64_t()> now_ms;
};

// One event in a topic, in no form yet.
struct LiveItem {
    LivePosition position;
    std::string event_json;
};
struct TopicItems {
    LiveTopic topic;
    std::vector<LiveItem> items;  // in order
};

// Which topics are asked for: making what nobody follows is spared.
struct WantedTopics {
    bool conversation = false;
    std::function<bool(const events::Uuid& expert)> inbox;  // empty: nobody's
};

// What a commit tells the topics of its conversation; nothing for a commit of another kind, and no
// inbox for a conversation that is being erased. kUnknownSchema, kDamaged, kStorage.
events::Result<std::vector<TopicItems>> topic_items(const LiveParts& parts,
                                                    const events::OpenedHeader& opened,
                                                    const events::Commit& commit,
                                                    const WantedTopics& wanted);

// A frame as it goes out, and behind which position its reader goes on.
struct ReadyFrame {
    LiveFrame frame;
    std::string position;  // as text; empty: it stands nowhere
};
events::Result<ReadyFrame> ready_frame(const LiveParts& parts,
                                       const events::TenantId& tenant,
                                       const LiveTopic& topic,
                                       PositionForm form,
                                       const LiveItem& item);

}  // namespace gateway
