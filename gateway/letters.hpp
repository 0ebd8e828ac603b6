#pragma once

#include <string>

#include "gateway/mail_dispatch.hpp"
#include "gateway/services.hpp"

// What the mails of the outbox say, and to whom: looked up in the views when a mail is sent, so
// that what was read, erased or is over meanwhile is not in it.
namespace gateway {

// `services` is borrowed and outlives the writer. `public_url`: where people reach the server, no
// slash at its end; every link leads there, with what it is about behind a "#", which no server
// sees: #conversation=ID, #confirm=TOKEN, #reset=TOKEN, #invitation=TOKEN, #log-in, #reset; for a
// visitor /answer#TOKEN, and for an expert with several conversations /portal.
LetterWriter letter_writer(const Services& services, std::string public_url);

}  // namespace gateway
