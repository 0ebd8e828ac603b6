#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

// Why a mail could not be made or handed over, as the outbox needs it: what to do next, and a word
// for logs and metrics that never holds an address or a server's own words.
namespace mail {

enum class FailureKind : std::uint8_t {
    kTemporary,      // try the same mail later, with the same Message-ID
    kPermanent,      // this mail will never be taken; do not try again
    kConfiguration,  // no mail will be taken before the operator changes something
};

struct Failure {
    FailureKind kind;
    std::string code;  // stable, lower case with hyphens
    int reply = 0;     // the SMTP reply code behind it, 400 to 599; 0: no reply refused it
};

template <class T>
using Result = std::expected<T, Failure>;

inline std::unexpected<Failure> fail(FailureKind kind, std::string code, int reply = 0) {
    return std::unexpected(Failure{kind, std::move(code), reply});
}

}  // namespace mail
