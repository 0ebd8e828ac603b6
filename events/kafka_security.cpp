#include "events/kafka_security.hpp"

#include <fmt/format.h>

#include <fstream>

namespace events {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

std::string name_of(KafkaProtocol protocol) {
    switch (protocol) {
        case KafkaProtocol::kPlaintext:
            return "plaintext";
        case KafkaProtocol::kSsl:
            return "ssl";
        case KafkaProtocol::kSaslPlaintext:
            return "sasl_plaintext";
        case KafkaProtocol::kSaslSsl:
            return "sasl_ssl";
    }
    return {};
}

std::string name_of(KafkaMechanism mechanism) {
    switch (mechanism) {
        case KafkaMechanism::kPlain:
            return "PLAIN";
        case KafkaMechanism::kScramSha256:
            return "SCRAM-SHA-256";
        case KafkaMechanism::kScramSha512:
            return "SCRAM-SHA-512";
    }
    return {};
}

Status add_login(const KafkaSecurity& security, Settings& settings) {
    if (security.user.empty() || security.password_file.empty()) {
        return fail(Errc::kInvalidArgument,
                    "a SASL protocol needs kafka.user and kafka.password_file");
    }
    std::ifstream in(security.password_file);
    std::string password;
    if (!std::getline(in, password) || password.empty()) {
        return fail(Errc::kNotFound,
                    fmt::format("kafka.password_file {} cannot be read or is empty",
                                security.password_file.string()));
    }
    settings.emplace_back("sasl.mechanism", name_of(security.mechanism));
    settings.emplace_back("sasl.username", security.user);
    settings.emplace_back("sasl.password", std::move(password));
    return {};
}

}  // namespace

Result<Settings> client_settings(const KafkaSecurity& security) {
    using enum KafkaProtocol;
    Settings settings{{"security.protocol", name_of(security.protocol)}};
    if (security.protocol == kSsl || security.protocol == kSaslSsl) {
        settings.emplace_back("ssl.endpoint.identification.algorithm", "https");
        const auto add_file = [&](const char* name, const std::filesystem::path& file) {
            if (!file.empty()) settings.emplace_back(name, file.string());
        };
        add_file("ssl.ca.location", security.ca_file);
        add_file("ssl.certificate.location", security.certificate);
        add_file("ssl.key.location", security.key);
    }
    if (security.protocol == kSaslPlaintext || security.protocol == kSaslSsl) {
        if (auto added = add_login(security, settings); !added) {
            return std::unexpected(added.error());
        }
    }
    return settings;
}

}  // namespace events
