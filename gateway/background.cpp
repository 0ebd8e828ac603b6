#include "gateway/background.hpp"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <utility>

#include "commands/policies/account_mails.hpp"
#include "commands/policies/joining.hpp"
#include "commands/policies/missed_messages.hpp"
#include "gateway/letters.hpp"
#include "gateway/log.hpp"
#include "gateway/mail/link.hpp"
#include "gateway/mail/smtp_sender.hpp"
#include "gateway/mail_dispatch.hpp"
#include "gateway/missed_digests.hpp"
#include "gateway/policy_runner.hpp"
#include "gateway/timer_rules.hpp"
#include "gateway/timer_runner.hpp"

namespace gateway {
namespace {

using events::Errc;
using events::fail;
using events::Personal;
using events::Result;
using events::Status;

// How late a timer, and so a mail, may be at most.
constexpr std::chrono::milliseconds kLookEvery{500};
// Of one mail with everything around it; a stop may have to wait for so long.
constexpr std::chrono::seconds kMailWithin{30};

Result<Personal> password_of(const SmtpSettings& smtp) {
    if (smtp.password_file.empty()) return Personal();
    std::ifstream file(smtp.password_file);
    std::string line;
    if (!std::getline(file, line)) {
        return fail(Errc::kInvalidArgument, "smtp.password_file cannot be read, or is empty");
    }
    return Personal(std::move(line));
}

Result<mail::SmtpSender> open_sender(const SmtpSettings& smtp) {
    auto password = password_of(smtp);
    if (!password) return std::unexpected(password.error());
    auto sender = mail::SmtpSender::open({.url = smtp.url,
                                          .user = smtp.user,
                                          .password = *std::move(password),
                                          .tls = smtp.tls,
                                          .ca_file = smtp.ca_file.string(),
                                          .from = smtp.from,
                                          .total_timeout = kMailWithin});
    if (sender) return *std::move(sender);
    return fail(
        Errc::kInvalidArgument,
        fmt::format("the mail server cannot be used as smtp.* has it ({})", sender.error().code));
}

}  // namespace

// What asks for mails about messages, and what sends mails: there only where mails are sent. On one
// thread, in this order, so that a mail goes out when everything is in it that is due with it.
struct MailRoom {
    const Services& services;
    mail::SmtpSender sender;
    MailDispatch dispatch;
    MissedDigests digests;
    TimerRunner timers;

    MailRoom(mail::SmtpSender given,
             const Services& used,
             const Settings& settings,
             const std::string& public_url,
             TimerRunner::Ours ours)
        : services(used),
          sender(std::move(given)),
          dispatch({.store = services.store,
                    .mails = services.views.mails,
                    .keys = services.keys,
                    .writer = services.writer,
                    .sender = sender,
                    .write = letter_writer(services, public_url),
                    .from = {.name = {}, .address = Personal(settings.smtp.from)},
                    .now_ms = services.now_ms,
                    .on_outcome = counter(services.metrics)}),
          digests(services, settings.mail.missed_every),
          timers(services.store,
                 services.views.timers,
                 rules(settings.mail.missed_after),
                 services.now_ms,
                 std::move(ours)) {}

    std::vector<TimerRunner::Rule> rules(std::chrono::milliseconds missed_after) {
        auto rules = unread_rules(services, digests, missed_after);
        rules.push_back({.kind = projections::TimerKind::kMail,
                         .carry_out = [this](const projections::Timer& timer) { send(timer); }});
        return rules;
    }
    void send(const projections::Timer& timer) {
        digests.close(timer.tenant, timer.stream.uuid);
        if (views_caught_up(services, timer.tenant)) dispatch.carry_out(timer);
    }
    MailRoom(const MailRoom&) = delete;
    MailRoom& operator=(const MailRoom&) = delete;
    ~MailRoom() = default;

    static std::function<void(MailOutcome, std::string_view)> counter(Metrics& metrics) {
        return [&metrics](MailOutcome outcome, std::string_view code) {
            switch (outcome) {
                case MailOutcome::kSent:
                    return metrics.mails_sent.add();
                case MailOutcome::kDeferred:
                    log_event(LogLevel::kWarning, "mail-deferred", {{"code", Fixed(code)}});
                    return metrics.mails_deferred.add();
                case MailOutcome::kRefused:
                    log_event(LogLevel::kWarning, "mail-refused", {{"code", Fixed(code)}});
                    return metrics.mails_refused.add();
            }
        };
    }
};

struct Background::Impl {
    using Ours = std::function<bool(events::Partition)>;
    Impl(events::Log& log,
         std::uint16_t partitions,
         const Services& given,
         const Settings& decided,
         const Ours& ours)
        : services(given),
          settings(decided),
          policies({.log = log,
                    .partitions = partitions,
                    .store = given.store,
                    .keys = given.keys,
                    .writer = given.writer,
                    .policies = {&missed_messages, &account_mails, &joining},
                    .now_ms = given.now_ms,
                    .ours = ours}) {
        if (!ours) return;
        tenant_is_ours = [ours, partitions](const events::TenantId& tenant) {
            return ours(events::partition_of(tenant, partitions));
        };
    }

    TimerRunner::Ours tenant_is_ours;
    const Services& services;
    const Settings& settings;
    commands::MissedMessages missed_messages;
    commands::AccountMails account_mails;
    commands::Joining joining;
    PolicyRunner policies;
    std::optional<TimerRunner> timers;
    std::optional<MailRoom> mails;
};

Background::Background(events::Log& log,
                       std::uint16_t partitions,
                       const Services& services,
                       const Settings& settings,
                       std::function<bool(events::Partition)> ours)
    : impl_(std::make_unique<Impl>(log, partitions, services, settings, ours)) {}

Background::~Background() {
    stop();
}

Status Background::start(std::string public_url,
                         std::function<void(const events::Error&)> on_failure) {
    const auto& [services, settings] = std::tie(impl_->services, impl_->settings);
    if (!settings.smtp.url.empty()) {
        if (!mail::is_link(public_url + "/")) {
            return fail(Errc::kInvalidArgument,
                        "public_url must be set for mails: https, or http on a loopback name");
        }
        auto sender = open_sender(settings.smtp);
        if (!sender) return std::unexpected(sender.error());
        impl_->mails.emplace(
            *std::move(sender), services, settings, public_url, impl_->tenant_is_ours);
    }
    impl_->timers.emplace(services.store,
                          services.views.timers,
                          expiry_rules(services),
                          services.now_ms,
                          impl_->tenant_is_ours);
    impl_->policies.start(std::move(on_failure));
    impl_->timers->start(kLookEvery);
    if (impl_->mails) impl_->mails->timers.start(kLookEvery);
    return {};
}

void Background::stop() {
    // A mail server that does not answer must not hold up the stop.
    if (impl_->mails) impl_->mails->sender.abort();
    if (impl_->mails) impl_->mails->timers.stop();
    if (impl_->timers) impl_->timers->stop();
    impl_->policies.stop();
}

void Background::notify(events::Partition partition, events::Offset end) {
    impl_->policies.notify(partition, end);
}

void Background::when_reached(events::Partition partition,
                              events::Offset offset,
                              std::function<void(bool)> reached) {
    impl_->policies.when_reached(partition, offset, std::move(reached));
}

std::uint64_t Background::behind() const {
    return impl_->policies.behind();
}

bool Background::has_stopped() const {
    return impl_->policies.failure().has_value();
}

}  // namespace gateway
