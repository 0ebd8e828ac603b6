#include "ops/import_desk.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "ops/printable.hpp"

namespace ops {
namespace {

constexpr std::string_view kInbox = "inbox";
constexpr std::chrono::milliseconds kLookWhetherToEnd{200};
// How long what was told too often may still be on its way at the end.
constexpr std::chrono::milliseconds kAfterTheLast{500};

std::string log_in_body(const PeopleOptions::Account& account) {
    std::string body = R"({"email":)";
    append_json_string(body, account.email);
    body += R"(,"password":)";
    append_json_string(body, account.password);
    return body + "}";
}

}  // namespace

void PeopleRun::fault(std::string_view where, std::string_view what) {
    ++counts.faults;
    run.console().note(fmt::format("{}: live: {}", where, what));
}

ImportRequests requests_of(PeopleRun& shared,
                           const std::string& local_address,
                           Headers credential,
                           std::string whose) {
    auto client = std::make_shared<gateway::Client>(
        shared.url, gateway::ClientOptions{.local_address = local_address});
    return {shared.run,
            shared.options,
            [client = std::move(client)](std::string_view method,
                                         const std::string& target,
                                         const Headers& headers,
                                         const std::string& body) {
                return client->request(method, target, headers, body);
            },
            std::move(credential),
            std::move(whose)};
}

std::optional<std::string> ticket_of(ImportRequests& requests) {
    const auto answer = requests.send({.target = "/api/v1/tickets", .key = {}, .body = {}});
    if (!answer || !is_done(*answer)) return std::nullopt;
    return text_member(answer->body, "ticket");
}

ExpertDesk::ExpertDesk(PeopleRun& shared, const PeopleOptions::Account& account, std::size_t number)
    : shared_(shared), account_(account), name_(fmt::format("expert {}", number)) {}

ExpertDesk::~ExpertDesk() = default;

bool ExpertDesk::log_in(ImportRequests& requests) {
    const auto answer =
        requests.send({.target = "/api/v1/sessions", .key = {}, .body = log_in_body(account_)});
    if (!answer) return false;
    const std::string cookie = answer->header("set-cookie");
    const std::string csrf = text_member(answer->body, "csrf_token");
    if (!is_done(*answer) || cookie.empty() || csrf.empty()) {
        shared_.run.stop(fmt::format("{} cannot log in: {}", name_, describe(*answer)));
        return false;
    }
    credential_ = {{"Cookie", cookie.substr(0, cookie.find(';'))}, {"X-CSRF-Token", csrf}};
    requests.set_credential(credential_);
    const auto me = requests.send({.method = "GET", .target = "/api/v1/me", .key = {}, .body = {}});
    if (!me) return false;
    id_ = text_member(me->body, "expert");
    if (id_.empty()) shared_.run.stop(fmt::format("{} is no expert of the company", name_));
    return !id_.empty();
}

bool ExpertDesk::sit_down() {
    requests_ = std::make_unique<ImportRequests>(
        requests_of(shared_, {}, {}, fmt::format("the log-in of {}", name_)));
    if (!log_in(*requests_)) return false;
    const auto present = requests_->send({.method = "PUT",
                                          .target = "/api/v1/me/presence",
                                          .key = {},
                                          .body = R"({"state":"online"})"});
    if (!present) return false;
    socket_ =
        std::make_unique<LiveSocket>(shared_.run, shared_.url, gateway::ClientOptions{}, [this] {
            return ticket_of(*requests_);
        });
    socket_->follow(std::string(kInbox), {});
    // Nothing may be said before the inbox listens.
    for (;;) {
        const auto note = socket_->next(kLookWhetherToEnd);
        if (note && note->kind == LiveNote::Kind::kSubscribed) break;
        if (note && note->kind == LiveNote::Kind::kRefused) {
            shared_.run.stop(fmt::format("{} cannot follow the inbox: {}", name_, note->code));
        }
        if (shared_.run.stopped()) return false;
    }
    ++shared_.counts.subscribers;
    listener_ = std::jthread([this](const std::stop_token& stop) { listen(stop, *socket_); });
    return true;
}

void ExpertDesk::listen(const std::stop_token& stop, LiveSocket& socket) {
    while (!stop.stop_requested() && !shared_.run.stopped()) {
        const auto note = socket.next(kLookWhetherToEnd);
        if (!note) continue;
        if (note->kind == LiveNote::Kind::kRefused) {
            shared_.fault(name_, fmt::format("the inbox is followed no longer: {}", note->code));
        } else if (note->kind == LiveNote::Kind::kMessage && note->topic == kInbox) {
            inbox_.told(note->conversation, note->message.id);
        } else if (note->topic != kInbox && !note->topic.empty()) {
            shared_.fault(name_, "was told of a topic that was not followed");
        }
    }
}

void ExpertDesk::stand_up(const std::map<std::string, std::string>& expert_of) {
    if (!listener_.joinable()) return;
    shared_.run.pause(kAfterTheLast);
    listener_.request_stop();
    listener_.join();
    shared_.counts.delivered += inbox_.delivered();
    shared_.counts.reconnected += socket_->reopened();
    if (inbox_.late() > 0) {
        shared_.fault(name_,
                      fmt::format("the inbox was told {} messages of conversations that were over",
                                  inbox_.late()));
    }
    for (const auto& conversation : inbox_.unsettled()) {
        const auto whose = expert_of.find(conversation);
        if (whose == expert_of.end() || whose->second == id_) continue;
        shared_.fault(name_, "the inbox was told of a conversation with another expert");
    }
}

}  // namespace ops
