#pragma once

#include "events/ids.hpp"
#include "events/secret.hpp"

// How an expert comes and goes: the part of the aggregate Expert that admins see. One is added
// without an account, or invited and later joined by an account, or enrolled as a member who is
// there already; deactivated and reactivated at any time.
namespace commands {

struct InviteExpert {
    events::Personal name;   // a name (commands/text.hpp)
    events::Personal email;  // an address
    events::Uuid invitation;
};
struct EnrolExpert {
    events::Personal name;
    events::Personal email;
    events::Uuid account;
};
struct JoinExpert {
    events::Uuid account;
};
struct DeactivateExpert {};
struct ReactivateExpert {};

}  // namespace commands
