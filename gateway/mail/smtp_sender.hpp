#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "events/secret.hpp"
#include "gateway/mail/compose.hpp"
#include "gateway/mail/failure.hpp"

// Hands mails to one SMTP server (RFC 5321) over libcurl, one after the other on one connection as
// long as the server keeps it. Not a queue: who calls decides what is tried again and when.
namespace mail {

enum class Tls : std::uint8_t {
    kRequired,       // STARTTLS (smtp://) or TLS from the start (smtps://), or no mail
    kOpportunistic,  // STARTTLS if the server offers it; never with a password. Whoever sits in
                     // between can take the offer away.
    kOff,            // loopback only
};

struct SmtpOptions {
    std::string url;   // smtp://HOST[:PORT] or smtps://HOST[:PORT]; ports 25 and 465 by default
    std::string user;  // empty: no log-in
    events::Personal password;
    Tls tls = Tls::kRequired;
    std::string ca_file;  // PEM; empty: the system's. Certificate and name are always checked.
    std::string from;     // the envelope's sender, where bounces go; its domain is our EHLO name
    std::chrono::milliseconds connect_timeout{10'000};  // to the end of the TLS handshake
    std::chrono::milliseconds total_timeout{60'000};    // of one mail with everything around it
};

// The code of a failure that is nobody's fault: the program ends.
inline constexpr std::string_view kStopped = "smtp-stopped";

// One thread at a time. Never logs. A server's words never come out of here, for they may repeat
// addresses; its reply code does.
class SmtpSender {
  public:
    // Checks the options; opens no connection. Fails with kConfiguration:
    //   "smtp-url-invalid"           not of the form above (no user, no path)
    //   "smtp-user-invalid"          a user without a password or the reverse, a control in either
    //   "smtp-from-invalid"          see address_fault()
    //   "smtp-tls-off"               kOff for a host that is not loopback, or with smtps://
    //   "smtp-password-in-clear"     a password with kOpportunistic, or with kOff beyond loopback
    //   "smtp-timeout-invalid"       not 1 ms to 1 h
    //   "smtp-library"               libcurl could not be started
    static Result<SmtpSender> open(SmtpOptions options);

    SmtpSender(SmtpSender&& other) noexcept;
    SmtpSender& operator=(SmtpSender&& other) noexcept;
    SmtpSender(const SmtpSender&) = delete;
    SmtpSender& operator=(const SmtpSender&) = delete;
    // Says QUIT and waits for the answer, at most total_timeout.
    ~SmtpSender();

    // From any thread, once: breaks off what is under way and fails what comes with kTemporary
    // "smtp-stopped". Nobody waits for the server any more, not at the end either.
    void abort();

    // Blocks, at most about total_timeout, and that once more where an old connection is ended
    // first and QUIT is not answered; a name server that is silent may add its own limit, which the
    // system sets. Success: the server answered the end of the data with 2xx and is responsible
    // now. After a kTemporary failure it may have taken the mail all the same (the connection broke
    // before its answer); the same Message-ID next time shows that.
    //   kTemporary      "smtp-host-unresolved", "smtp-unreachable", "smtp-timeout",
    //                   "smtp-connection-lost", "smtp-tls-failed", "smtp-failed",
    //                   "smtp-try-later" (any 4xx, log-in too)
    //   kPermanent      "smtp-recipient-refused", "smtp-message-refused",
    //                   "smtp-message-too-large"
    //   kConfiguration  "smtp-service-refused" (5xx before the log-in), "smtp-login-refused",
    //                   "smtp-sender-refused", "smtp-tls-not-offered", "smtp-certificate-invalid",
    //                   "smtp-ca-file-unreadable"
    Result<void> send(const Composed& mail);

  private:
    struct Impl;
    explicit SmtpSender(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace mail
