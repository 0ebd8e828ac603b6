#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/live_hub.hpp"
#include "tests/gateway/live_follower.hpp"
#include "tests/projections/world.hpp"

// A hub over a log in memory and real views, single-threaded: nothing happens until settle() or
// turn().
namespace live_world {

struct LiveWorld : projections_test::World {
    LiveWorld()
        : store(open_store()),
          runner(log, partitions, *store, views()),
          hub({.log = log,
               .history = log,
               .keys = *keys,
               .store = *store,
               .conversations = conversations,
               .reached = [this](events::Partition p) { return runner.reached(p); },
               .executor = loop.get_executor(),
               .now_ms = [this] { return now_ms; }}) {
        given.commit(tenant, stream, projections_test::opened());
        show();
    }
    ~LiveWorld() {
        hub.stop();
        settle();
    }

    void settle() {
        loop.restart();
        loop.poll();
    }
    // One step of the hub's work; false when there was none.
    bool turn() {
        loop.restart();
        return loop.poll_one() > 0;
    }
    // Lets the views read everything and tells the hub.
    void show() {
        if (const auto done = runner.catch_up(); !done) {
            throw std::runtime_error(done.error().detail);
        }
        hub.moved();
    }
    void say(const std::string& text,
             projections_test::Author by = projections_test::Author::AUTHOR_VISITOR) {
        given.commit(tenant, stream, projections_test::said(text, by));
        show();
    }
    // Numbers as texts, counting on.
    void say(int count) {
        for (int i = 0; i < count; ++i) say(std::to_string(++said_last));
    }

    std::shared_ptr<Follower> follower(
        gateway::PositionForm form = gateway::PositionForm::kPlain) const {
        return std::make_shared<Follower>(tenant, form);
    }
    void follow(const std::shared_ptr<Follower>& who,
                const gateway::LiveTopic& what,
                std::optional<std::string> after = std::nullopt) {
        std::optional<gateway::LivePosition> position;
        if (after) position = position_of(*after, who->form());
        hub.subscribe(who, what, position);
    }
    [[nodiscard]] gateway::LivePosition position_of(const std::string& text,
                                                    gateway::PositionForm form) const {
        const auto tenant_keys = keys->tenant_keys(tenant);
        const auto position = gateway::parse_position(text, form, **tenant_keys, tenant);
        if (!position) throw std::runtime_error("no position: " + text);
        return *position;
    }
    // The position behind that commit, as this form has it.
    [[nodiscard]] std::string behind(std::uint64_t seq, gateway::PositionForm form) const {
        const auto tenant_keys = keys->tenant_keys(tenant);
        return gateway::to_text({.seq = events::Seq{seq}, .part = 0}, form, **tenant_keys, tenant);
    }
    [[nodiscard]] static gateway::LiveTopic topic_of(const events::StreamId& conversation) {
        return {.kind = gateway::TopicKind::kConversation, .id = conversation.uuid};
    }

    events::StreamId stream = projections_test::conversation_of(7);
    gateway::LiveTopic topic = topic_of(stream);
    gateway::LiveTopic inbox{.kind = gateway::TopicKind::kInbox,
                             .id = projections_test::uuid_of(102)};
    boost::asio::io_context loop;
    std::unique_ptr<projections::Store> store;
    projections::Runner runner;
    gateway::LiveHub hub;
    int said_last = 0;
};

inline std::vector<std::string> up_to(int last, int first = 1) {
    std::vector<std::string> texts;
    for (int i = first; i <= last; ++i) texts.push_back(std::to_string(i));
    return texts;
}

}  // namespace live_world
