#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "commands/decider.hpp"
#include "events/crypto.hpp"
#include "events/secret.hpp"
#include "parlour/visitor/v1/events.pb.h"

// A visitor of a company's site, known by what the visitor said. Nothing of it is proven, so no two
// visitors are ever taken for one because they say the same. What the company's own server vouches
// for is kept apart from it.
namespace commands {

inline constexpr std::uint32_t kAgeYearsMax = 150;

// Who the visitor is, signed by the company's server.
struct Vouched {
    events::Uuid secret;       // by which it was signed
    events::Personal subject;  // a subject (commands/text.hpp)
    events::Personal name;     // a name, or empty
    events::Personal email;    // an address, or empty
    std::int64_t issued_unix_ms = 0;
};

// What of a visitor's data the company keeps; the rest is not taken.
struct Kept {
    bool name = true;
    bool email = true;
    bool phone = true;
};

// The widget that a visitor comes through, and its terms. With whatever the visitor does first goes
// the opening of the session and the consent, in the same commit.
struct Visit {
    events::Uuid widget;
    bool name_wanted = false;  // before the first message
    bool email_wanted = false;
    bool consent_must_be_said = false;  // else the first thing done is the consent, to a policy
    bool vouched_wanted = false;        // nobody else may write
    std::string policy_version;         // empty: none is stated, and none can be consented to
    std::optional<events::Digest> policy_sha256;
    std::string locale;
    events::Version widget_version{};  // whose settings these terms are
    Kept kept{};
    std::optional<Vouched> vouched{};  // of this visitor; goes with the consent, too
};

// Before the visitor's first message. Nothing to do when it was done on these terms.
struct BeginVisit {
    Visit visit;
};

// The visitor says yes to the policy of these terms.
struct GiveConsent {
    Visit visit;
};

// May be said again, otherwise. Through a widget an address alone will do; an integrator leaves out
// the name where the company keeps none.
struct IdentifyVisitor {
    events::Personal name;       // a name (commands/text.hpp)
    events::Personal email;      // empty, or an address
    std::optional<Visit> visit;  // nothing: said by an integrator for the visitor
    Kept kept{};                 // by the company, where there is no visit
};

struct CheckInVisitor {
    events::Personal name;
    events::Personal phone;  // a telephone number (commands/text.hpp)
    Visit visit;
};

// A first name or a code name will do.
struct SetPersona {
    events::Personal display_name;  // a name
    std::uint32_t age_years = 0;    // 0: not said; at most kAgeYearsMax
    Visit visit;
};

struct RemovePersona {};

struct Visitor {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_VISITOR;
    using Event = parlour::visitor::v1::VisitorEvent;
    using Command = std::variant<BeginVisit,
                                 GiveConsent,
                                 IdentifyVisitor,
                                 CheckInVisitor,
                                 SetPersona,
                                 RemovePersona>;
    enum class Rejection : std::uint8_t {
        kNameInvalid,
        kEmailInvalid,
        kPhoneInvalid,
        kAgeInvalid,
        kConsentMissing,
        kPolicyUnstated,
        kIdentityMissing,
        kVerificationMissing,
        kNotKept,
    };
    struct State {
        bool session_opened = false;
        // By policy version and digest: how it was consented to, explicit if ever.
        std::map<std::string, parlour::visitor::v1::ConsentKind> consents;
        std::optional<events::Personal> name, email;
        std::optional<events::Personal> checked_in_name, phone;
        std::optional<events::Personal> display_name;
        std::uint32_t age_years = 0;
        std::optional<Vouched> vouched;
    };

    static Decision<Visitor> decide(const State& state,
                                    const Command& command,
                                    const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands
