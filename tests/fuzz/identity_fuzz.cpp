#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "commands/text.hpp"
#include "gateway/identity_token.hpp"

// Any bytes as an identity: unsigned they never are one; as claims that a secret in force signed
// they are one that keeps every rule, or are refused with a reason.
namespace {

using commands::Vouched;
using events::Uuid;
using gateway::Outcome;

constexpr std::int64_t kNowMs = 1'790'000'000'000;
const events::TenantId kTenant{.bytes = {1, 2, 3}};
const Uuid kWidget{.bytes = {6, 7}};
const Uuid kSecret{.bytes = {8, 9}};
const events::TenantKeys kKeys{.wrapping = {},
                               .command_ids = events::Key256({1}),
                               .body_digests = {},
                               .blind_index = events::Key256({2})};

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "broken: " << what << '\n';
    std::abort();
}

std::string base64url(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    while (text.ends_with('=')) text.pop_back();
    for (char& c : text) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return text;
}

std::string signed_token(std::string_view claims) {
    const std::string text = base64url(R"({"alg":"HS256"})") + "." + base64url(claims);
    const auto key = gateway::identity_secret(kKeys, kWidget, kSecret);
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    HMAC(EVP_sha256(),
         key.data(),
         static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()),
         text.size(),
         mac.data(),
         &size);
    return text + "." + base64url({reinterpret_cast<const char*>(mac.data()), size});
}

Outcome<Vouched> read(std::string_view token) {
    return gateway::read_identity(
        kKeys, {.tenant = kTenant, .widget = kWidget, .secrets = {kSecret}}, token, kNowMs);
}

void check_refusal(const gateway::Response& refusal) {
    require(refusal.status == 400 || refusal.status == 403 || refusal.status == 422,
            "a status of a refusal");
    require(refusal.body.find("\"code\":\"") != std::string::npos, "a reason");
}

void check_vouched(const Vouched& vouched) {
    require(vouched.secret == kSecret, "the secret that signed it");
    require(commands::is_subject(vouched.subject.reveal()), "a subject");
    require(vouched.name.empty() || commands::is_name(vouched.name.reveal()), "a name");
    require(vouched.email.empty() || commands::is_email(vouched.email.reveal()), "an address");
    const auto age_s = (kNowMs - vouched.issued_unix_ms) / 1'000;
    require(age_s >= -gateway::kIdentityClockSkewS && age_s <= gateway::kIdentityLifeMaxS,
            "a time within bounds");
}

}  // namespace

// libFuzzer calls it by this name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto unsigned_one = read(bytes);
    require(!unsigned_one.has_value(), "nobody signed it");
    check_refusal(unsigned_one.error());
    const auto read_back = read(signed_token(bytes));
    if (!read_back) {
        check_refusal(read_back.error());
    } else {
        check_vouched(*read_back);
    }
    return 0;
}
