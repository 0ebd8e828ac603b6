#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "commands/decider.hpp"
#include "events/crypto.hpp"
#include "events/secret.hpp"
#include "parlour/company/v1/events.pb.h"

// A company, the tenant: its name, its members and their roles, the API tokens its integrators use,
// and what it has decided about data.
namespace commands {

inline constexpr std::size_t kTermsFieldBytesMax = 200;

struct CreateCompany {
    events::Personal name;                // a name (commands/text.hpp)
    std::optional<events::Uuid> admin{};  // its first; nothing: somebody is invited
};

// What is absent stays as it is.
struct ChangeCompanyDetails {
    std::optional<events::Personal> name;
    std::optional<std::string> time_zone;  // of the IANA database: checked outside
    std::optional<std::string> locale;
};
inline constexpr std::size_t kTimeZoneBytesMax = 64;
inline constexpr std::string_view kTimeZoneRule =
    "A time zone is a name of the IANA database, such as \"Europe/Berlin\".";

// The token's text is made outside and shown once; only its SHA-256 comes here.
struct IssueApiToken {
    events::Uuid token;
    events::Digest token_sha256{};
    std::vector<parlour::company::v1::Scope> scopes;  // at least one, none twice
    events::Personal name{};                          // what it is for: a name, or empty
};
struct RevokeApiToken {
    events::Uuid token;
};

// Roles of a company; kOperator is none: it belongs to the machine. An account with a role is a
// member. Some admin who is not locked always stays.
struct GrantRoles {
    events::Uuid account;
    std::vector<parlour::company::v1::Role> roles;  // at least one
};
struct RevokeRole {
    events::Uuid account;
    parlour::company::v1::Role role{};
};
// A member has these roles from now on and no others; none: it is no member any more.
struct SetRoles {
    events::Uuid account;
    std::vector<parlour::company::v1::Role> roles;
};
struct LockMember {
    events::Uuid account;
};
struct UnlockMember {
    events::Uuid account;
};

struct AcceptProcessingTerms {
    events::Personal document;  // both 1 to kTermsFieldBytesMax bytes, not blank
    events::Personal version;
    std::string locale;
    events::Digest sha256{};
};
struct SetDataCollection {
    parlour::company::v1::DataCollectionChanged kept;
};

struct Company {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_COMPANY;
    using Event = parlour::company::v1::CompanyEvent;
    using Command = std::variant<CreateCompany,
                                 IssueApiToken,
                                 RevokeApiToken,
                                 GrantRoles,
                                 RevokeRole,
                                 SetRoles,
                                 LockMember,
                                 UnlockMember,
                                 AcceptProcessingTerms,
                                 SetDataCollection,
                                 ChangeCompanyDetails>;
    enum class Rejection : std::uint8_t {
        kAlreadyCreated,
        kNotCreated,
        kNameInvalid,
        kTokenExists,
        kTokenUnknown,
        kScopesInvalid,
        kRoleInvalid,
        kNotAMember,
        kLastAdmin,
        kTermsInvalid,
        kLocaleInvalid,
        kTimeZoneInvalid,
    };
    struct Member {
        std::set<parlour::company::v1::Role> roles;  // never empty
        bool locked = false;
    };
    struct Terms {
        std::string document;
        std::string version;
        std::string locale;
        std::string sha256;
        friend bool operator==(const Terms&, const Terms&) = default;
    };
    struct State {
        bool created = false;
        parlour::company::v1::CompanyDetailsChanged details;
        std::map<events::Uuid, bool> tokens;  // whether it is still good
        std::map<events::Uuid, Member> members;
        std::optional<Terms> terms;
        std::optional<parlour::company::v1::DataCollectionChanged> kept;
    };

    static Decision<Company> decide(const State& state,
                                    const Command& command,
                                    const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands
