#include "gateway/mail/smtp_verdict.hpp"

#include <curl/curl.h>

namespace mail {
namespace {

using enum FailureKind;

constexpr int kTooLarge = 552;       // RFC 1870: more than the server takes
constexpr int kLoginRequired = 530;  // RFC 4954; also "Must issue a STARTTLS command first"

Failure refused(FailureKind kind, const char* code, int reply = 0) {
    return Failure{kind, code, reply};
}

}  // namespace

Failure verdict_on_reply(SmtpStage stage, int reply) {
    if (reply < 500) return refused(kTemporary, "smtp-try-later", reply);
    if (reply == kLoginRequired && stage > SmtpStage::kHello) {
        return refused(kConfiguration, "smtp-login-refused", reply);
    }
    switch (stage) {
        case SmtpStage::kConnect:
        case SmtpStage::kHello:
            return refused(kConfiguration, "smtp-service-refused", reply);
        case SmtpStage::kStartTls:
            return refused(kConfiguration, "smtp-tls-not-offered", reply);
        case SmtpStage::kLogin:
            return refused(kConfiguration, "smtp-login-refused", reply);
        case SmtpStage::kSender:
            // The size is announced with the sender.
            if (reply == kTooLarge) return refused(kPermanent, "smtp-message-too-large", reply);
            return refused(kConfiguration, "smtp-sender-refused", reply);
        case SmtpStage::kRecipient:
            return refused(kPermanent, "smtp-recipient-refused", reply);
        case SmtpStage::kData:
            if (reply == kTooLarge) return refused(kPermanent, "smtp-message-too-large", reply);
            return refused(kPermanent, "smtp-message-refused", reply);
    }
    return refused(kTemporary, "smtp-failed", reply);
}

Failure verdict_on_error(SmtpStage stage, int curl_code) {
    switch (curl_code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return refused(kTemporary, "smtp-host-unresolved");
        case CURLE_COULDNT_CONNECT:
            return refused(kTemporary, "smtp-unreachable");
        case CURLE_OPERATION_TIMEDOUT:
            return refused(kTemporary, "smtp-timeout");
        case CURLE_USE_SSL_FAILED:
            return refused(kConfiguration, "smtp-tls-not-offered");
        case CURLE_PEER_FAILED_VERIFICATION:
            return refused(kConfiguration, "smtp-certificate-invalid");
        case CURLE_SSL_CACERT_BADFILE:
            return refused(kConfiguration, "smtp-ca-file-unreadable");
        case CURLE_SSL_CONNECT_ERROR:
            return refused(kTemporary, "smtp-tls-failed");
        case CURLE_LOGIN_DENIED:
            return refused(kConfiguration, "smtp-login-refused");
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_GOT_NOTHING:
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_PARTIAL_FILE:
            return refused(
                kTemporary,
                stage == SmtpStage::kConnect ? "smtp-unreachable" : "smtp-connection-lost");
        default:
            return refused(kTemporary, "smtp-failed");
    }
}

}  // namespace mail
