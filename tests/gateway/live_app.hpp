#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gateway/live_port.hpp"
#include "tests/gateway/raw_client.hpp"

// An application for WebSockets that remembers what happened, and waits for it with a deadline.
namespace test_support {

inline std::shared_ptr<const std::string> frame_of(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
}

class LiveApp {
  public:
    using Sink = std::shared_ptr<gateway::LiveSink>;
    // What an application does with a frame, on the I/O thread.
    using OnFrame = std::function<void(gateway::LiveSink&, std::string)>;

    explicit LiveApp(OnFrame on_frame = {}) : on_frame_(std::move(on_frame)) {}

    // To be served at /live; the app must outlive the server.
    std::map<std::string, gateway::LiveUpgrade, std::less<>> routes() {
        return {{"/live", [this](const gateway::Request& request, Sink sink) {
                     return accept(request, std::move(sink));
                 }}};
    }

    // The sink of the connection that opened as the nth, from 0; waits for it. None in time: null.
    Sink sink(std::size_t nth = 0) {
        wait_for([&] { return sinks_.size() > nth; });
        const std::lock_guard lock(mutex_);
        return nth < sinks_.size() ? sinks_[nth] : nullptr;
    }
    bool wait_for_frames(std::size_t count) {
        return wait_for([&] { return frames_.size() >= count; });
    }
    bool wait_for_closed(std::size_t count) {
        return wait_for([&] { return closed_ >= count; });
    }
    std::vector<std::string> frames() {
        const std::lock_guard lock(mutex_);
        return frames_;
    }
    std::size_t closed() {
        const std::lock_guard lock(mutex_);
        return closed_;
    }
    std::vector<gateway::Request> requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

  private:
    class Connection final : public gateway::LiveConnection {
      public:
        Connection(LiveApp& app, Sink sink) : app_(app), sink_(std::move(sink)) {}
        void on_frame(std::string frame) override {
            if (app_.on_frame_) app_.on_frame_(*sink_, frame);
            app_.change([&] { app_.frames_.push_back(std::move(frame)); });
        }
        void on_closed() override {
            app_.change([&] { ++app_.closed_; });
        }

      private:
        LiveApp& app_;
        Sink sink_;
    };

    std::expected<std::shared_ptr<gateway::LiveConnection>, gateway::Response> accept(
        const gateway::Request& request, Sink sink) {
        if (request.header("origin") == "https://foreign.example") {
            return std::unexpected(gateway::Response{.status = 403, .body = "\"foreign\""});
        }
        auto connection = std::make_shared<Connection>(*this, sink);
        change([&] {
            requests_.push_back(request);
            sinks_.push_back(std::move(sink));
        });
        return connection;
    }

    template <class Change>
    void change(Change change) {
        const std::lock_guard lock(mutex_);
        change();
        changed_.notify_all();
    }
    template <class Condition>
    bool wait_for(Condition condition) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kPatience, condition);
    }

    OnFrame on_frame_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Sink> sinks_;
    std::vector<gateway::Request> requests_;
    std::vector<std::string> frames_;
    std::size_t closed_ = 0;
};

inline void echo(gateway::LiveSink& sink, std::string text) {
    sink.send(frame_of(std::move(text)));
}

}  // namespace test_support
