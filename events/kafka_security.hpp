#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "events/error.hpp"

// How this program shows the brokers who it is, and how it knows them. What is secret lies in files
// that are only named here. Kerberos (GSSAPI) and OAUTHBEARER are not among the mechanisms: the
// client library cannot do the first with brokers from 4.0 on.
namespace events {

enum class KafkaProtocol { kPlaintext, kSsl, kSaslPlaintext, kSaslSsl };
enum class KafkaMechanism { kPlain, kScramSha256, kScramSha512 };

struct KafkaSecurity {
    KafkaProtocol protocol = KafkaProtocol::kPlaintext;
    std::filesystem::path ca_file;      // PEM; empty: the certificates the system trusts
    std::filesystem::path certificate;  // PEM, with its key: for brokers that want one
    std::filesystem::path key;
    KafkaMechanism mechanism = KafkaMechanism::kScramSha512;
    std::string user;
    std::filesystem::path password_file;  // its first line
};

// The client library's settings for it; reads the password's file. kInvalidArgument: a SASL
// protocol without user or password; kNotFound: the password's file cannot be read.
Result<std::vector<std::pair<std::string, std::string>>> client_settings(
    const KafkaSecurity& security);

}  // namespace events
