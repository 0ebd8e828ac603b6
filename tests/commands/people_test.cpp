#include <boost/test/unit_test.hpp>

#include <string>

#include "commands/expert.hpp"
#include "commands/text.hpp"
#include "commands/visitor.hpp"
#include "tests/support/given.hpp"

namespace {

using commands::AddExpert;
using commands::Expert;
using commands::IdentifyVisitor;
using commands::Visitor;
using events::Personal;

using GivenVisitor = test_support::Given<Visitor>;
using GivenExpert = test_support::Given<Expert>;

Visitor::Event identified(const std::string& name, const std::string& email) {
    Visitor::Event event;
    event.mutable_visitor_identified()->set_name(name);
    event.mutable_visitor_identified()->set_email(email);
    return event;
}

Expert::Event added(const std::string& name, const std::string& email) {
    Expert::Event event;
    event.mutable_expert_added()->set_name(name);
    event.mutable_expert_added()->set_email(email);
    return event;
}

IdentifyVisitor identify(std::string name, std::string email = "") {
    return {.name = Personal(std::move(name)), .email = Personal(std::move(email))};
}

AddExpert add(std::string name, std::string email) {
    return {.name = Personal(std::move(name)), .email = Personal(std::move(email))};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(visitor)

// E06
BOOST_AUTO_TEST_CASE(a_visitor_gives_a_name_and_where_wanted_an_address) {
    GivenVisitor{}
        .when(identify("Jürgen", "j@x.example"))
        .then({identified("Jürgen", "j@x.example")});
    GivenVisitor{}.when(identify("Jürgen")).then({identified("Jürgen", "")});
}

BOOST_AUTO_TEST_CASE(identifying_twice_is_rejected) {
    GivenVisitor{{identified("Jürgen", "")}}
        .when(identify("Jürgen"))
        .then_rejected(Visitor::Rejection::kAlreadyIdentified);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_none_is_rejected) {
    const std::string too_long(commands::kNameBytesMax + 1, 'x');
    for (const auto& name : {std::string(), std::string(" \t"), std::string("a\0", 2), too_long}) {
        GivenVisitor{}.when(identify(name)).then_rejected(Visitor::Rejection::kNameInvalid);
    }
}

BOOST_AUTO_TEST_CASE(an_address_that_is_none_is_rejected) {
    const std::string too_long = std::string(commands::kEmailBytesMax, 'x') + "@x.example";
    for (const std::string& email : {std::string("x"),
                                     std::string("@x"),
                                     std::string("x@"),
                                     std::string("a@b@c"),
                                     std::string("a b@c"),
                                     std::string("a@b\n"),
                                     too_long}) {
        GivenVisitor{}.when(identify("Jo", email)).then_rejected(Visitor::Rejection::kEmailInvalid);
    }
}

BOOST_AUTO_TEST_SUITE_END()

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

BOOST_AUTO_TEST_SUITE_END()
