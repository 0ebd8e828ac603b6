#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <string>

#include "events/ids.hpp"
#include "events/secret.hpp"
#include "gateway/account_access.hpp"
#include "gateway/http.hpp"
#include "gateway/outcome.hpp"

// What registering as one of a company's people and as a company's customer have in common. Nothing
// that a stranger sees tells whether an address has an account.
namespace gateway {

struct Registering {
    events::Personal name;
    events::Personal email;
    std::string locale;
    std::optional<events::TenantId> company;  // a customer's
    events::Uuid account;
    events::Uuid credential;
};

// Name, address and language in a body; 422 for what is none.
Outcome<Registering> registering_in(const boost::json::object& object);

// Whether one more mail may go to an address.
bool may_mail(const AccountServices& accounts, const events::Personal& email);

// Keeps the password that the body has, and goes on after the answer: makes the account and asks
// its address to confirm it; a known address is told so instead. 202, or why not.
net::awaitable<Response> begin_registration(const AccountServices* accounts,
                                            boost::json::object body,
                                            Registering who);

// Takes the token of a mail and the password that the body has: else a stranger registers
// somebody's address with a password of his own, and its owner confirms it for him. Gives the
// account, whose address is confirmed; 410 "token-invalid" also for one of the other kind.
net::awaitable<Outcome<Shown>> confirm_registration(const AccountServices* accounts,
                                                    Request request,
                                                    bool customer);

}  // namespace gateway
