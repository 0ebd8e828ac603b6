#include "gateway/mail/wording.hpp"

namespace mail {
namespace {

using enum Part;

constexpr std::string_view kOnce =
    "The link works once and until {until}. Please do not pass it on.";
constexpr Block kFooter{
    kFinePrint, "This e-mail was sent automatically by {service}. Please do not reply to it."};

constexpr std::array kConfirm{
    Block{kParagraph, "Hello[ {name}],"},
    Block{kParagraph,
          "an account at {service} is to be opened with this address. Please confirm that it is "
          "yours:"},
    Block{kAction, "Confirm the address"},
    Block{kParagraph, kOnce},
    Block{kParagraph,
          "Was it not you? Then there is nothing to do: without your confirmation no account is "
          "opened."},
    kFooter};

constexpr std::array kKnown{
    Block{kParagraph, "Hello,"},
    Block{kParagraph,
          "somebody, probably you, wanted to open an account at {service} with this address. There "
          "is one already, and nothing about it was changed."},
    Block{kParagraph, "Log in with the password you have:"},
    Block{kAction, "Log in", Field::kLogInLink},
    Block{kParagraph, "Have you forgotten your password? Ask for a new one here:"},
    Block{kAction, "Ask for a new password", Field::kResetLink},
    Block{kParagraph, "Was it not you? Then there is nothing to do."},
    kFooter};

constexpr std::array kReset{
    Block{kParagraph, "Hello[ {name}],"},
    Block{kParagraph,
          "a new password was asked for, for your account at {service}. You can set it here:"},
    Block{kAction, "Set a new password"},
    Block{kParagraph, kOnce},
    Block{kParagraph,
          "Was it not you? Then there is nothing to do: the password you have stays valid."},
    kFooter};

constexpr std::array kExpert{
    Block{kParagraph, "Hello,"},
    Block{kParagraph,
          "you are invited to advise the visitors of the website of {company} as an expert.[ The "
          "invitation comes from {inviter}.]"},
    Block{kAction, "Accept the invitation"},
    Block{kParagraph, kOnce},
    Block{kParagraph, "Do you not know {company}? Then there is nothing to do."},
    kFooter};

constexpr std::array kAdmin{
    Block{kParagraph, "Hello,"},
    Block{kParagraph,
          "you are invited to administer {company} at {service}.[ The invitation comes from "
          "{inviter}.]"},
    Block{kAction, "Accept the invitation"},
    Block{kParagraph, kOnce},
    Block{kParagraph, "Do you not know {company}? Then there is nothing to do."},
    kFooter};

constexpr std::array kMissed{
    Block{kParagraph, "Hello[ {name}],"},
    Block{kParagraph, "while you were away, visitors of {company} wrote to you:"},
    Block{kParagraph, "[{conversations} conversations wait for you.]"},
    Block{kMessages, ""},
    Block{kParagraph, "[Further messages that are not shown here: {more}.]"},
    Block{kParagraph, "You can answer in the portal:"},
    Block{kAction, "Read the messages in the portal"},
    kFooter};

constexpr std::array kAnswer{
    Block{kParagraph, "Hello,"},
    Block{kParagraph, "there is an answer to your message to {company}. You can read it here:"},
    Block{kAction, "Read the answer"},
    Block{kParagraph,
          "You get this e-mail because your address was given at {company}. Was it not you? Then "
          "there is nothing to do; please do not open the link."},
    kFooter};

}  // namespace

constexpr Table kEnglishTable{
    .tag = "en",
    .wordings = {Wording{Kind::kConfirmEmail, "Please confirm your e-mail address", kConfirm},
                 Wording{Kind::kRegistrationForKnownAddress,
                         "There is already an account for your e-mail address",
                         kKnown},
                 Wording{Kind::kResetPassword, "Set a new password", kReset},
                 Wording{
                     Kind::kExpertInvitation, "Invitation as an expert[ of {company}]", kExpert},
                 Wording{Kind::kAdminInvitation, "Invitation to administer[ {company}]", kAdmin},
                 Wording{Kind::kMissedMessages, "New messages for you[ at {company}]", kMissed},
                 Wording{Kind::kAnswerWaiting, "You have an answer[ from {company}]", kAnswer}},
    .words = {.unnamed = "Without a name",
              .shortened = "… (shortened; the whole text is in the portal)"}};
static_assert(is_complete(kEnglishTable));

}  // namespace mail
