#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gateway/http_forwarded.hpp"
#include "gateway/limits.hpp"
#include "gateway/mail/smtp_sender.hpp"
#include "gateway/tls.hpp"

// What an operator decides, as plain values with their defaults. How they are written in a file,
// and within which bounds, is the business of whoever reads the file (ops/config).
namespace gateway {

// Who may open an account.
enum class Registration : std::uint8_t {
    kClosed,  // only whom `parlour tenant create` gives a link
    kInvite,  // also whom an administrator invites
    kOpen,    // anybody
};

struct SiteSettings {
    // Scheme, host and port under which people reach the portals: "https://chat.example.com", no
    // slash at its end. Empty: the address that is listened on.
    std::string public_url;
    Registration registration = Registration::kClosed;
    // Proxies whose fields say where a request comes from.
    std::vector<AddressRange> trusted_proxies;
    ForwardedBy forwarded_by = ForwardedBy::kXForwarded;  // which fields they write
    // Further origins whose pages may use the portals' API with a cookie; each as public_url.
    std::vector<std::string> portal_origins;
};

struct SmtpSettings {
    std::string url;  // smtp://host[:port] or smtps://host[:port]; empty: no mail is sent
    std::string user;
    std::filesystem::path password_file;  // its first line; set with `user` or not at all
    std::string from;                     // an address
    mail::Tls tls = mail::Tls::kRequired;
    std::filesystem::path ca_file;  // PEM; empty: the system's
};

struct MailSettings {
    // How long a message lies unread before it goes out by mail.
    std::chrono::seconds missed_after{300};
    // An expert gets at most one mail about missed messages in this time; 0: no pause.
    std::chrono::seconds missed_every{3600};
};

struct PresenceSettings {
    std::chrono::seconds lease{60};  // an expert without a sign of life for so long is offline
    std::chrono::seconds grace{30};  // a change that lasts shorter is not recorded
};

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : std::uint8_t { kText, kJson };

// What all strangers together may add, each number for each company.
struct QuotaSettings {
    unsigned visitor_writes_per_hour = 1'200'000;
    unsigned new_visitors_per_hour = 120'000;
    unsigned registrations_per_hour = 3'600;  // of customers; in all, of those who work somewhere
    std::uint64_t files_mib = 1'024;          // of logos and photos in force
};

struct LogSettings {
    LogLevel level = LogLevel::kInfo;  // and everything above
    LogFormat format = LogFormat::kText;
};

struct MetricsSettings {
    bool enabled = true;  // GET /metrics, for clients on this machine only
};

// One node among those of a cluster.
struct NodeSettings {
    std::string name;       // letters, digits and hyphens; no other node has it; empty: no cluster
    std::string advertise;  // https://HOST:PORT, or http:// on loopback: where the others reach it
    TlsFiles tls;           // its certificate and key, for both directions
    std::filesystem::path authorities;  // PEM: who may sign the nodes' certificates
};

struct Settings {
    NodeSettings node;
    // Writes are refused as long as less is free on the disks of data and keys; 0: no reserve.
    std::uint64_t disk_reserve_mib = 512;
    SiteSettings site;
    Limits limits;
    TlsFiles tls;  // both empty: plain HTTP
    SmtpSettings smtp;
    MailSettings mail;
    PresenceSettings presence;
    QuotaSettings quotas;
    LogSettings log;
    MetricsSettings metrics;
};

}  // namespace gateway
