#include "events/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "events/bytes.hpp"

namespace events {
namespace {

// Without randomness or with a broken libcrypto nothing may go on.
void require(bool ok, const char* what) {
    if (ok) return;
    std::fputs(what, stderr);
    std::abort();
}

const std::uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct FreeDigest {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// AES-256-GCM with the algorithm fetched once per thread.
struct CipherContexts {
    std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> encrypt{EVP_CIPHER_CTX_new()};
    std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> decrypt{EVP_CIPHER_CTX_new()};
    // The key `decrypt` is set to, if any: a stream is read event by event under one key, and
    // setting it again is a good part of the work.
    std::optional<Key256> decrypt_key;

    CipherContexts() {
        require(
            EVP_EncryptInit_ex(encrypt.get(), EVP_aes_256_gcm(), nullptr, nullptr, nullptr) == 1 &&
                EVP_DecryptInit_ex(decrypt.get(), EVP_aes_256_gcm(), nullptr, nullptr, nullptr) ==
                    1,
            "AES-256-GCM is not available\n");
    }
};

CipherContexts& cipher_contexts() {
    thread_local CipherContexts contexts;
    return contexts;
}

// The context that opens what was sealed under the key with this nonce; null if that fails.
EVP_CIPHER_CTX* decrypting(const Key256& key, const std::uint8_t* nonce) {
    auto& contexts = cipher_contexts();
    const bool set = contexts.decrypt_key && contexts.decrypt_key->reveal() == key.reveal();
    if (!set) contexts.decrypt_key.reset();
    const auto* const fresh = set ? nullptr : bytes_of(key.reveal());
    auto* const context = contexts.decrypt.get();
    if (EVP_DecryptInit_ex(context, nullptr, nullptr, fresh, nonce) != 1) return nullptr;
    if (!set) contexts.decrypt_key = key;
    return context;
}

}  // namespace

void fill_random(std::span<std::uint8_t> out) {
    if (out.empty()) return;
    constexpr std::size_t kBufferBytes = 4096;
    struct Buffer {
        std::array<std::uint8_t, kBufferBytes> bytes{};
        std::size_t used = kBufferBytes;
    };
    thread_local Buffer buffer;
    if (out.size() > kBufferBytes) {
        require(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1, "no randomness\n");
        return;
    }
    if (kBufferBytes - buffer.used < out.size()) {
        require(RAND_bytes(buffer.bytes.data(), kBufferBytes) == 1, "no randomness\n");
        buffer.used = 0;
    }
    std::memcpy(out.data(), buffer.bytes.data() + buffer.used, out.size());
    std::memset(buffer.bytes.data() + buffer.used, 0, out.size());
    buffer.used += out.size();
}

Digest sha256(std::initializer_list<std::string_view> parts) {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeDigest> context{EVP_MD_CTX_new()};
    // Fetched once and kept: looking the algorithm up costs more than hashing a record.
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    Digest digest{};
    bool ok = EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1;
    for (const auto part : parts) {
        ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
    }
    require(ok && EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1,
            "SHA-256 is not available\n");
    return digest;
}

Digest keyed_hash(const Key256& key, std::initializer_list<std::string_view> parts) {
    constexpr std::size_t kBlock = 64;
    // HMAC written out over sha256(): one fetch of the algorithm per thread instead of one per
    // call.
    std::array<char, kBlock> inner{};
    std::array<char, kBlock> outer{};
    inner.fill(0x36);
    outer.fill(0x5c);
    const auto secret = key.reveal();
    for (std::size_t i = 0; i < secret.size(); ++i) {
        inner[i] = static_cast<char>(inner[i] ^ secret[i]);
        outer[i] = static_cast<char>(outer[i] ^ secret[i]);
    }
    std::string input;
    for (const auto part : parts) {
        append_number(input, static_cast<std::uint32_t>(part.size()));
        input.append(part);
    }
    const Digest first = sha256({{inner.data(), kBlock}, input});
    const Digest digest = sha256(
        {{outer.data(), kBlock}, {reinterpret_cast<const char*>(first.data()), first.size()}});
    OPENSSL_cleanse(inner.data(), kBlock);
    OPENSSL_cleanse(outer.data(), kBlock);
    OPENSSL_cleanse(input.data(), input.size());
    return digest;
}

bool equal_secrets(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Key256 derive_key(const Key256& key, std::string_view label) {
    return Key256{keyed_hash(key, {label})};
}

std::string encrypt(const Key256& key, std::string_view associated, std::string_view plain) {
    std::string sealed(kNonceBytes + plain.size() + kTagBytes, '\0');
    auto* const out = reinterpret_cast<std::uint8_t*>(sealed.data());
    fill_random({out, kNonceBytes});
    EVP_CIPHER_CTX* const context = cipher_contexts().encrypt.get();
    int written = 0;
    bool ok = EVP_EncryptInit_ex(context, nullptr, nullptr, bytes_of(key.reveal()), out) == 1;
    ok = ok && EVP_EncryptUpdate(context,
                                 nullptr,
                                 &written,
                                 bytes_of(associated),
                                 static_cast<int>(associated.size())) == 1;
    ok = ok && EVP_EncryptUpdate(context,
                                 out + kNonceBytes,
                                 &written,
                                 bytes_of(plain),
                                 static_cast<int>(plain.size())) == 1;
    ok = ok && EVP_EncryptFinal_ex(context, out + kNonceBytes + plain.size(), &written) == 1;
    ok = ok && EVP_CIPHER_CTX_ctrl(
                   context, EVP_CTRL_GCM_GET_TAG, kTagBytes, out + kNonceBytes + plain.size()) == 1;
    require(ok, "AES-256-GCM failed\n");
    return sealed;
}

std::optional<std::string> decrypt(const Key256& key,
                                   std::string_view associated,
                                   std::string_view sealed) {
    if (sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
    const std::size_t size = sealed.size() - kNonceBytes - kTagBytes;
    std::string plain(size, '\0');
    std::array<char, kTagBytes> tag{};
    std::memcpy(tag.data(), sealed.data() + kNonceBytes + size, kTagBytes);
    EVP_CIPHER_CTX* const context = decrypting(key, bytes_of(sealed));
    auto* const out = reinterpret_cast<std::uint8_t*>(plain.data());
    int written = 0;
    bool ok = context != nullptr;
    ok = ok && EVP_DecryptUpdate(context,
                                 nullptr,
                                 &written,
                                 bytes_of(associated),
                                 static_cast<int>(associated.size())) == 1;
    ok =
        ok &&
        EVP_DecryptUpdate(
            context, out, &written, bytes_of(sealed.substr(kNonceBytes)), static_cast<int>(size)) ==
            1;
    ok = ok && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1;
    ok = ok && EVP_DecryptFinal_ex(context, out + size, &written) == 1;
    if (!ok) {
        OPENSSL_cleanse(plain.data(), plain.size());
        return std::nullopt;
    }
    return plain;
}

}  // namespace events
