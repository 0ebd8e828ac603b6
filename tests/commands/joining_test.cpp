#include "commands/policies/joining.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "parlour/company/v1/events.pb.h"
#include "parlour/invitation/v1/events.pb.h"

namespace {

using parlour::company::v1::CompanyEvent;
using parlour::invitation::v1::InvitationEvent;
using Purposes = std::vector<std::string>;

const std::string kAccount(16, '\x01');
const std::string kCompany(16, '\x02');
const std::string kExpert(16, '\x03');

template <class Event>
Purposes asked_for(events::StreamKind kind, const Event& event) {
    events::CommitMeta meta;
    meta.tenant = {.bytes = {9}};
    meta.stream = {.kind = kind, .uuid = {.bytes = {8}}};
    std::vector<commands::Asked> asked;
    commands::Joining{}.react({.commit = meta, .version = events::Version{1}, .envelope = event},
                              asked);
    Purposes purposes;
    for (const auto& one : asked) purposes.emplace_back(one.purpose);
    return purposes;
}

Purposes asked_for(const InvitationEvent& event) {
    return asked_for(parlour::log::v1::STREAM_KIND_INVITATION, event);
}

Purposes asked_for(const CompanyEvent& event) {
    return asked_for(parlour::log::v1::STREAM_KIND_COMPANY, event);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(joining)

// A05, A10
BOOST_AUTO_TEST_CASE(an_accepted_invitation_gives_its_roles_and_makes_the_expert) {
    InvitationEvent event;
    auto& accepted = *event.mutable_invitation_accepted();
    accepted.set_account_id(kAccount);
    accepted.add_roles(parlour::company::v1::ROLE_EXPERT);
    accepted.set_company_id(kCompany);
    BOOST_TEST((asked_for(event) == Purposes{"grant-roles"}));
    accepted.set_expert_id(kExpert);
    BOOST_TEST((asked_for(event) == Purposes{"grant-roles", "join-expert"}));
}

BOOST_AUTO_TEST_CASE(an_invitation_accepted_before_it_said_what_it_gives_asks_for_nothing) {
    InvitationEvent event;
    event.mutable_invitation_accepted()->set_account_id(kAccount);
    BOOST_TEST(asked_for(event).empty());
    event.mutable_invitation_withdrawn();
    BOOST_TEST(asked_for(event).empty());
}

// A03, A06
BOOST_AUTO_TEST_CASE(who_gets_a_role_finds_the_company_at_the_next_log_in) {
    CompanyEvent event;
    event.mutable_role_granted()->set_account_id(kAccount);
    BOOST_TEST((asked_for(event) == Purposes{"link-company", "complete-registration"}));
    event.mutable_role_revoked()->set_account_id(kAccount);
    BOOST_TEST(asked_for(event).empty());
}

BOOST_AUTO_TEST_SUITE_END()
