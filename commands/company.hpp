#pragma once

#include <set>
#include <variant>
#include <vector>

#include "commands/decider.hpp"
#include "events/crypto.hpp"
#include "events/secret.hpp"
#include "parlour/company/v1/events.pb.h"

// A company, the tenant: its name and the API tokens its integrators use.
namespace commands {

struct CreateCompany {
    events::Personal name;  // a name (commands/text.hpp)
};

// The token's text is made outside and shown once; only its SHA-256 comes here.
struct IssueApiToken {
    events::Uuid token;
    events::Digest token_sha256{};
    std::vector<parlour::company::v1::Scope> scopes;  // at least one, none twice
};

struct Company {
    static constexpr auto kKind = parlour::log::v1::STREAM_KIND_COMPANY;
    using Event = parlour::company::v1::CompanyEvent;
    using Command = std::variant<CreateCompany, IssueApiToken>;
    enum class Rejection : std::uint8_t {
        kAlreadyCreated,
        kNotCreated,
        kNameInvalid,
        kTokenExists,
        kScopesInvalid,
    };
    struct State {
        bool created = false;
        std::set<events::Uuid> tokens;
    };

    static Decision<Company> decide(const State& state,
                                    const Command& command,
                                    const Context& context);
    static void evolve(State& state, const Event& event);
    static RejectionText describe(Rejection rejection);
};

}  // namespace commands
