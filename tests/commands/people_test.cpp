#include <boost/test/unit_test.hpp>

#include <string>

#include "commands/expert.hpp"
#include "tests/support/given.hpp"

namespace {

using commands::AddExpert;
using commands::Expert;
using events::Personal;

using GivenExpert = test_support::Given<Expert>;

Expert::Event added(const std::string& name, const std::string& email) {
    Expert::Event event;
    event.mutable_expert_added()->set_name(name);
    event.mutable_expert_added()->set_email(email);
    return event;
}

AddExpert add(std::string name, std::string email) {
    return {.name = Personal(std::move(name)), .email = Personal(std::move(email))};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(expert)

BOOST_AUTO_TEST_CASE(an_expert_is_added_with_name_and_address) {
    GivenExpert{}.when(add("Ada", "ada@x.example")).then({added("Ada", "ada@x.example")});
}

BOOST_AUTO_TEST_CASE(adding_twice_is_rejected) {
    GivenExpert{{added("Ada", "ada@x.example")}}
        .when(add("Ada", "ada@x.example"))
        .then_rejected(Expert::Rejection::kAlreadyAdded);
}

BOOST_AUTO_TEST_CASE(an_expert_without_a_name_or_an_address_is_rejected) {
    GivenExpert{}.when(add("", "a@x.example")).then_rejected(Expert::Rejection::kNameInvalid);
    GivenExpert{}.when(add("Ada", "")).then_rejected(Expert::Rejection::kEmailInvalid);
}

// D02
BOOST_AUTO_TEST_CASE(how_many_conversations_an_expert_takes_can_be_set) {
    const auto takes = [](std::uint32_t conversations_max) {
        Expert::Event event;
        event.mutable_conversation_capacity_changed()->set_conversations_max(conversations_max);
        return event;
    };
    const auto ada = added("Ada", "ada@x.example");
    using commands::SetConversationCapacity;
    GivenExpert{{ada}}.when(SetConversationCapacity{.conversations_max = 3}).then({takes(3)});
    GivenExpert{{ada, takes(3)}}
        .when(SetConversationCapacity{.conversations_max = 3})
        .then_nothing();
    GivenExpert{{ada, takes(3)}}.when(SetConversationCapacity{}).then({takes(0)});
    GivenExpert{{ada}}
        .when(SetConversationCapacity{.conversations_max = commands::kConversationsMaxMost + 1})
        .then_rejected(Expert::Rejection::kCapacityTooHigh);
    GivenExpert{}
        .when(SetConversationCapacity{.conversations_max = 3})
        .then_rejected(Expert::Rejection::kNotAdded);
}

BOOST_AUTO_TEST_SUITE_END()
