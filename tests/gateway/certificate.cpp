#include "tests/gateway/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <stdexcept>

namespace test_support {

namespace {

constexpr long kBackdatedSeconds = -3600;
constexpr long kValidSeconds = 86'400;

void require(bool done, const char* what) {
    if (!done) throw std::runtime_error(what);
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
    require(extension != nullptr, "no such extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

struct FreeBio {
    void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
};
std::unique_ptr<BIO, FreeBio> file_to_write(const std::filesystem::path& path) {
    std::unique_ptr<BIO, FreeBio> file(BIO_new_file(path.c_str(), "w"));
    require(file != nullptr, "cannot write a certificate");
    return file;
}

}  // namespace

void TestCertificate::Free::operator()(EVP_PKEY* key) const noexcept {
    EVP_PKEY_free(key);
}

void TestCertificate::Free::operator()(X509* certificate) const noexcept {
    X509_free(certificate);
}

TestCertificate::TestCertificate(const std::filesystem::path& folder,
                                 const CertificateOptions& options,
                                 const TestCertificate* issuer)
    : files_{.certificate_chain = folder / (options.subject + ".pem"),
             .private_key = folder / (options.subject + ".key")},
      key_(EVP_EC_gen("P-256")),
      certificate_(X509_new()) {
    X509* const made = certificate_.get();
    require(key_ != nullptr && made != nullptr, "cannot make a key");
    X509_set_version(made, X509_VERSION_3);
    std::int32_t serial = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial));
    ASN1_INTEGER_set(X509_get_serialNumber(made), serial & INT32_MAX);
    X509_gmtime_adj(X509_getm_notBefore(made), kBackdatedSeconds);
    X509_gmtime_adj(X509_getm_notAfter(made), kValidSeconds);
    X509_set_pubkey(made, key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made),
                               "CN",
                               MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(options.subject.c_str()),
                               -1,
                               -1,
                               0);
    X509* const signer = issuer == nullptr ? made : issuer->certificate_.get();
    X509_set_issuer_name(made, X509_get_subject_name(signer));
    add_extension(made, signer, NID_subject_alt_name, options.names);
    add_extension(made,
                  signer,
                  NID_basic_constraints,
                  options.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    EVP_PKEY* const signing_key = issuer == nullptr ? key_.get() : issuer->key_.get();
    require(X509_sign(made, signing_key, EVP_sha256()) > 0, "cannot sign");

    const auto chain = file_to_write(files_.certificate_chain);
    PEM_write_bio_X509(chain.get(), made);
    if (issuer != nullptr) PEM_write_bio_X509(chain.get(), signer);
    const auto key = file_to_write(files_.private_key);
    PEM_write_bio_PrivateKey(key.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

}  // namespace test_support
