#include "commands/visitor.hpp"

#include <vector>

#include "commands/text.hpp"

namespace commands {
namespace {

using events::Personal;
using parlour::visitor::v1::ConsentKind;
using parlour::visitor::v1::ConsentRecorded;
using parlour::visitor::v1::VisitorVerified;
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
    consent.set_widget_version(visit.widget_version.value);
    return event;
}

void open_session(const State& state, const Visit& visit, Events& events) {
    if (state.session_opened) return;
    Event event;
    event.mutable_visitor_session_opened()->set_widget_id(std::string(visit.widget.view()));
    events.push_back(std::move(event));
}

bool is_unverified(const Visit& visit) {
    return visit.vouched_wanted && !visit.vouched;
}

// Of two that differ the one issued later counts, whichever browser brings it.
bool is_news(const State& state, const Vouched& vouched) {
    if (!state.vouched) return true;
    const auto& known = *state.vouched;
    const bool same = known.subject.reveal() == vouched.subject.reveal() &&
                      known.name.reveal() == vouched.name.reveal() &&
                      known.email.reveal() == vouched.email.reveal();
    return !same && vouched.issued_unix_ms > known.issued_unix_ms;
}

Event verified(const Visit& visit, const Vouched& vouched) {
    Event event;
    auto& said = *event.mutable_visitor_verified();
    said.set_widget_id(std::string(visit.widget.view()));
    said.set_secret_id(std::string(vouched.secret.view()));
    said.set_subject(vouched.subject.reveal());
    said.set_name(vouched.name.reveal());
    said.set_email(vouched.email.reveal());
    said.set_issued_unix_ms(vouched.issued_unix_ms);
    return event;
}

// What must stand before anything that the visitor does.
Decision<Visitor> begin(const State& state, const Visit& visit) {
    if (is_unverified(visit)) return std::unexpected(Rejection::kVerificationMissing);
    Events events;
    open_session(state, visit, events);
    const auto given = consent_to(state, visit);
    if (visit.consent_must_be_said) {
        if (given != ConsentKind::CONSENT_KIND_EXPLICIT) {
            return std::unexpected(Rejection::kConsentMissing);
        }
    } else if (given == ConsentKind::CONSENT_KIND_UNSPECIFIED && !visit.policy_version.empty()) {
        events.push_back(consented(visit, ConsentKind::CONSENT_KIND_IMPLICIT));
    }
    if (visit.vouched && is_news(state, *visit.vouched)) {
        events.push_back(verified(visit, *visit.vouched));
    }
    return events;
}

bool is_known(const std::optional<Personal>& text) {
    return text && !text->empty();
}

Decision<Visitor> decide_one(const State& state, const BeginVisit& command) {
    const auto& visit = command.visit;
    // A code name will do.
    const bool named = is_known(state.name) || state.display_name ||
                       (visit.vouched && !visit.vouched->name.empty());
    const bool reached = is_known(state.email) || (visit.vouched && !visit.vouched->email.empty());
    if ((visit.name_wanted && visit.kept.name && !named) ||
        (visit.email_wanted && visit.kept.email && !reached)) {
        return std::unexpected(Rejection::kIdentityMissing);
    }
    return begin(state, visit);
}

Decision<Visitor> decide_one(const State& state, const GiveConsent& give) {
    if (is_unverified(give.visit)) return std::unexpected(Rejection::kVerificationMissing);
    if (give.visit.policy_version.empty()) return std::unexpected(Rejection::kPolicyUnstated);
    if (consent_to(state, give.visit) == ConsentKind::CONSENT_KIND_EXPLICIT) return Events{};
    Events events;
    open_session(state, give.visit, events);
    events.push_back(consented(give.visit, ConsentKind::CONSENT_KIND_EXPLICIT));
    return events;
}

Decision<Visitor> decide_one(const State& state, const IdentifyVisitor& identify) {
    const auto& name = identify.name.reveal();
    const auto& email = identify.email.reveal();
    const Kept& kept = identify.visit ? identify.visit->kept : identify.kept;
    const bool no_name_will_do = identify.visit ? !email.empty() : !kept.name;
    if (!(name.empty() && no_name_will_do) && !is_name(name)) {
        return std::unexpected(Rejection::kNameInvalid);
    }
    if (!email.empty() && !is_email(email)) return std::unexpected(Rejection::kEmailInvalid);
    if ((!name.empty() && !kept.name) || (!email.empty() && !kept.email)) {
        return std::unexpected(Rejection::kNotKept);
    }
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
    const Kept& kept = check_in.visit.kept;
    if (!kept.name || !kept.phone) return std::unexpected(Rejection::kNotKept);
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

Vouched vouched_in(const VisitorVerified& said) {
    return {.secret = events::Uuid::from_bytes(said.secret_id()).value_or(events::Uuid{}),
            .subject = Personal(said.subject()),
            .name = Personal(said.name()),
            .email = Personal(said.email()),
            .issued_unix_ms = said.issued_unix_ms()};
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
        case Event::kVisitorVerified:
            state.vouched = vouched_in(event.visitor_verified());
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
        case Rejection::kPolicyUnstated:
            return {RefusalKind::kRefused,
                    "policy-unstated",
                    "The company has stated no policy here, so there is nothing to consent to."};
        case Rejection::kIdentityMissing:
            return {RefusalKind::kRefused,
                    "identity-missing",
                    "This widget asks for a name or an address before the first message: send it "
                    "to /api/v1/visitor/identity."};
        case Rejection::kNotKept:
            return {RefusalKind::kRefused,
                    "not-collected",
                    "This company does not collect that; leave it out."};
        case Rejection::kVerificationMissing:
            return {RefusalKind::kRefused,
                    "verification-missing",
                    "Only visitors whom the company's own server vouches for write here."};
    }
    return {RefusalKind::kRefused, "refused", "The command was refused."};
}

}  // namespace commands
