#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/secret.hpp"
#include "gateway/mail/compose.hpp"
#include "gateway/mail/failure.hpp"

// Every mail there is, as its fields, and render(), which makes subject, text and HTML of them in
// German or English. All fields may hold anything that strangers typed. Links hold tokens, so they
// are as secret as names; see is_link() for what is one.
namespace mail {

enum class Kind : std::uint8_t {
    kConfirmEmail,
    kRegistrationForKnownAddress,
    kResetPassword,
    kExpertInvitation,
    kAdminInvitation,
    kMissedMessages,
    kAnswerWaiting,
};
inline constexpr std::size_t kKinds = 7;

struct ConfirmEmail {
    events::Personal name;  // may be empty
    events::Personal link;
    std::int64_t until_unix_ms = 0;  // when the link stops working
};

// To the owner of an account whose address somebody wanted to register again.
struct RegistrationForKnownAddress {
    events::Personal log_in_link;
    events::Personal reset_link;
};

struct ResetPassword {
    events::Personal name;  // may be empty
    events::Personal link;
    std::int64_t until_unix_ms = 0;
};

enum class InvitedAs : std::uint8_t { kExpert, kAdmin };

struct Invitation {
    InvitedAs role = InvitedAs::kExpert;
    events::Personal company;
    events::Personal inviter;  // may be empty
    events::Personal link;
    std::int64_t until_unix_ms = 0;
};

inline constexpr std::size_t kMissedShownMax = 20;
inline constexpr std::size_t kMissedTextBytesMax =
    1'000;  // of each; what is longer is cut and says so

struct MissedMessage {
    events::Personal visitor;  // may be empty
    std::int64_t sent_unix_ms = 0;
    events::Personal text;
    events::Personal link;  // to its conversation, below it; may be empty
};

// Of one conversation or of several.
struct MissedMessages {
    events::Personal name;  // the expert's; may be empty
    events::Personal company;
    // Conversation by conversation, oldest first; those beyond kMissedShownMax are counted.
    std::vector<MissedMessage> messages;
    std::size_t more = 0;           // how many more those conversations have
    std::size_t conversations = 1;  // how many wait, with those of which no message is here
    events::Personal link;
};

// To an address that nobody confirmed: a link, and nothing of the conversation.
struct AnswerWaiting {
    events::Personal company;
    events::Personal link;
};

using Mail = std::variant<ConfirmEmail,
                          RegistrationForKnownAddress,
                          ResetPassword,
                          Invitation,
                          MissedMessages,
                          AnswerWaiting>;

Kind kind_of(const Mail& mail);
// Stable, e.g. "confirm-email": for logs, metrics and whoever keeps a record of what was sent.
std::string_view name_of(Kind kind);

struct Setting {
    Language language = Language::kEnglish;
    std::string zone = "UTC";         // of the times in it, by its name in the time zone database
    std::string service = "Parlour";  // what this installation is called
};

struct Rendered {
    events::Personal subject;  // free of header_text_fault(), so it can be composed
    events::Personal text;
    events::Personal html;
};

// Names lose what hides or turns text; in HTML they are escaped and isolated. A company's name that
// cannot stand in a header is left out of the subject. Pure but for reading the time zone once;
// any thread.
// Fails with kPermanent "FIELD-missing" (company, messages), "FIELD-invalid" (link, log-in-link,
// reset-link, until, sent) or with kConfiguration "zone-unknown", "service-missing".
Result<Rendered> render(const Setting& setting, const Mail& mail);

}  // namespace mail
