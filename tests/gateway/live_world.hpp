#pragma once

#include <boost/asio/io_context.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/live_hub.hpp"
#include "tests/projections/world.hpp"

// A hub over a log in memory and real views, single-threaded: nothing happens until settle() or
// turn(). And a follower that remembers what it was told.
namespace live_world {

using namespace projections_test;

class Follower final : public gateway::LiveSubscriber {
  public:
    struct Told {
        gateway::LiveTopic topic;
        gateway::LiveFrame frame;
        std::string position;

        [[nodiscard]] boost::json::object json() const {
            return boost::json::parse(*frame).as_object();
        }
        [[nodiscard]] std::string text(const char* member) const {
            const auto object = json();
            const auto* const value = object.if_contains(member);
            return value != nullptr && value->is_string() ? std::string(value->as_string())
                                                          : std::string();
        }
        [[nodiscard]] std::string op() const { return text("op"); }
        // The event object; empty for a frame that is none.
        [[nodiscard]] boost::json::object event() const {
            const auto object = json();
            const auto* const value = object.if_contains("event");
            return value != nullptr ? value->as_object() : boost::json::object{};
        }
    };

    Follower(const events::TenantId& tenant, gateway::PositionForm form, events::Uuid actor = {})
        : tenant_(tenant), form_(form), actor_(actor) {}

    [[nodiscard]] events::TenantId tenant() const override { return tenant_; }
    [[nodiscard]] gateway::PositionForm form() const override { return form_; }
    [[nodiscard]] events::Uuid actor() const override { return actor_; }
    void deliver(const gateway::LiveTopic& topic,
                 const gateway::LiveFrame& frame,
                 std::string_view position) override {
        if (frames_left == 0) return;  // the socket is gone
        if (frames_left) --*frames_left;
        told.push_back({topic, frame, std::string(position)});
        if (!position.empty()) last_position = position;
    }
    [[nodiscard]] std::size_t queued_bytes() const override { return queued; }

    // The texts of the messages told, in order.
    [[nodiscard]] std::vector<std::string> texts() const {
        std::vector<std::string> texts;
        for (const auto& one : told) {
            const auto event = one.event();
            const auto* const text = event.if_contains("text");
            if (text != nullptr) texts.emplace_back(text->as_string());
        }
        return texts;
    }
    // The types of the events told, in order.
    [[nodiscard]] std::vector<std::string> types() const {
        std::vector<std::string> types;
        for (const auto& one : told) {
            const auto event = one.event();
            if (event.contains("type")) types.emplace_back(event.at("type").as_string());
        }
        return types;
    }

    std::vector<Told> told;
    std::string last_position;
    std::optional<std::size_t> frames_left;  // then the socket breaks; nothing: never
    std::size_t queued = 0;

  private:
    events::TenantId tenant_;
    gateway::PositionForm form_;
    events::Uuid actor_;
};

struct LiveWorld : World {
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
        given.commit(tenant, stream, opened());
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
    void say(const std::string& text, Author by = Author::AUTHOR_VISITOR) {
        given.commit(tenant, stream, said(text, by));
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

    events::StreamId stream = conversation_of(7);
    gateway::LiveTopic topic = topic_of(stream);
    gateway::LiveTopic inbox{.kind = gateway::TopicKind::kInbox, .id = uuid_of(102)};
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
