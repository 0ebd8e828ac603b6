#pragma once

#include <openssl/crypto.h>

#include <string>

namespace events {

// Memory that holds personal data, wiped when it is done with.
class Wiped {
  public:
    explicit Wiped(std::string& bytes) : bytes_(bytes) {}
    ~Wiped() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;

  private:
    std::string& bytes_;
};

}  // namespace events
