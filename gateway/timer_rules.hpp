#pragma once

#include <chrono>
#include <vector>

#include "gateway/missed_digests.hpp"
#include "gateway/services.hpp"
#include "gateway/timer_runner.hpp"

// Which commands the due timers lead to. Each command's id is made of the timer it answers, so a
// repeat is found to be one; whether it is right, its aggregate decides.
namespace gateway {

// Accounts, reservations and invitations whose time is over.
std::vector<TimerRunner::Rule> expiry_rules(const Services& services);
// Messages that lay unread for so long, and no longer than kUnreadMailedForMs. An expert who is
// online or busy sees them in the portal and is told by no mail; one who is away, by one mail for
// all of them (MissedDigests). Services and digests are borrowed.
std::vector<TimerRunner::Rule> unread_rules(const Services& services,
                                            MissedDigests& digests,
                                            std::chrono::milliseconds missed_after);

}  // namespace gateway
