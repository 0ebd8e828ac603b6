#include <boost/test/unit_test.hpp>

#include <string>

#include "commands/expert.hpp"
#include "tests/support/given.hpp"

namespace {

using namespace commands;
using events::Personal;
using events::Uuid;
using Event = Expert::Event;
using Rejection = Expert::Rejection;

using Given = test_support::Given<Expert>;

const Uuid kInvitation{.bytes = {1}};
const Uuid kAccount{.bytes = {2}};
const Uuid kOther{.bytes = {3}};

Event added() {
    Event event;
    event.mutable_expert_added()->set_name("Ada");
    event.mutable_expert_added()->set_email("ada@x.example");
    return event;
}
Event invited() {
    Event event;
    event.mutable_expert_invited()->set_invitation_id(std::string(kInvitation.view()));
    return event;
}
Event joined(const Uuid& account = kAccount) {
    Event event;
    event.mutable_expert_joined()->set_account_id(std::string(account.view()));
    return event;
}
Event deactivated() {
    Event event;
    event.mutable_expert_deactivated();
    return event;
}
Event reactivated() {
    Event event;
    event.mutable_expert_reactivated();
    return event;
}
InviteExpert invite(std::string name = "Ada", std::string email = "ada@x.example") {
    return {.name = Personal(std::move(name)),
            .email = Personal(std::move(email)),
            .invitation = kInvitation};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(expert_lifecycle)

// A10
BOOST_AUTO_TEST_CASE(an_expert_is_invited_and_joins_as_one_account) {
    Given{}.when(invite()).then({added(), invited()});
    Given{{added(), invited()}}.when(JoinExpert{kAccount}).then({joined()});
    Given{{added(), invited(), joined()}}.when(JoinExpert{kAccount}).then_nothing();
    Given{{added(), invited(), joined()}}
        .when(JoinExpert{kOther})
        .then_rejected(Rejection::kJoinedByAnother);
    Given{}.when(JoinExpert{kAccount}).then_rejected(Rejection::kNotAdded);
    Given{{added()}}.when(invite()).then_rejected(Rejection::kAlreadyAdded);
    Given{}.when(invite(" ")).then_rejected(Rejection::kNameInvalid);
    Given{}.when(invite("Ada", "ada")).then_rejected(Rejection::kEmailInvalid);
}

// A11
BOOST_AUTO_TEST_CASE(a_member_becomes_an_expert_without_an_invitation) {
    const EnrolExpert enrol{
        .name = Personal("Ada"), .email = Personal("ada@x.example"), .account = kAccount};
    Given{}.when(EnrolExpert(enrol)).then({added(), joined()});
    Given{{added(), joined()}}.when(EnrolExpert(enrol)).then_rejected(Rejection::kAlreadyAdded);
}

// A10
BOOST_AUTO_TEST_CASE(an_expert_is_deactivated_and_reactivated) {
    Given{{added(), joined()}}.when(DeactivateExpert{}).then({deactivated()});
    Given{{added(), deactivated()}}.when(DeactivateExpert{}).then_nothing();
    Given{{added(), deactivated()}}.when(ReactivateExpert{}).then({reactivated()});
    Given{{added()}}.when(ReactivateExpert{}).then_nothing();
    Given{{added(), deactivated(), reactivated()}}.when(DeactivateExpert{}).then({deactivated()});
    Given{}.when(DeactivateExpert{}).then_rejected(Rejection::kNotAdded);
    Given{}.when(ReactivateExpert{}).then_rejected(Rejection::kNotAdded);
}

BOOST_AUTO_TEST_SUITE_END()
