#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "events/secret.hpp"
#include "gateway/mail/failure.hpp"

// One mail as bytes: RFC 5322 with MIME. What would break out of a header is refused, never
// cleaned.
namespace mail {

inline constexpr std::size_t kDisplayNameBytesMax = 200;
inline constexpr std::size_t kSubjectBytesMax = 400;
inline constexpr std::size_t kTextBytesMax = std::size_t{256} * 1024;
inline constexpr std::size_t kHtmlBytesMax = std::size_t{512} * 1024;
inline constexpr std::size_t kUrlBytesMax = 900;  // with its field name on one line of 998

enum class Language : std::uint8_t { kGerman, kEnglish };

struct Mailbox {
    events::Personal name;     // may be empty
    events::Personal address;  // one address, see address.hpp
};

struct Message {
    Mailbox from;
    Mailbox to;
    events::Personal subject;
    events::Personal text;  // UTF-8, not empty; line ends LF or CR LF, one is added at the end
    events::Personal html;  // the same as HTML; empty: none
    // <hex@domain>. The caller's, and the same for every attempt to send the same mail, so that a
    // mail that arrives twice is seen to be one.
    std::string message_id;
    std::int64_t date_unix_ms = 0;
    Language language = Language::kEnglish;
    bool auto_submitted = true;   // Auto-Submitted: auto-generated (RFC 3834)
    std::string list_id;          // a domain of RFC 2919, without brackets; empty: no such field
    std::string unsubscribe_url;  // https; empty: no List-Unsubscribe
};

// A message ready to be sent; only compose() makes one, so its parts are known to be well-formed.
class Composed {
  public:
    [[nodiscard]] const events::Personal& recipient() const { return recipient_; }
    // ASCII in lines of at most 998 bytes that end in CRLF; dots are not doubled.
    [[nodiscard]] const events::Personal& bytes() const { return bytes_; }

  private:
    friend Result<Composed> compose(const Message& message);
    Composed(events::Personal recipient, events::Personal bytes)
        : recipient_(std::move(recipient)), bytes_(std::move(bytes)) {}

    events::Personal recipient_;
    events::Personal bytes_;
};

// The same message gives the same bytes. Pure; any thread.
// Fails with kPermanent, or with kConfiguration where it is the sender's address, name or list that
// is wrong. Codes are PART-FAULT: "recipient-" and "sender-" with a fault of address_fault();
// "recipient-name-", "sender-name-" and "subject-" with one of header_text_fault();
// "subject-missing"; "text-missing", "text-not-utf8", "text-has-nul", "text-too-long" and the same
// for "html-" but missing; "message-id-invalid", "date-invalid", "list-id-invalid",
// "unsubscribe-url-invalid".
Result<Composed> compose(const Message& message);

}  // namespace mail
