#include "commands/mail.hpp"

namespace commands {
namespace {

using Event = Mail::Event;
using Rejection = Mail::Rejection;
using State = Mail::State;
using Events = std::vector<Event>;

Decision<Mail> decide_one(const State& state, const QueueMail& queue, const Context&) {
    if (state.queued) return Events{};
    if (queue.locale != "de" && queue.locale != "en") {
        return std::unexpected(Rejection::kLocaleUnknown);
    }
    if (queue.what == parlour::mail::v1::TEMPLATE_UNSPECIFIED ||
        queue.recipient_kind == parlour::mail::v1::RECIPIENT_KIND_UNSPECIFIED) {
        return std::unexpected(Rejection::kIncomplete);
    }
    Event event;
    auto& queued = *event.mutable_mail_queued();
    queued.set_template_(queue.what);
    queued.set_locale(queue.locale);
    queued.set_recipient_kind(queue.recipient_kind);
    queued.set_recipient_tenant(std::string(queue.recipient_tenant.view()));
    queued.set_recipient_id(std::string(queue.recipient.view()));
    if (queue.conversation) {
        queued.set_conversation_id(std::string(queue.conversation->view()));
        queued.set_from_version(queue.from.value);
        queued.set_up_to_version(queue.up_to.value);
    }
    return Events{std::move(event)};
}

// Whether an outcome is the one that is waited for.
bool is_next(const State& state, std::uint32_t attempt) {
    return !state.finished && attempt == state.attempts + 1;
}

Decision<Mail> decide_one(const State& state, const RecordMailSent& sent, const Context&) {
    if (!state.queued) return std::unexpected(Rejection::kNotQueued);
    if (!is_next(state, sent.attempt)) return Events{};
    Event event;
    event.mutable_mail_sent()->set_attempt(sent.attempt);
    return Events{std::move(event)};
}

Decision<Mail> decide_one(const State& state,
                          const RecordMailFailure& failure,
                          const Context& context) {
    if (!state.queued) return std::unexpected(Rejection::kNotQueued);
    if (!is_next(state, failure.attempt)) return Events{};
    Event event;
    if (failure.permanent || failure.attempt > kMailPauses.size()) {
        event.mutable_mail_given_up()->set_code(failure.code);
        return Events{std::move(event)};
    }
    auto& failed = *event.mutable_mail_failed();
    const std::chrono::milliseconds pause = kMailPauses.at(failure.attempt - 1);
    failed.set_attempt(failure.attempt);
    failed.set_code(failure.code);
    failed.set_next_attempt_unix_ms(context.now_ms + pause.count());
    return Events{std::move(event)};
}

Decision<Mail> decide_one(const State& state, const DropMail& drop, const Context&) {
    if (!state.queued) return std::unexpected(Rejection::kNotQueued);
    if (state.finished) return Events{};
    Event event;
    event.mutable_mail_dropped()->set_code(drop.code);
    return Events{std::move(event)};
}

}  // namespace

Decision<Mail> Mail::decide(const State& state, const Command& command, const Context& context) {
    return std::visit([&](const auto& one) { return decide_one(state, one, context); }, command);
}

void Mail::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kMailQueued:
            state.queued = true;
            break;
        case Event::kMailFailed:
            state.attempts = event.mail_failed().attempt();
            break;
        case Event::kMailSent:
        case Event::kMailGivenUp:
        case Event::kMailDropped:
            state.finished = true;
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Mail::describe(Rejection rejection) {
    switch (rejection) {
        case Rejection::kNotQueued:
            return {RefusalKind::kNotFound, "mail-not-found", "There is no such mail."};
        case Rejection::kLocaleUnknown:
            return {RefusalKind::kRefused, "locale-unknown", "A mail is in \"de\" or \"en\"."};
        case Rejection::kIncomplete:
            return {RefusalKind::kRefused,
                    "mail-incomplete",
                    "A mail names its template and whom it is for."};
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands
