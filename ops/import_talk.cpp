#include "ops/import_talk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "events/crypto.hpp"
#include "gateway/limits.hpp"
#include "ops/printable.hpp"

namespace ops {
namespace {

using Clock = std::chrono::steady_clock;

// How long a message may be on its way to somebody who listens.
constexpr std::chrono::seconds kHeardWithin{20};
constexpr std::string_view kConversations = "/api/v1/conversations";
constexpr std::string_view kFromTheBeginning = "0";

std::string topic_of(const std::string& conversation) {
    return "conversation:" + conversation;
}

// An address of the visitor's own, out of 127.0.0.0/8, towards a server on this machine: the server
// counts what strangers ask by where they come from. The same in every run.
std::string address_of(const ImportConversation& conversation, const gateway::Url& url) {
    if (!url.host.starts_with("127.")) return {};
    const auto digest = events::sha256({conversation.id});
    const auto part = [&digest](std::size_t at) {
        return std::to_integer<unsigned>(std::as_bytes(std::span(digest))[at]);
    };
    constexpr unsigned kPlaces = 254;
    return fmt::format("127.{}.{}.{}", part(0) % kPlaces + 1, part(1), part(2) % kPlaces + 1);
}

std::string identity_body(std::string_view name, std::string_view email) {
    std::string body = "{";
    if (!name.empty()) {
        body += R"("name":)";
        append_json_string(body, name);
    }
    if (!email.empty()) {
        body += name.empty() ? R"("email":)" : R"(,"email":)";
        append_json_string(body, email);
    }
    return body + "}";
}

std::string begin_body(const ImportTurn& turn, const std::string& expert) {
    std::string body = R"({"expert":)";
    append_json_string(body, expert);
    body += R"(,"text":)";
    append_json_string(body, turn.text);
    return body + "}";
}

}  // namespace

struct PeopleTalk::Ear {
    Ear(std::string name, LiveSocket& live) : who(std::move(name)), socket(live) {}
    std::string who;
    LiveSocket& socket;
    ConversationEar ear;
    bool deaf = false;  // a message was waited for in vain
};

struct PeopleTalk::Desk {
    Desk(PeopleRun& shared, ExpertDesk& at)
        : expert(at),
          requests(requests_of(
              shared, {}, at.credential(), fmt::format("the session of {}", at.name()))),
          socket(shared.run, shared.url, {}, [this] { return ticket_of(requests); }) {}
    ExpertDesk& expert;
    ImportRequests requests;
    LiveSocket socket;
};

struct PeopleTalk::Visit {
    Visit(PeopleRun& shared, const ImportConversation& from, const std::string& address)
        : conversation(from),
          where(fmt::format("{}:{}", from.file, from.line)),
          requests(requests_of(shared,
                               address,
                               {{"Origin", shared.people.origin}},
                               "the visitor or the site of --origin")),
          socket(shared.run, shared.url, {.local_address = address}, [this] {
              return ticket_of(requests);
          }) {}
    // Only while it is sent.
    const ImportConversation& conversation;
    const std::string where;
    ImportRequests requests;
    LiveSocket socket;
    std::string id;        // of the conversation, once it has begun
    std::string position;  // of its beginning
    std::vector<SaidMessage> said;
    std::optional<Ear> visitor;
    std::optional<Ear> expert;
    std::vector<Ear*> ears() {
        std::vector<Ear*> all;
        if (visitor) all.push_back(&*visitor);
        if (expert) all.push_back(&*expert);
        return all;
    }
};

PeopleTalk::PeopleTalk(PeopleRun& shared,
                       std::vector<std::unique_ptr<ExpertDesk>>& desks,
                       KeptVisitors& visitors,
                       TalkRegistry& registry)
    : shared_(shared), experts_(desks), visitors_(visitors), registry_(registry) {}

PeopleTalk::~PeopleTalk() {
    look_back();
    for (const auto& [expert, desk] : desks_) {
        while (const auto note = desk->socket.next_of_old()) {
            if (note->kind != LiveNote::Kind::kMessage) continue;
            shared_.fault(expert->name(), "was told a message of a conversation that was over");
        }
        shared_.counts.reconnected += desk->socket.reopened();
    }
}

// The same expert in every run.
PeopleTalk::Desk& PeopleTalk::desk_for(const ImportConversation& conversation) {
    const auto digest = events::sha256({conversation.id});
    const auto which = std::to_integer<std::size_t>(std::as_bytes(std::span(digest))[3]);
    ExpertDesk& expert = *experts_[which % experts_.size()];
    auto& desk = desks_[&expert];
    if (!desk) {
        desk = std::make_unique<Desk>(shared_, expert);
        ++shared_.counts.subscribers;
    }
    return *desk;
}

// The widget gives a visitor's token, the same visitor's if the visitor was here before.
bool PeopleTalk::open_widget(const ImportConversation& conversation, Visit& visit) {
    const std::string key = conversation_key(conversation.id);
    const auto kept = visitors_.find(key);
    if (kept) {
        visit.requests.set_credential(
            {{"Origin", shared_.people.origin}, {"Authorization", "Bearer " + kept->token}});
    }
    const auto answer = visit.requests.send(
        {.target = fmt::format("/api/v1/widget/{}/sessions", shared_.people.widget_key),
         .key = {},
         .body = {}});
    if (!answer) return false;
    const KeptVisitor now{.visitor = text_member(answer->body, "visitor"),
                          .token = text_member(answer->body, "token")};
    if (!is_done(*answer) || now.visitor.empty() || now.token.empty()) {
        shared_.run.stop(fmt::format("the widget cannot be opened: {}", describe(*answer)));
        return false;
    }
    if (kept && kept->visitor != now.visitor) {
        shared_.run.reject(conversation.file,
                           conversation.line,
                           "the server does not know its visitor any more (30 days)");
        return false;
    }
    if (!kept || kept->token != now.token) {
        if (const auto written = visitors_.keep(key, now); !written) {
            shared_.run.stop(written.error().detail);
            return false;
        }
    }
    visit.requests.set_credential({{"Authorization", "Bearer " + now.token}});
    return true;
}

// The person's data may be labelled wrongly in the source; that must not keep the messages out.
bool PeopleTalk::identify(const ImportConversation& conversation, Visit& visit) {
    if (conversation.name.empty() && conversation.email.empty()) return true;
    for (const auto& body : {identity_body(conversation.name, conversation.email),
                             identity_body(conversation.name, {})}) {
        if (body == "{}") break;
        const auto answer =
            visit.requests.send({.method = "PUT",
                                 .target = "/api/v1/visitor/identity",
                                 .key = conversation_key(conversation.id) + ":identity",
                                 .body = body});
        if (!answer) return false;
        if (is_done(*answer)) break;
    }
    return true;
}

std::unique_ptr<PeopleTalk::Visit> PeopleTalk::come(const ImportConversation& conversation) {
    auto visit =
        std::make_unique<Visit>(shared_, conversation, address_of(conversation, shared_.url));
    const bool good = open_widget(conversation, *visit) && identify(conversation, *visit);
    return good ? std::move(visit) : nullptr;
}

// Sends one message; false when it was not taken.
bool PeopleTalk::take_answer(const ImportTurn& turn,
                             const std::string& target,
                             ImportRequests& requests,
                             std::string body,
                             Visit& visit) {
    const auto& conversation = visit.conversation;
    const auto refuse = [&](std::string_view why) {
        shared_.run.reject(
            conversation.file, conversation.line, fmt::format("turn {}: {}", turn.index, why));
        return false;
    };
    if (body.size() > gateway::Limits{}.body_bytes_max) return refuse("the message is too long");
    const auto answer = requests.send({.target = target,
                                       .key = message_key(conversation.id, turn.index),
                                       .body = std::move(body)});
    if (!answer) return false;
    if (!is_done(*answer)) return refuse("refused: " + describe(*answer));
    const bool begins = visit.id.empty();
    if (begins) {
        visit.id = text_member(answer->body, "id");
        visit.position = text_member(answer->body, "position");
    }
    const bool repeated = answer->header("idempotency-replayed") == "true";
    ++(repeated ? shared_.run.duplicates : shared_.run.messages);
    visit.said.push_back({.message = {.id = text_member(answer->body, begins ? "message" : "id"),
                                      .from_visitor = turn.from_visitor,
                                      .text = turn.text},
                          .repeated = repeated});
    return true;
}

// False when it did not begin.
bool PeopleTalk::begin(const ImportTurn& turn, Visit& visit, Desk& desk) {
    if (!take_answer(turn,
                     std::string(kConversations),
                     visit.requests,
                     begin_body(turn, desk.expert.id()),
                     visit)) {
        return false;
    }
    registry_.note(visit.id, desk.expert.id());
    visit.visitor.emplace("the visitor", visit.socket);
    visit.expert.emplace(desk.expert.name(), desk.socket);
    come_to_listen(visit, visit.requests);
    return true;
}

// Where no visitor says a word, the company's own site opens the conversation; only the expert
// listens.
bool PeopleTalk::open_by_site(Visit& visit, Desk& desk) {
    const auto& conversation = visit.conversation;
    if (shared_.options.token.empty()) {
        shared_.run.reject(conversation.file,
                           conversation.line,
                           "no visitor's message to begin the conversation with, and no --token");
        return false;
    }
    auto site = requests_of(
        shared_, {}, {{"Authorization", "Bearer " + shared_.options.token}}, "the token");
    const auto answer = site.send({.target = std::string(kConversations),
                                   .key = conversation_key(conversation.id),
                                   .body = opening_body(kNeutralName, {}, desk.expert.id())});
    if (!answer) return false;
    if (!is_done(*answer)) {
        shared_.run.reject(conversation.file,
                           conversation.line,
                           "the conversation was refused: " + describe(*answer));
        return false;
    }
    visit.id = text_member(answer->body, "id");
    visit.position = text_member(answer->body, "position");
    registry_.note(visit.id, desk.expert.id());
    visit.expert.emplace(desk.expert.name(), desk.socket);
    come_to_listen(visit, site);
    return true;
}

bool PeopleTalk::say(const ImportTurn& turn, Visit& visit, Desk& desk) {
    const std::string target = fmt::format("{}/{}/messages", kConversations, visit.id);
    ImportRequests& requests = turn.from_visitor ? visit.requests : desk.requests;
    if (take_answer(turn, target, requests, message_body(turn), visit)) hear(visit);
    return !shared_.run.stopped();
}

// The order of the file, but that a visitor's message comes first. False when the run stops.
bool PeopleTalk::talk(Visit& visit, Desk& desk) {
    std::vector<const ImportTurn*> held;  // an expert's, until somebody has asked
    for (const auto& turn : visit.conversation.turns) {
        if (shared_.run.stopped()) return false;
        if (!visit.id.empty()) {
            say(turn, visit, desk);
        } else if (!turn.from_visitor) {
            held.push_back(&turn);
        } else if (begin(turn, visit, desk)) {
            hear(visit);
            if (!held.empty()) ++shared_.counts.reordered;
            for (const auto* const earlier : held) say(*earlier, visit, desk);
        }
    }
    if (visit.id.empty() && !held.empty() && open_by_site(visit, desk)) {
        for (const auto* const turn : held) say(*turn, visit, desk);
    }
    return !shared_.run.stopped();
}

// Both follow it from its beginning, once the views know of it.
void PeopleTalk::come_to_listen(Visit& visit, ImportRequests& requests) {
    requests.send(
        {.method = "GET",
         .target = fmt::format("{}/{}?min_position={}", kConversations, visit.id, visit.position),
         .key = {},
         .body = {}});
    for (auto* const ear : visit.ears()) {
        ear->socket.follow(topic_of(visit.id), std::string(kFromTheBeginning));
    }
    if (visit.visitor) ++shared_.counts.subscribers;
}

// Both have heard what was said last before anybody goes on.
void PeopleTalk::hear(Visit& visit) {
    for (auto* const ear : visit.ears()) {
        ear->ear.said(visit.said.back().message);
        listen(*ear, visit);
    }
}

void PeopleTalk::tell_faults(Ear& ear, const Visit& visit) {
    for (const auto& fault : ear.ear.take_faults()) {
        shared_.fault(visit.where, fmt::format("{} {}", ear.who, fault));
    }
}

void PeopleTalk::listen(Ear& ear, const Visit& visit) {
    const std::string topic = topic_of(visit.id);
    const auto asked = Clock::now();
    while (!ear.deaf && !ear.ear.is_complete() && !shared_.run.stopped()) {
        const auto since = std::max(asked, ear.socket.open_since());
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(since + kHeardWithin - Clock::now());
        if (left.count() <= 0) {
            ear.ear.give_up_next();
            ear.deaf = true;
        } else if (auto note = ear.socket.next(left); !note) {
            continue;
        } else if (note->kind == LiveNote::Kind::kRefused) {
            shared_.fault(visit.where, fmt::format("{} cannot follow: {}", ear.who, note->code));
            ear.deaf = true;
        } else if (note->kind == LiveNote::Kind::kMessage && note->topic == topic) {
            ++shared_.counts.delivered;
            ear.ear.told(std::move(note->message));
        } else if (note->kind == LiveNote::Kind::kMessage) {
            shared_.fault(visit.where,
                          fmt::format("{} was told a message of another conversation", ear.who));
        }
    }
    tell_faults(ear, visit);
}

// The inbox of the expert must have had it all too.
void PeopleTalk::hear_out(Visit& visit, Desk& desk) {
    desk.socket.unfollow(topic_of(visit.id));
    for (auto* const ear : visit.ears()) {
        ear->ear.finish();
        tell_faults(*ear, visit);
    }
    const auto faults =
        desk.expert.inbox().settle(visit.id, visit.said, Clock::now() + kHeardWithin);
    for (const auto& fault : faults) {
        shared_.fault(visit.where, fmt::format("{}: {}", desk.expert.name(), fault));
    }
}

// The visitor before has listened on meanwhile, and should have heard nothing.
void PeopleTalk::look_back() {
    if (!last_) return;
    while (const auto note = last_->socket.next_of_old()) {
        if (note->kind != LiveNote::Kind::kMessage) continue;
        shared_.fault(last_->where, "the visitor was told a message after the last");
    }
    shared_.counts.reconnected += last_->socket.reopened();
    last_.reset();
}

void PeopleTalk::send(const ImportConversation& conversation) {
    registry_.enter(conversation.id);
    send_now(conversation);
    registry_.leave(conversation.id);
}

void PeopleTalk::send_now(const ImportConversation& conversation) {
    auto visit = come(conversation);
    if (!visit) return;
    for (const std::size_t index : conversation.unusable_turns) {
        shared_.run.reject(conversation.file,
                           conversation.line,
                           fmt::format("turn {}: no text, or no speaker that is known", index));
    }
    Desk& desk = desk_for(conversation);
    const bool whole = talk(*visit, desk);
    if (!visit->id.empty() && whole) hear_out(*visit, desk);
    if (whole) ++shared_.run.conversations;
    look_back();
    last_ = std::move(visit);
}

}  // namespace ops
