#include "projections/account_view.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/projections/people_world.hpp"

using namespace projections_test;
using events::kPlatformTenant;
using parlour::log::v1::STREAM_KIND_ACCOUNT;
using parlour::log::v1::STREAM_KIND_RESERVATION;

namespace {

const auto kAnn = stream_of(STREAM_KIND_ACCOUNT, 21);

struct AccountWorld : PeopleWorld {
    projections::AccountItem found() {
        const auto store = open_store();
        read(*store);
        auto account = accounts.find(*store, kAnn.uuid);
        BOOST_TEST_REQUIRE(account.has_value());
        BOOST_TEST_REQUIRE(account->has_value());
        return **account;
    }
};

AccountEvent with(void (*fill)(AccountEvent&)) {
    AccountEvent event;
    fill(event);
    return event;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(account_view, AccountWorld)

// A01
BOOST_AUTO_TEST_CASE(an_account_is_what_its_events_made_of_it) {
    given.commit(kPlatformTenant, kAnn, registered(9), with([](AccountEvent& event) {
                     auto& requested = *event.mutable_email_confirmation_requested();
                     requested.set_token_sha256(digest_of("token"));
                     requested.set_valid_until_unix_ms(8);
                     requested.set_mail_id(text_of(uuid_of(5)));
                 }));
    const auto pending = found();
    BOOST_TEST(!pending.usable());
    BOOST_TEST(pending.locale == "de");
    BOOST_TEST(!pending.company.has_value());
    BOOST_TEST(pending.confirm_before_ms == 9);
    BOOST_TEST((pending.credential == uuid_of(70)));
    BOOST_TEST_REQUIRE(pending.confirmation.has_value());
    BOOST_TEST((pending.confirmation->sha256 == events::sha256({"token"})));
    BOOST_TEST((pending.confirmation->mail == uuid_of(5)));

    given.commit(kPlatformTenant, kAnn, confirmed());
    given.commit(kPlatformTenant, kAnn, with([](AccountEvent& event) {
                     event.mutable_password_changed()->set_credential_id(text_of(uuid_of(71)));
                 }));
    given.commit(
        kPlatformTenant, kAnn, with([](AccountEvent& event) { event.mutable_account_locked(); }));
    const auto later = found();
    BOOST_TEST(later.usable());
    BOOST_TEST(later.locked);
    BOOST_TEST((later.credential == uuid_of(71)));
}

// A07, A08
BOOST_AUTO_TEST_CASE(the_newest_password_is_known_with_its_time_and_the_session_it_kept) {
    given.commit(kPlatformTenant, kAnn, registered(), confirmed());
    BOOST_TEST(found().password_since_ms == 0);
    given.time_unix_ms += 5;
    given.commit(kPlatformTenant, kAnn, with([](AccountEvent& event) {
                     auto& changed = *event.mutable_password_changed();
                     changed.set_credential_id(text_of(uuid_of(71)));
                     changed.set_kept_session_id(text_of(uuid_of(9)));
                 }));
    const auto changed = found();
    BOOST_TEST(changed.password_since_ms == given.time_unix_ms);
    BOOST_TEST((changed.kept_session == uuid_of(9)));
    given.time_unix_ms += 5;
    given.commit(kPlatformTenant, kAnn, with([](AccountEvent& event) {
                     event.mutable_password_reset()->set_credential_id(text_of(uuid_of(72)));
                 }));
    const auto reset = found();
    BOOST_TEST((reset.credential == uuid_of(72)));
    BOOST_TEST(reset.password_since_ms == given.time_unix_ms);
    BOOST_TEST(!reset.kept_session.has_value());
}

BOOST_AUTO_TEST_CASE(companies_stand_in_the_order_in_which_they_were_linked) {
    const auto link = [&](std::uint8_t number) {
        AccountEvent event;
        event.mutable_company_linked()->set_company_tenant(std::string(tenant_of(number).view()));
        given.commit(kPlatformTenant, kAnn, event);
    };
    given.commit(kPlatformTenant, kAnn, registered(), confirmed());
    for (const auto number : std::vector<std::uint8_t>{4, 2, 3}) link(number);
    AccountEvent unlinked;
    unlinked.mutable_company_unlinked()->set_company_tenant(std::string(tenant_of(4).view()));
    given.commit(kPlatformTenant, kAnn, unlinked);
    link(4);
    const std::vector<events::TenantId> expected{tenant_of(2), tenant_of(3), tenant_of(4)};
    BOOST_TEST((found().companies == expected));
}

BOOST_AUTO_TEST_CASE(name_and_address_are_unsealed_when_asked_and_stand_in_no_row) {
    const auto committed = given.commit(kPlatformTenant, kAnn, registered());
    const auto store = open_store();
    read(*store);
    const auto person = accounts.person(*store, *keys, kAnn.uuid, now_ms);
    BOOST_TEST_REQUIRE(person->has_value());
    BOOST_TEST((*person)->name.reveal() == "Ann Canary");
    BOOST_TEST((*person)->email.reveal() == "ann@canary.example");
    for (const auto& [key, value] : rows_of(*store, accounts, partitions)) {
        BOOST_TEST((key + value).find("anary") == std::string::npos);
    }
    BOOST_TEST_REQUIRE(
        keys->destroy(kPlatformTenant, committed.key_id, given.claim_in_force(committed.partition))
            .has_value());
    BOOST_TEST(!accounts.person(*store, *keys, kAnn.uuid, now_ms)->has_value());
    BOOST_TEST(!accounts.person(*store, *keys, uuid_of(99), now_ms)->has_value());
}

// A01
BOOST_AUTO_TEST_CASE(a_reservation_is_there_while_it_is_held) {
    const auto stream = stream_of(STREAM_KIND_RESERVATION, 30);
    const auto held = [&]() -> std::optional<projections::ReservationItem> {
        const auto store = open_store();
        read(*store);
        return accounts.reservation(*store, stream.uuid).value();
    };
    BOOST_TEST(!held().has_value());
    given.commit(kPlatformTenant, stream, reserved(21, 5));
    BOOST_TEST_REQUIRE(held().has_value());
    BOOST_TEST((held()->holder == kAnn.uuid));
    BOOST_TEST(!held()->confirmed);
    ReservationEvent event;
    event.mutable_reservation_confirmed();
    given.commit(kPlatformTenant, stream, event);
    BOOST_TEST(held()->confirmed);
    event.mutable_reservation_released();
    given.commit(kPlatformTenant, stream, event);
    BOOST_TEST(!held().has_value());
    given.commit(kPlatformTenant, stream, reserved(22, 5));
    BOOST_TEST(!held()->confirmed);
}

BOOST_AUTO_TEST_CASE(every_account_is_visited) {
    for (const auto number : std::vector<std::uint8_t>{3, 1, 2}) {
        given.commit(kPlatformTenant, stream_of(STREAM_KIND_ACCOUNT, number), registered());
    }
    const auto store = open_store();
    read(*store);
    std::vector<events::Uuid> seen;
    const auto visited = accounts.each(
        *store, [&](const projections::AccountItem& account) { seen.push_back(account.id); });
    BOOST_TEST_REQUIRE(visited.has_value());
    BOOST_TEST((seen == std::vector{uuid_of(1), uuid_of(2), uuid_of(3)}));
}

BOOST_AUTO_TEST_SUITE_END()
