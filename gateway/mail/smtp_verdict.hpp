#pragma once

#include <cstdint>

#include "gateway/mail/failure.hpp"

// What a failed SMTP session means, from how far it came and what the server said last.
namespace mail {

// What was sent last; a reply belongs to it.
enum class SmtpStage : std::uint8_t {
    kConnect,  // nothing: the reply is the greeting
    kHello,    // EHLO or HELO
    kStartTls,
    kLogin,
    kSender,     // MAIL FROM
    kRecipient,  // RCPT TO
    kData,       // DATA, and then the message itself
};

// The failure for a reply of 400 to 599.
Failure verdict_on_reply(SmtpStage stage, int reply);

// The failure for a code of libcurl (CURLcode) without such a reply.
Failure verdict_on_error(SmtpStage stage, int curl_code);

}  // namespace mail
