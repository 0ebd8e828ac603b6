#include "ops/bench/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace bench {
namespace {

constexpr long kBackdatedSeconds = -3'600;
constexpr long kValidSeconds = 86'400;
constexpr unsigned char kName[] = "localhost";

struct Free {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Free>;

void require(bool done) {
    if (!done) throw std::runtime_error("cannot make a certificate");
}

}  // namespace

gateway::TlsFiles make_certificate(const std::filesystem::path& folder) {
    const std::unique_ptr<EVP_PKEY, Free> key(EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, Free> made(X509_new());
    require(key && made);
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), kBackdatedSeconds);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), kValidSeconds);
    X509_set_pubkey(made.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, kName, -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    require(X509_sign(made.get(), key.get(), EVP_sha256()) > 0);

    gateway::TlsFiles files{.certificate_chain = folder / "bench.pem",
                            .private_key = folder / "bench.key"};
    const File chain(std::fopen(files.certificate_chain.c_str(), "w"));
    require(chain && PEM_write_X509(chain.get(), made.get()) == 1);
    const File secret(std::fopen(files.private_key.c_str(), "w"));
    require(secret && PEM_write_PrivateKey(
                          secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return files;
}

}  // namespace bench
