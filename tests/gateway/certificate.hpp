#pragma once

#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "gateway/tls.hpp"

// Certificates made while a test runs: an authority and what it signed, or one that signs itself.
// Throws when a file cannot be written.
namespace test_support {

struct CertificateOptions {
    std::string subject = "localhost";
    std::string names = "DNS:localhost,IP:127.0.0.1";  // what it is valid for
    bool authority = false;                            // may sign others
};

class TestCertificate {
  public:
    // Writes SUBJECT.pem and SUBJECT.key into the folder, signed by itself or by `issuer`, whose
    // certificate is then the chain's second.
    explicit TestCertificate(const std::filesystem::path& folder,
                             const CertificateOptions& options = {},
                             const TestCertificate* issuer = nullptr);

    [[nodiscard]] const gateway::TlsFiles& files() const { return files_; }
    [[nodiscard]] const std::filesystem::path& pem() const { return files_.certificate_chain; }

  private:
    struct Free {
        void operator()(EVP_PKEY* key) const noexcept;
        void operator()(X509* certificate) const noexcept;
    };
    gateway::TlsFiles files_;
    std::unique_ptr<EVP_PKEY, Free> key_;
    std::unique_ptr<X509, Free> certificate_;
};

}  // namespace test_support
