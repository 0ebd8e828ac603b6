#include "commands/session.hpp"

namespace commands {
namespace {

using Event = Session::Event;
using Rejection = Session::Rejection;
using State = Session::State;

Decision<Session> decide_one(const State& state, const StartSession& start) {
    if (state.started) return std::unexpected(Rejection::kAlreadyStarted);
    Event event;
    auto& started = *event.mutable_session_started();
    started.set_account_id(std::string(start.account.view()));
    started.set_token_sha256(start.token_sha256.data(), start.token_sha256.size());
    started.set_expires_unix_ms(start.expires_ms);
    started.set_credential_id(std::string(start.credential.view()));
    return std::vector{std::move(event)};
}

Decision<Session> decide_one(const State& state, const EndSession& end) {
    if (end.reason == parlour::session::v1::SESSION_END_UNSPECIFIED) {
        return std::unexpected(Rejection::kReasonUnspecified);
    }
    if (!state.started) return std::unexpected(Rejection::kNotStarted);
    if (state.ended) return std::vector<Event>{};
    Event event;
    event.mutable_session_ended()->set_reason(end.reason);
    return std::vector{std::move(event)};
}

}  // namespace

Decision<Session> Session::decide(const State& state, const Command& command, const Context&) {
    return std::visit([&](const auto& one) { return decide_one(state, one); }, command);
}

void Session::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kSessionStarted:
            state.started = true;
            break;
        case Event::kSessionEnded:
            state.ended = true;
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Session::describe(Rejection rejection) {
    switch (rejection) {
        case Rejection::kAlreadyStarted:
            return {RefusalKind::kConflict,
                    "session-already-started",
                    "The session was begun already."};
        case Rejection::kNotStarted:
            return {RefusalKind::kNotFound, "session-not-found", "There is no such session."};
        case Rejection::kReasonUnspecified:
            return {RefusalKind::kRefused, "reason-unspecified", "A reason must be named."};
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands
