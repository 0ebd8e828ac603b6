#pragma once

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/live_hub.hpp"

// A follower of a hub that remembers what it was told, and whose socket can break.
namespace live_world {

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
    [[nodiscard]] std::optional<events::Uuid> session() const override { return portal_session; }
    [[nodiscard]] std::optional<events::Uuid> expert() const override { return portal_expert; }
    [[nodiscard]] std::size_t queued_bytes() const override { return queued; }
    void look_again() override { ++looks; }

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
    std::optional<events::Uuid> portal_session;
    std::optional<events::Uuid> portal_expert;
    int looks = 0;  // at its credential, as it was asked to

  private:
    events::TenantId tenant_;
    gateway::PositionForm form_;
    events::Uuid actor_;
};

}  // namespace live_world
