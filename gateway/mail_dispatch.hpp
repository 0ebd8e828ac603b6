#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "commands/mail.hpp"
#include "commands/writer.hpp"
#include "events/key_ring.hpp"
#include "gateway/mail/smtp_sender.hpp"
#include "gateway/mail/templates.hpp"
#include "projections/mail_outbox.hpp"
#include "projections/timer_view.hpp"

// Sends what the mail outbox holds, when its time has come, and records what became of it. A crash
// between the two sends at most that one mail once more, under the same Message-ID.
namespace gateway {

// What a mail says, and to whom.
struct Letter {
    mail::Mailbox to;
    bool confirmed = true;  // somebody proved that the address is theirs
    mail::Mail content;
    std::optional<mail::Language> language;  // nothing: the one it was queued in
};
mail::Language language_of(std::string_view locale);

// Nothing to say any more: "read", "recipient-gone", "no-address", "over".
struct NoLetter {
    std::string_view code;
};

// Writes the letter of a mail, from the views. Blocks; kStorage and kDamaged leave the mail
// waiting.
using LetterWriter =
    std::function<events::Result<std::variant<Letter, NoLetter>>(const projections::MailItem&)>;

// To an address that nobody confirmed: no more than this in an hour, however many conversations
// name it.
inline constexpr std::size_t kUnconfirmedMailsPerHour = 3;
inline constexpr std::size_t kKnownAddressesMax = 10'000;

// What became of an attempt.
enum class MailOutcome : std::uint8_t {
    kSent,
    kDeferred,  // it is tried again
    kRefused,   // it is not
};

class MailDispatch {
  public:
    struct Parts {
        projections::Store& store;
        const projections::MailOutbox& mails;
        events::KeyRing& keys;
        commands::Writer& writer;
        mail::SmtpSender& sender;
        LetterWriter write;
        mail::Mailbox from;
        std::function<std::int64_t()> now_ms;
        // Told of each, with the failure's code, else "". For metrics.
        std::function<void(MailOutcome outcome, std::string_view code)> on_outcome;
    };
    // All borrowed.
    explicit MailDispatch(Parts parts) : parts_(std::move(parts)) {}

    // Carries out a timer of the kind kMail: one attempt, and its record. Blocks for as long as the
    // mail server takes. One thread at a time.
    void carry_out(const projections::Timer& timer);

  private:
    // What is to be recorded of an attempt, if anything.
    using Record = std::optional<commands::Mail::Command>;
    Record attempt(const projections::MailItem& item);
    Record deliver(const projections::MailItem& item, const Letter& letter);
    bool may_write_to(const events::Personal& address);
    void record(const projections::MailItem& item, commands::Mail::Command command);
    void tell(MailOutcome outcome, std::string_view code) const;

    Parts parts_;
    // When unconfirmed addresses were written to lately, by a keyed hash that lives in memory only.
    std::unordered_map<std::string, std::deque<std::int64_t>> written_to_;
    events::Key256 hash_key_ = fresh_key();
    static events::Key256 fresh_key();
};

}  // namespace gateway
