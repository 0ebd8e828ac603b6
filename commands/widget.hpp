#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "commands/decider.hpp"
#include "commands/stored_file.hpp"
#include "events/secret.hpp"
#include "parlour/widget/v1/events.pb.h"

// A widget: what a company puts on its site. Which key names it, how it looks and speaks, whom it
// shows, and which sites may show it.
namespace commands {

inline constexpr std::size_t kButtonLabelBytesMax = 100;
inline constexpr std::size_t kSloganBytesMax = 300;
inline constexpr std::size_t kWordingBytesMax = 2'000;
inline constexpr std::size_t kPolicyUrlBytesMax = 1'000;
inline constexpr std::size_t kPolicyVersionBytesMax = 64;
inline constexpr std::size_t kDomainBytesMax = 280;
inline constexpr std::size_t kDomainsMax = 50;
// In force at a time: one, and those that take its place while the company's servers change over.
inline constexpr std::size_t kIdentitySecretsMax = 4;
// What the policy's version is called until the company has said so.
inline constexpr std::string_view kPolicyVersionUnstated = "unstated";

// With settings to begin with: bottom right, English, name and address may be given, the first
// thing done is the consent.
struct CreateWidget {
    events::Personal name;  // a name
    events::Uuid key;       // the public key, without its tenant
};

struct RotateWidgetKey {
    events::Uuid key;  // the old one names nothing any more
};

// All settings; the policy's digest is empty or 32 bytes.
struct ChangeWidgetSettings {
    parlour::widget::v1::WidgetSettingsChanged settings;
};

// All of the look and wording; texts may be empty.
struct ChangeBranding {
    parlour::widget::v1::BrandingChanged branding;
};

// None: visitors cannot search.
struct ConfigureSearch {
    std::vector<parlour::widget::v1::SearchCriterion> criteria;  // none twice
};

struct PublishExpert {
    events::Uuid expert;
};
struct WithdrawExpert {
    events::Uuid expert;
};

// The domain in the one spelling that gateway/domain_pattern makes of it; the id is its keyed hash.
struct AllowDomain {
    events::Uuid id;
    events::Personal domain;
};
struct DisallowDomain {
    events::Uuid id;
};

// What a file of the widget is known by; its bytes lie beside the log (events/files.hpp).
struct StoreLogo {
    StoredFile file;
};
struct RemoveLogo {};

struct IssueIdentitySecret {
    events::Uuid secret;
};
struct RevokeIdentitySecret {
    events::Uuid secret;
};
// Only with a secret in force: else nobody could write.
struct DemandIdentity {
    bool required = false;
};

struct Widget {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_WIDGET;
    using Event = parlour::widget::v1::WidgetEvent;
    using Command = std::variant<CreateWidget,
                                 RotateWidgetKey,
                                 ChangeWidgetSettings,
                                 ChangeBranding,
                                 ConfigureSearch,
                                 PublishExpert,
                                 WithdrawExpert,
                                 AllowDomain,
                                 DisallowDomain,
                                 StoreLogo,
                                 RemoveLogo,
                                 IssueIdentitySecret,
                                 RevokeIdentitySecret,
                                 DemandIdentity>;
    enum class Rejection : std::uint8_t {
        kAlreadyCreated,
        kNotCreated,
        kNameInvalid,
        kSettingUnspecified,
        kLocaleUnknown,
        kPolicyInvalid,
        kPolicyMissing,
        kColourInvalid,
        kTextInvalid,
        kCriteriaInvalid,
        kDomainInvalid,
        kDomainsTooMany,
        kSecretsTooMany,
        kSecretUnknown,
        kSecretMissing,
    };
    struct State {
        bool created = false;
        events::Uuid key;
        parlour::widget::v1::WidgetSettingsChanged settings;
        parlour::widget::v1::BrandingChanged branding;
        bool branded = false;
        std::vector<parlour::widget::v1::SearchCriterion> criteria;
        std::set<events::Uuid> experts;
        std::set<events::Uuid> domains;
        std::optional<parlour::widget::v1::LogoStored> logo;
        std::map<events::Uuid, bool> secrets;  // whether it is still in force
        bool identity_required = false;
    };

    static Decision<Widget> decide(const State& state,
                                   const Command& command,
                                   const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands
