#include "gateway/mail_dispatch.hpp"

#include <fmt/format.h>

#include <utility>

#include "events/crypto.hpp"
#include "gateway/awaited_answer.hpp"
#include "gateway/mail/header.hpp"
#include "gateway/mail/text.hpp"

namespace gateway {
namespace {

using commands::DropMail;
using commands::RecordMailFailure;
using commands::RecordMailSent;
using events::Errc;
using parlour::views::v1::MAIL_PROGRESS_WAITING;

constexpr std::int64_t kHourMs = 3'600'000;

// The part of our own address behind the @: Message-IDs are made in its name.
std::string domain_of(const events::Personal& address) {
    const auto& text = address.reveal();
    return text.substr(text.rfind('@') + 1);
}

// A name as it may stand in a header: on one line, nothing hidden, nothing that looks like an
// address. Without one a mail goes out all the same.
events::Personal display_name(const events::Personal& name) {
    auto shown = mail::shown_line(name.reveal());
    const bool fits = !mail::header_text_fault(shown, mail::kDisplayNameBytesMax);
    return events::Personal(fits ? std::move(shown) : std::string());
}

// The same for every attempt, and nobody else's.
std::string message_id(const projections::MailItem& item, const events::Personal& from) {
    return fmt::format("<{}@{}>", events::to_hex(item.id.view()), domain_of(from));
}

}  // namespace

mail::Language language_of(std::string_view locale) {
    return locale == "de" ? mail::Language::kGerman : mail::Language::kEnglish;
}

void MailDispatch::tell(MailOutcome outcome, std::string_view code) const {
    if (parts_.on_outcome) parts_.on_outcome(outcome, code);
}

events::Key256 MailDispatch::fresh_key() {
    events::Key256 key;
    events::fill_random({key.data(), events::Key256::size()});
    return key;
}

void MailDispatch::carry_out(const projections::Timer& timer) {
    const auto item = parts_.mails.find(parts_.store, timer.tenant, timer.stream.uuid);
    if (!item || item->row.progress() != MAIL_PROGRESS_WAITING) return;
    if (item->row.next_attempt_unix_ms() > parts_.now_ms()) return;
    if (auto outcome = attempt(*item)) record(*item, *std::move(outcome));
}

MailDispatch::Record MailDispatch::attempt(const projections::MailItem& item) {
    const auto written = parts_.write(item);
    if (!written) {
        if (written.error().code != Errc::kNotFound && written.error().code != Errc::kErased) {
            return std::nullopt;
        }
        return DropMail{.code = "recipient-gone"};
    }
    if (const auto* const nothing = std::get_if<NoLetter>(&*written)) {
        return DropMail{.code = std::string(nothing->code)};
    }
    const auto& letter = std::get<Letter>(*written);
    if (!letter.confirmed && !may_write_to(letter.to.address)) {
        return DropMail{.code = "too-many"};
    }
    return deliver(item, letter);
}

MailDispatch::Record MailDispatch::deliver(const projections::MailItem& item,
                                           const Letter& letter) {
    const std::uint32_t number = item.row.attempts() + 1;
    // Until the operator has mended the configuration no mail goes out, and none is used up.
    const auto failed = [&](const mail::Failure& failure) -> Record {
        const bool refused = failure.kind == mail::FailureKind::kPermanent ||
                             (failure.kind == mail::FailureKind::kTemporary &&
                              number > commands::kMailPauses.size());
        tell(refused ? MailOutcome::kRefused : MailOutcome::kDeferred, failure.code);
        if (failure.kind == mail::FailureKind::kConfiguration) return std::nullopt;
        return RecordMailFailure{.attempt = number,
                                 .code = failure.code,
                                 .permanent = failure.kind == mail::FailureKind::kPermanent};
    };
    mail::Setting setting;
    setting.language = letter.language.value_or(language_of(item.row.queued().locale()));
    auto rendered = mail::render(setting, letter.content);
    if (!rendered) return failed(rendered.error());
    mail::Message message;
    message.from = parts_.from;
    message.to = {.name = display_name(letter.to.name), .address = letter.to.address};
    message.subject = std::move(rendered->subject);
    message.text = std::move(rendered->text);
    message.html = std::move(rendered->html);
    message.message_id = message_id(item, parts_.from.address);
    message.date_unix_ms = item.row.queued_unix_ms();
    message.language = setting.language;
    const auto composed = mail::compose(message);
    if (!composed) return failed(composed.error());
    if (const auto sent = parts_.sender.send(*composed); !sent) {
        // It waits as before, for the program's next start.
        if (sent.error().code == mail::kStopped) return std::nullopt;
        return failed(sent.error());
    }
    tell(MailOutcome::kSent, "");
    return RecordMailSent{.attempt = number};
}

bool MailDispatch::may_write_to(const events::Personal& address) {
    const auto now = parts_.now_ms();
    const auto digest = events::keyed_hash(hash_key_, {address.reveal()});
    const std::string name(digest.begin(), digest.end());
    if (written_to_.size() >= kKnownAddressesMax) {
        std::erase_if(written_to_, [now](const auto& known) {
            return known.second.empty() || known.second.back() <= now - kHourMs;
        });
        if (written_to_.size() >= kKnownAddressesMax) return false;
    }
    auto& times = written_to_[name];
    while (!times.empty() && times.front() <= now - kHourMs) times.pop_front();
    if (times.size() >= kUnconfirmedMailsPerHour) return false;
    times.push_back(now);
    return true;
}

// An outcome that cannot be recorded now comes again with the next look: the mail still waits.
void MailDispatch::record(const projections::MailItem& item, commands::Mail::Command command) {
    const auto keys = parts_.keys.tenant_keys(item.tenant);
    if (!keys) return;
    commands::CommandMeta meta;
    meta.tenant = item.tenant;
    meta.id = events::id_from<events::CommandId>(
        events::keyed_hash((*keys)->command_ids,
                           {"mail-outcome", item.id.view(), fmt::to_string(item.row.attempts())}));
    meta.now_ms = parts_.now_ms();
    AwaitedAnswer awaited;
    parts_.writer.submit<commands::Mail>(item.id, std::move(command), meta, awaited.receiver());
    awaited.wait();
}

}  // namespace gateway
