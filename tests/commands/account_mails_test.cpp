#include "commands/policies/account_mails.hpp"

#include <boost/test/unit_test.hpp>

#include "parlour/account/v1/events.pb.h"
#include "parlour/invitation/v1/events.pb.h"

namespace {

using parlour::account::v1::AccountEvent;
using parlour::invitation::v1::InvitationEvent;

const std::string kMail(16, '\x07');

template <class Event>
std::size_t mails_for(events::StreamKind kind, const Event& event) {
    events::CommitMeta meta;
    meta.tenant = {.bytes = {9}};
    meta.stream = {.kind = kind, .uuid = {.bytes = {8}}};
    std::vector<commands::Asked> asked;
    commands::AccountMails{}.react(
        {.commit = meta, .version = events::Version{1}, .envelope = event}, asked);
    return asked.size();
}

std::size_t mails_for(const AccountEvent& event) {
    return mails_for(parlour::log::v1::STREAM_KIND_ACCOUNT, event);
}

std::size_t mails_for(const InvitationEvent& event) {
    return mails_for(parlour::log::v1::STREAM_KIND_INVITATION, event);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(account_mails)

// A02
BOOST_AUTO_TEST_CASE(an_address_to_confirm_gets_its_mail) {
    AccountEvent event;
    event.mutable_email_confirmation_requested()->set_mail_id(kMail);
    BOOST_TEST(mails_for(event) == 1U);
}

// A08
BOOST_AUTO_TEST_CASE(a_forgotten_password_gets_its_mail) {
    AccountEvent event;
    event.mutable_password_reset_requested()->set_mail_id(kMail);
    BOOST_TEST(mails_for(event) == 1U);
}

BOOST_AUTO_TEST_CASE(an_invitation_whose_link_was_shown_gets_none) {
    InvitationEvent event;
    event.mutable_invitation_sent();
    BOOST_TEST(mails_for(event) == 0U);
    event.mutable_invitation_sent()->set_mail_id(kMail);
    BOOST_TEST(mails_for(event) == 1U);
}

BOOST_AUTO_TEST_CASE(what_says_nothing_of_a_token_leads_to_no_mail) {
    AccountEvent event;
    event.mutable_email_confirmed();
    BOOST_TEST(mails_for(event) == 0U);
    event.mutable_password_changed();
    BOOST_TEST(mails_for(event) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
