#include "gateway/mail/wording.hpp"

namespace mail {
namespace {

using enum Part;

constexpr std::string_view kOnce =
    "Der Link kann einmal verwendet werden und gilt bis {until}. Geben Sie ihn nicht weiter.";
constexpr Block kFooter{
    kFinePrint,
    "Diese E-Mail wurde automatisch von {service} verschickt. Bitte antworten Sie nicht darauf."};

constexpr std::array kConfirm{
    Block{kParagraph, "Guten Tag[ {name}],"},
    Block{kParagraph,
          "mit dieser Adresse soll ein Konto bei {service} angelegt werden. Bitte bestätigen Sie, "
          "dass sie Ihnen gehört:"},
    Block{kAction, "E-Mail-Adresse bestätigen"},
    Block{kParagraph, kOnce},
    Block{kParagraph,
          "Haben Sie kein Konto angelegt? Dann brauchen Sie nichts zu tun: Ohne Ihre Bestätigung "
          "wird es nicht eröffnet."},
    kFooter};

constexpr std::array kKnown{
    Block{kParagraph, "Guten Tag,"},
    Block{kParagraph,
          "jemand, vermutlich Sie selbst, wollte mit dieser Adresse ein Konto bei {service} "
          "anlegen. Es gibt aber schon eines, und es wurde nichts daran geändert."},
    Block{kParagraph, "Melden Sie sich mit Ihrem bisherigen Passwort an:"},
    Block{kAction, "Anmelden", Field::kLogInLink},
    Block{kParagraph, "Haben Sie Ihr Passwort vergessen? Hier können Sie ein neues anfordern:"},
    Block{kAction, "Neues Passwort anfordern", Field::kResetLink},
    Block{kParagraph, "Waren Sie das nicht? Dann brauchen Sie nichts zu tun."},
    kFooter};

constexpr std::array kReset{
    Block{kParagraph, "Guten Tag[ {name}],"},
    Block{kParagraph,
          "für Ihr Konto bei {service} wurde ein neues Passwort angefordert. Hier können Sie es "
          "festlegen:"},
    Block{kAction, "Neues Passwort festlegen"},
    Block{kParagraph, kOnce},
    Block{kParagraph,
          "Haben Sie kein neues Passwort angefordert? Dann brauchen Sie nichts zu tun: Ihr "
          "bisheriges Passwort gilt weiter."},
    kFooter};

constexpr std::array kExpert{
    Block{kParagraph, "Guten Tag,"},
    Block{kParagraph,
          "Sie sind eingeladen, für {company} als Expertin oder Experte die Besucherinnen und "
          "Besucher der Website zu beraten.[ Die Einladung kommt von {inviter}.]"},
    Block{kAction, "Einladung annehmen"},
    Block{kParagraph, kOnce},
    Block{kParagraph, "Kennen Sie {company} nicht? Dann brauchen Sie nichts zu tun."},
    kFooter};

constexpr std::array kAdmin{
    Block{kParagraph, "Guten Tag,"},
    Block{kParagraph,
          "Sie sind eingeladen, {company} bei {service} zu verwalten.[ Die Einladung kommt von "
          "{inviter}.]"},
    Block{kAction, "Einladung annehmen"},
    Block{kParagraph, kOnce},
    Block{kParagraph, "Kennen Sie {company} nicht? Dann brauchen Sie nichts zu tun."},
    kFooter};

constexpr std::array kMissed{
    Block{kParagraph, "Guten Tag[ {name}],"},
    Block{kParagraph,
          "während Ihrer Abwesenheit haben Ihnen Besucherinnen und Besucher von {company} "
          "geschrieben:"},
    Block{kParagraph, "[Es warten {conversations} Gespräche auf Sie.]"},
    Block{kMessages, ""},
    Block{kParagraph, "[Weitere Nachrichten, die hier nicht stehen: {more}.]"},
    Block{kParagraph, "Ihre Antworten schreiben Sie im Portal:"},
    Block{kAction, "Nachrichten im Portal lesen"},
    kFooter};

constexpr std::array kAnswer{
    Block{kParagraph, "Guten Tag,"},
    Block{kParagraph,
          "auf Ihre Nachricht an {company} gibt es eine Antwort. Sie können sie hier lesen:"},
    Block{kAction, "Antwort lesen"},
    Block{kParagraph,
          "Sie erhalten diese E-Mail, weil bei {company} Ihre Adresse angegeben wurde. Haben Sie "
          "dort nicht geschrieben? Dann brauchen Sie nichts zu tun; öffnen Sie den Link bitte "
          "nicht."},
    kFooter};

}  // namespace

constexpr Table kGermanTable{
    .tag = "de",
    .wordings = {Wording{Kind::kConfirmEmail, "Bitte bestätigen Sie Ihre E-Mail-Adresse", kConfirm},
                 Wording{Kind::kRegistrationForKnownAddress,
                         "Für Ihre E-Mail-Adresse gibt es schon ein Konto",
                         kKnown},
                 Wording{Kind::kResetPassword, "Neues Passwort festlegen", kReset},
                 Wording{Kind::kExpertInvitation,
                         "Einladung als Expertin oder Experte[ bei {company}]",
                         kExpert},
                 Wording{
                     Kind::kAdminInvitation, "Einladung zur Verwaltung[ von {company}]", kAdmin},
                 Wording{
                     Kind::kMissedMessages, "Neue Nachrichten für Sie[ bei {company}]", kMissed},
                 Wording{Kind::kAnswerWaiting, "Sie haben eine Antwort[ von {company}]", kAnswer}},
    .words = {.unnamed = "Ohne Namen", .shortened = "… (gekürzt; der ganze Text steht im Portal)"}};
static_assert(is_complete(kGermanTable));

}  // namespace mail
