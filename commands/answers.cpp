#include "commands/answers.hpp"

#include <utility>

namespace commands {

using events::Errc;
using events::Error;
using events::Version;
using Clock = std::chrono::steady_clock;

Answer failed(Error error) {
    return std::unexpected(Refusal{.kind = Refusal::Kind::kFailed,
                                   .rejection = std::nullopt,
                                   .current = {},
                                   .error = std::move(error)});
}

Answer unavailable(std::string_view why) {
    return failed(Error{Errc::kUnavailable, std::string(why)});
}

Answer refused(Refusal::Kind kind, Version current) {
    return std::unexpected(Refusal{
        .kind = kind, .rejection = std::nullopt, .current = current, .error = std::nullopt});
}

Answer rejected(const RejectionText& rejection) {
    return std::unexpected(Refusal{.kind = Refusal::Kind::kRejected,
                                   .rejection = rejection,
                                   .current = {},
                                   .error = std::nullopt});
}

Answer not_led(std::string owner) {
    return std::unexpected(
        Refusal{.kind = Refusal::Kind::kNotOwner,
                .rejection = std::nullopt,
                .current = {},
                .error = Error{Errc::kUnavailable, "another node leads the partition"},
                .owner = std::move(owner)});
}

OnAnswer measured(OnAnswer on_answer, Meter& meter) {
    return [on_answer = std::move(on_answer), &meter, begun = Clock::now()](Answer answer) mutable {
        meter.answered(answer, Clock::now() - begun);
        on_answer(std::move(answer));
    };
}

}  // namespace commands
