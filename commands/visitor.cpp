#include "commands/visitor.hpp"

#include <vector>

#include "commands/text.hpp"

namespace commands {
namespace {

using events::Personal;
using parlour::visitor::v1::ConsentKind;
using parlour::visitor::v1::ConsentRecorded;
using Event = Visitor::Event;
using Rejection = Visitor::Rejection;
using State = Visitor::State;
using Events = std::vector<Event>;

bool equal(const std::optional<Personal>& known, const Personal& said) {
    return known && known->reveal() == said.reveal();
}

std::string digest_bytes(const std::optional<events::Digest>& digest) {
    if (!digest) return {};
    return {reinterpret_cast<const char*>(digest->data()), digest->size()};
}

std::string document_key(std::string_view version, std::string_view sha256) {
    return std::string(version).append(1, '\0').append(sha256);
}

ConsentKind consent_to(const State& state, const Visit& visit) {
    const auto key = document_key(visit.policy_version, digest_bytes(visit.policy_sha256));
    const auto given = state.consents.find(key);
    return given == state.consents.end() ? ConsentKind::CONSENT_KIND_UNSPECIFIED : given->second;
}

Event consented(const Visit& visit, ConsentKind kind) {
    Event event;
    auto& consent = *event.mutable_consent_recorded();
    consent.set_kind(kind);
    consent.set_widget_id(std::string(visit.widget.view()));
    consent.set_policy_version(visit.policy_version);
    consent.set_policy_sha256(digest_bytes(visit.policy_sha256));
    consent.set_locale(visit.locale);
    return event;
}

void open_session(const State& state, const Visit& visit, Events& events) {
    if (state.session_opened) return;
    Event event;
    event.mutable_visitor_session_opened()->set_widget_id(std::string(visit.widget.view()));
    events.push_back(std::move(event));
}

// What must stand before anything that the visitor does.
Decision<Visitor> begin(const State& state, const Visit& visit) {
    Events events;
    open_session(state, visit, events);
    const auto given = consent_to(state, visit);
    if (visit.consent_must_be_said) {
        if (given != ConsentKind::CONSENT_KIND_EXPLICIT) {
            return std::unexpected(Rejection::kConsentMissing);
        }
    } else if (given == ConsentKind::CONSENT_KIND_UNSPECIFIED) {
        events.push_back(consented(visit, ConsentKind::CONSENT_KIND_IMPLICIT));
    }
    return events;
}

bool is_known(const std::optional<Personal>& text) {
    return text && !text->empty();
}

Decision<Visitor> decide_one(const State& state, const BeginVisit& command) {
    const auto& visit = command.visit;
    if ((visit.name_wanted && !is_known(state.name)) ||
        (visit.email_wanted && !is_known(state.email))) {
        return std::unexpected(Rejection::kIdentityMissing);
    }
    return begin(state, visit);
}

Decision<Visitor> decide_one(const State& state, const GiveConsent& give) {
    if (consent_to(state, give.visit) == ConsentKind::CONSENT_KIND_EXPLICIT) return Events{};
    Events events;
    open_session(state, give.visit, events);
    events.push_back(consented(give.visit, ConsentKind::CONSENT_KIND_EXPLICIT));
    return events;
}

Decision<Visitor> decide_one(const State& state, const IdentifyVisitor& identify) {
    const auto& name = identify.name.reveal();
    const auto& email = identify.email.reveal();
    const bool address_will_do = identify.visit && name.empty() && !email.empty();
    if (!address_will_do && !is_name(name)) return std::unexpected(Rejection::kNameInvalid);
    if (!email.empty() && !is_email(email)) return std::unexpected(Rejection::kEmailInvalid);
    Decision<Visitor> events = identify.visit ? begin(state, *identify.visit) : Events{};
    if (!events) return events;
    if (equal(state.name, identify.name) && equal(state.email, identify.email)) return events;
    Event event;
    event.mutable_visitor_identified()->set_name(name);
    event.mutable_visitor_identified()->set_email(email);
    events->push_back(std::move(event));
    return events;
}

Decision<Visitor> decide_one(const State& state, const CheckInVisitor& check_in) {
    const auto& name = check_in.name.reveal();
    const auto& phone = check_in.phone.reveal();
    if (!is_name(name)) return std::unexpected(Rejection::kNameInvalid);
    if (!is_phone(phone)) return std::unexpected(Rejection::kPhoneInvalid);
    auto events = begin(state, check_in.visit);
    if (!events) return events;
    if (equal(state.checked_in_name, check_in.name) && equal(state.phone, check_in.phone)) {
        return events;
    }
    Event event;
    event.mutable_visitor_checked_in()->set_name(name);
    event.mutable_visitor_checked_in()->set_phone(phone);
    events->push_back(std::move(event));
    return events;
}

Decision<Visitor> decide_one(const State& state, const SetPersona& set) {
    if (!is_name(set.display_name.reveal())) return std::unexpected(Rejection::kNameInvalid);
    if (set.age_years > kAgeYearsMax) return std::unexpected(Rejection::kAgeInvalid);
    auto events = begin(state, set.visit);
    if (!events) return events;
    if (equal(state.display_name, set.display_name) && state.age_years == set.age_years) {
        return events;
    }
    Event event;
    event.mutable_persona_set()->set_display_name(set.display_name.reveal());
    event.mutable_persona_set()->set_age_years(set.age_years);
    events->push_back(std::move(event));
    return events;
}

Decision<Visitor> decide_one(const State& state, const RemovePersona&) {
    if (!state.display_name) return Events{};
    Event event;
    event.mutable_persona_removed();
    return Events{std::move(event)};
}

void evolve_consent(State& state, const ConsentRecorded& consent) {
    auto& kind = state.consents[document_key(consent.policy_version(), consent.policy_sha256())];
    if (kind != ConsentKind::CONSENT_KIND_EXPLICIT) kind = consent.kind();
}

}  // namespace

Decision<Visitor> Visitor::decide(const State& state, const Command& command, const Context&) {
    return std::visit([&](const auto& one) { return decide_one(state, one); }, command);
}

void Visitor::evolve(State& state, const Event& event) {
    switch (event.body_case()) {
        case Event::kVisitorIdentified:
            state.name.emplace(event.visitor_identified().name());
            state.email.emplace(event.visitor_identified().email());
            break;
        case Event::kVisitorSessionOpened:
            state.session_opened = true;
            break;
        case Event::kConsentRecorded:
            evolve_consent(state, event.consent_recorded());
            break;
        case Event::kVisitorCheckedIn:
            state.checked_in_name.emplace(event.visitor_checked_in().name());
            state.phone.emplace(event.visitor_checked_in().phone());
            break;
        case Event::kPersonaSet:
            state.display_name.emplace(event.persona_set().display_name());
            state.age_years = event.persona_set().age_years();
            break;
        case Event::kPersonaRemoved:
            state.display_name.reset();
            state.age_years = 0;
            break;
        case Event::BODY_NOT_SET:
            break;
    }
}

RejectionText Visitor::describe(Rejection rejection) {
    switch (rejection) {
        case Rejection::kNameInvalid:
            return {RefusalKind::kRefused, "name-invalid", kNameRule};
        case Rejection::kEmailInvalid:
            return {RefusalKind::kRefused, "email-invalid", kEmailRule};
        case Rejection::kPhoneInvalid:
            return {RefusalKind::kRefused, "phone-invalid", kPhoneRule};
        case Rejection::kAgeInvalid:
            return {RefusalKind::kRefused, "age-invalid", "An age is 0 (not said) to 150 years."};
        case Rejection::kConsentMissing:
            return {RefusalKind::kRefused,
                    "consent-missing",
                    "This widget asks for consent first: send it to /api/v1/visitor/consents."};
        case Rejection::kIdentityMissing:
            return {RefusalKind::kRefused,
                    "identity-missing",
                    "This widget asks for a name or an address before the first message: send it "
                    "to /api/v1/visitor/identity."};
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands
