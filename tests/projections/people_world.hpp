#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "parlour/account/v1/events.pb.h"
#include "parlour/company/v1/events.pb.h"
#include "parlour/expert/v1/events.pb.h"
#include "parlour/invitation/v1/events.pb.h"
#include "parlour/reservation/v1/events.pb.h"
#include "parlour/session/v1/events.pb.h"
#include "projections/account_view.hpp"
#include "projections/company_view.hpp"
#include "projections/invitation_view.hpp"
#include "projections/roster_view.hpp"
#include "projections/session_view.hpp"
#include "tests/projections/world.hpp"

// The world of the views with those of accounts, sessions, members, experts and invitations.
namespace projections_test {

using parlour::account::v1::AccountEvent;
using parlour::invitation::v1::InvitationEvent;
using parlour::reservation::v1::ReservationEvent;
using parlour::session::v1::SessionEvent;

inline std::string text_of(const events::Uuid& id) {
    return std::string(id.view());
}

inline std::string digest_of(std::string_view token) {
    const auto digest = events::sha256({token});
    return {digest.begin(), digest.end()};
}

inline events::StreamId stream_of(events::StreamKind kind, std::uint8_t number) {
    return {.kind = kind, .uuid = uuid_of(number)};
}

struct PeopleWorld : World {
    // Brings these views to the end of the log.
    void read(projections::Store& store) {
        projections::Runner runner(
            log,
            partitions,
            store,
            {&accounts, &sessions, &companies, &roster, &invitations, &experts, &access});
        const auto done = runner.catch_up();
        BOOST_TEST_REQUIRE(done.has_value(), (done ? "" : done.error().detail));
    }

    // Events with their fields.
    static AccountEvent registered(std::int64_t confirm_before_ms = 0) {
        AccountEvent event;
        auto& account = *event.mutable_account_registered();
        account.set_name("Ann Canary");
        account.set_email("ann@canary.example");
        account.set_kind(parlour::account::v1::ACCOUNT_KIND_STAFF);
        account.set_locale("de");
        account.set_credential_id(text_of(uuid_of(70)));
        account.set_confirm_before_unix_ms(confirm_before_ms);
        return event;
    }
    static AccountEvent confirmed() {
        AccountEvent event;
        event.mutable_email_confirmed();
        return event;
    }
    static SessionEvent started(std::uint8_t account, std::int64_t expires_ms) {
        SessionEvent event;
        auto& session = *event.mutable_session_started();
        session.set_account_id(text_of(uuid_of(account)));
        session.set_token_sha256(digest_of("token"));
        session.set_expires_unix_ms(expires_ms);
        return event;
    }
    static SessionEvent ended() {
        SessionEvent event;
        event.mutable_session_ended()->set_reason(parlour::session::v1::SESSION_END_LOGGED_OUT);
        return event;
    }
    static CompanyEvent granted(std::uint8_t account, parlour::company::v1::Role role) {
        CompanyEvent event;
        event.mutable_role_granted()->set_account_id(text_of(uuid_of(account)));
        event.mutable_role_granted()->set_role(role);
        return event;
    }
    static CompanyEvent revoked(std::uint8_t account, parlour::company::v1::Role role) {
        CompanyEvent event;
        event.mutable_role_revoked()->set_account_id(text_of(uuid_of(account)));
        event.mutable_role_revoked()->set_role(role);
        return event;
    }
    static ExpertEvent invited() {
        ExpertEvent event;
        event.mutable_expert_invited()->set_invitation_id(text_of(uuid_of(80)));
        return event;
    }
    static ExpertEvent joined(std::uint8_t account) {
        ExpertEvent event;
        event.mutable_expert_joined()->set_account_id(text_of(uuid_of(account)));
        return event;
    }
    static ExpertEvent deactivated() {
        ExpertEvent event;
        event.mutable_expert_deactivated();
        return event;
    }
    static ExpertEvent reactivated() {
        ExpertEvent event;
        event.mutable_expert_reactivated();
        return event;
    }
    static ReservationEvent reserved(std::uint8_t holder, std::int64_t until_ms) {
        ReservationEvent event;
        event.mutable_reserved()->set_holder_tenant(std::string(events::kPlatformTenant.view()));
        event.mutable_reserved()->set_holder_id(text_of(uuid_of(holder)));
        event.mutable_reserved()->set_confirm_before_unix_ms(until_ms);
        return event;
    }
    static InvitationEvent sent(std::int64_t until_ms) {
        InvitationEvent event;
        auto& invitation = *event.mutable_invitation_sent();
        invitation.set_name("Ben Canary");
        invitation.set_email("ben@canary.example");
        invitation.add_roles(parlour::company::v1::ROLE_EXPERT);
        invitation.set_locale("en");
        invitation.set_token_sha256(digest_of("token"));
        invitation.set_valid_until_unix_ms(until_ms);
        invitation.set_mail_id(text_of(uuid_of(81)));
        invitation.set_expert_id(text_of(uuid_of(82)));
        return event;
    }

    projections::AccountView accounts;
    projections::SessionView sessions;
    projections::CompanyView companies;
    projections::RosterView roster;
    projections::InvitationView invitations;
};

}  // namespace projections_test
