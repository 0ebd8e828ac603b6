#include "gateway/background.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <array>

#include "commands/account.hpp"
#include "commands/company.hpp"
#include "commands/expert.hpp"
#include "commands/invitation.hpp"
#include "commands/reservation.hpp"
#include "commands/widget.hpp"
#include "gateway/mail_token.hpp"
#include "parlour/views/v1/mail.pb.h"
#include "tests/gateway/background_world.hpp"

namespace {

using events::Personal;
using events::Uuid;
using gateway_test::BackgroundWorld;
using gateway_test::Conversation;
using gateway_test::kUrl;
using parlour::conversation::v1::Author;
using parlour::views::v1::MAIL_PROGRESS_DROPPED;
using parlour::views::v1::MAIL_PROGRESS_SENT;

constexpr std::int64_t kHourMs = 3'600'000;

struct World : BackgroundWorld {
    const events::TenantId& platform = events::kPlatformTenant;

    std::string secret(const events::TenantId& tenant, const Uuid& mail) {
        return gateway::mail_secret(**keys->tenant_keys(tenant), mail);
    }
    commands::MailedToken token(const Uuid& mail, std::int64_t valid_until_ms) {
        return {.sha256 = events::sha256({secret(platform, mail)}),
                .valid_until_ms = valid_until_ms,
                .mail = mail};
    }
    void register_account(const Uuid& account, std::optional<commands::MailedToken> confirmation) {
        run<commands::Account>(
            account,
            commands::RegisterAccount{.name = Personal("Ann"),
                                      .email = Personal("ann@new.example"),
                                      .kind = parlour::account::v1::ACCOUNT_KIND_STAFF,
                                      .locale = "de",
                                      .company = std::nullopt,
                                      .credential = Uuid{.bytes = {9}},
                                      .confirmation = std::move(confirmation)},
            platform);
    }
    // An invitation with the token "token".
    Uuid invite_admin() {
        const Uuid invitation{.bytes = {30}};
        run<commands::Invitation>(
            invitation,
            commands::SendInvitation{.name = {},
                                     .email = Personal("ann@new.example"),
                                     .roles = {parlour::company::v1::ROLE_ADMIN},
                                     .locale = "en",
                                     .token_sha256 = events::sha256({"token"}),
                                     .valid_until_ms = now + kHourMs,
                                     .mail = std::nullopt,
                                     .expert = std::nullopt});
        return invitation;
    }
    // The token in the link of a mail that was caught.
    std::string token_in(std::size_t number, const std::string& what) {
        const auto text = caught(number, "text");
        const auto at = text.find("#" + what + "=");
        BOOST_TEST_REQUIRE(at != std::string::npos);
        const auto begin = at + what.size() + 2;
        return text.substr(begin, text.find_first_of(" \n", begin) - begin);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(background, World)

// E04, N06
BOOST_AUTO_TEST_CASE(what_an_expert_did_not_read_arrives_by_mail_once) {
    start();
    begin(10, "Is the shop open?");
    BOOST_TEST_REQUIRE(newest_mail_is(MAIL_PROGRESS_SENT));
    BOOST_TEST(catcher.caught() == 1U);
    BOOST_TEST(boost::json::serialize(catcher.mail(1).at("to")) == R"(["ben@acme.example"])");
    BOOST_TEST(header(1, "subject").find("Acme & Söhne") != std::string::npos);
    const auto text = caught(1, "text");
    BOOST_TEST(text.find("Is the shop open?") != std::string::npos);
    BOOST_TEST(text.find("Mira") != std::string::npos);
    BOOST_TEST(text.find(std::string(kUrl) + "/#conversation=") != std::string::npos);
    // The next mail is about what came since.
    begin(10, "Hello?");
    BOOST_TEST_REQUIRE(eventually([this] { return catcher.caught() == 2; }));
    BOOST_TEST(caught(2, "text").find("Is the shop open?") == std::string::npos);
}

// X25
BOOST_AUTO_TEST_CASE(a_mail_is_in_the_language_of_the_widget) {
    parlour::widget::v1::WidgetSettingsChanged chosen;
    chosen.set_placement(parlour::widget::v1::PLACEMENT_BOTTOM_RIGHT);
    chosen.set_locale("de");
    chosen.set_ask_name(parlour::widget::v1::ASKED_OPTIONAL);
    chosen.set_ask_email(parlour::widget::v1::ASKED_OPTIONAL);
    chosen.set_consent_mode(parlour::widget::v1::CONSENT_MODE_IMPLICIT);
    chosen.set_policy_version("1");
    run<commands::Widget>(kWidget, commands::ChangeWidgetSettings{.settings = chosen});
    begin(10, "Haben Sie offen?");
    start();
    BOOST_TEST_REQUIRE(newest_mail_is(MAIL_PROGRESS_SENT));
    BOOST_TEST(header(1, "content-language") == "de");
}

// E02
BOOST_AUTO_TEST_CASE(a_visitor_who_left_is_told_of_the_answer_and_not_what_it_says) {
    begin(10, "My secret question");
    run<Conversation>(Uuid{.bytes = {10}},
                      commands::SendMessage{.author = Author::AUTHOR_EXPERT,
                                            .text = Personal("The secret answer"),
                                            .party = std::nullopt});
    start();
    BOOST_TEST_REQUIRE(newest_mail_is(MAIL_PROGRESS_SENT));
    BOOST_TEST(catcher.caught() == 1U);
    BOOST_TEST(boost::json::serialize(catcher.mail(1).at("to")) == R"(["mira@visitor.example"])");
    BOOST_TEST(caught(1, "text").find("secret") == std::string::npos);
    BOOST_TEST(caught(1, "text").find(std::string(kUrl) + "/answer#") != std::string::npos);
}

// CPL21
BOOST_AUTO_TEST_CASE(what_was_read_in_time_leads_to_no_mail) {
    const auto version = begin(10, "Read at once");
    run<Conversation>(
        Uuid{.bytes = {10}},
        commands::MarkRead{
            .reader = Author::AUTHOR_EXPERT, .up_to = version, .party = std::nullopt});
    begin(11, "Not read");
    start();
    BOOST_TEST_REQUIRE(newest_mail_is(MAIL_PROGRESS_SENT));
    BOOST_TEST(catcher.caught() == 1U);
    BOOST_TEST(caught(1, "text").find("Read at once") == std::string::npos);
}

// E04, CPL04: the server took the mail, and its answer was lost.
BOOST_AUTO_TEST_CASE(a_mail_goes_again_under_the_same_name_over_a_restart_without_views) {
    catcher.tell("end drop-after");
    begin(10, "Is the shop open?");
    start();
    BOOST_TEST_REQUIRE(eventually([this] {
        const auto mails = views->mails.list(*store, kTenant, 1);
        return mails && !mails->empty() && mails->front().row.attempts() == 1;
    }));
    close();
    now += kHourMs;
    open("views made anew");
    start();
    BOOST_TEST_REQUIRE(newest_mail_is(MAIL_PROGRESS_SENT));
    BOOST_TEST(catcher.caught() == 2U);
    BOOST_TEST(header(1, "message-id") == header(2, "message-id"));
    BOOST_TEST(views->mails.list(*store, kTenant, 10)->size() == 1U);
}

// A02: what the mail's link carries confirms the address.
BOOST_AUTO_TEST_CASE(a_new_account_gets_the_token_that_confirms_it) {
    const Uuid account{.bytes = {20}};
    start();
    register_account(account, token(Uuid{.bytes = {21}}, now + kHourMs));
    BOOST_TEST_REQUIRE(newest_mail_is(MAIL_PROGRESS_SENT, platform));
    BOOST_TEST(header(1, "content-language") == "de");
    const auto carried = token_in(1, "confirm");
    const auto parsed = gateway::parse_link_token(carried);
    BOOST_TEST_REQUIRE(parsed.has_value());
    BOOST_TEST((parsed->about.uuid == account));
    run<commands::Account>(account,
                           commands::ConfirmEmail{.token_sha256 = events::sha256({parsed->secret})},
                           platform);
    BOOST_TEST(views->accounts.find(*store, account).value()->confirmed);
}

// A08
BOOST_AUTO_TEST_CASE(a_newer_token_makes_the_mail_of_the_one_before_needless) {
    const Uuid account{.bytes = {20}};
    register_account(account, std::nullopt);
    for (const std::uint8_t mail : std::array<std::uint8_t, 2>{22, 23}) {
        run<commands::Account>(
            account,
            commands::RequestPasswordReset{.token = token(Uuid{.bytes = {mail}}, now + kHourMs)},
            platform);
    }
    start();
    BOOST_TEST_REQUIRE(eventually([this] {
        const auto mails = views->mails.list(*store, platform, 2);
        return mails && mails->size() == 2 && mails->at(0).row.progress() == MAIL_PROGRESS_SENT &&
               mails->at(1).row.progress() == MAIL_PROGRESS_DROPPED;
    }));
    BOOST_TEST(catcher.caught() == 1U);
    const auto carried = token_in(1, "reset");
    BOOST_TEST(gateway::parse_link_token(carried)->secret == secret(platform, Uuid{.bytes = {23}}));
}

// A10
BOOST_AUTO_TEST_CASE(an_invitation_goes_out_by_mail_and_is_over_in_time) {
    using parlour::views::v1::InvitationState;
    const Uuid invitation{.bytes = {30}};
    const Uuid mail{.bytes = {31}};
    run<commands::Invitation>(
        invitation,
        commands::SendInvitation{.name = Personal("Cleo"),
                                 .email = Personal("cleo@new.example"),
                                 .roles = {parlour::company::v1::ROLE_ADMIN},
                                 .locale = "en",
                                 .token_sha256 = events::sha256({secret(kTenant, mail)}),
                                 .valid_until_ms = now + kHourMs,
                                 .mail = mail,
                                 .expert = std::nullopt});
    start();
    BOOST_TEST_REQUIRE(newest_mail_is(MAIL_PROGRESS_SENT));
    BOOST_TEST(caught(1, "text").find("Acme & Söhne") != std::string::npos);
    const auto carried = token_in(1, "invitation");
    BOOST_TEST((gateway::parse_link_token(carried)->about.uuid == invitation));
    now += kHourMs + 1;
    BOOST_TEST(eventually([&] {
        const auto item = views->invitations.find(*store, *keys, kTenant, invitation, now);
        return item && *item && (*item)->state == InvitationState::INVITATION_STATE_EXPIRED;
    }));
}

// A05, A10: the program ended right behind the acceptance.
BOOST_AUTO_TEST_CASE(whoever_accepted_an_invitation_has_its_roles_after_a_crash) {
    const Uuid account{.bytes = {20}};
    register_account(account, std::nullopt);
    const Uuid invitation = invite_admin();
    run<commands::Invitation>(
        invitation,
        commands::AcceptInvitation{
            .token_sha256 = events::sha256({"token"}), .account = account, .company = kCompany});
    close();
    open("views");
    BOOST_TEST(!views->companies.member(*store, kTenant, account).value().has_value());
    start();
    BOOST_TEST_REQUIRE(eventually([&] {
        const auto item = views->accounts.find(*store, account);
        return item && *item && (*item)->completed;
    }));
    BOOST_TEST((views->accounts.find(*store, account).value()->companies == std::vector{kTenant}));
    BOOST_TEST((views->companies.member(*store, kTenant, account).value()->roles ==
                std::vector{parlour::company::v1::ROLE_ADMIN}));
}

// A06, A10
BOOST_AUTO_TEST_CASE(whoever_was_removed_does_not_come_back_when_history_is_read_again) {
    const Uuid account{.bytes = {20}};
    register_account(account, std::nullopt);
    const Uuid invitation = invite_admin();
    const commands::AcceptInvitation accept{
        .token_sha256 = events::sha256({"token"}), .account = account, .company = kCompany};
    start();
    run<commands::Invitation>(invitation, accept);
    const auto is_member = [&] {
        return views->companies.member(*store, kTenant, account).value().has_value();
    };
    BOOST_TEST_REQUIRE(eventually(is_member));
    run<commands::Company>(kCompany,
                           commands::GrantRoles{.account = Uuid{.bytes = {21}},
                                                .roles = {parlour::company::v1::ROLE_ADMIN}});
    run<commands::Company>(kCompany, commands::SetRoles{.account = account, .roles = {}});
    close();
    open("views made anew");
    start();
    std::promise<bool> reached;
    background->when_reached(events::partition_of(kTenant, log->partitions()),
                             log->offset_of(kTenant, *log->head(kTenant)).value(),
                             [&reached](bool yes) { reached.set_value(yes); });
    BOOST_TEST_REQUIRE(reached.get_future().get());
    wait_for_views(kTenant);
    BOOST_TEST(!is_member());
}

// N06: the mail server took the connection and says nothing.
BOOST_AUTO_TEST_CASE(a_mail_server_that_hangs_does_not_hold_up_the_stop) {
    catcher.tell("end hang-after");
    begin(10, "Is the shop open?");
    start();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (catcher.caught() == 0 && std::chrono::steady_clock::now() < deadline) {
        std::unique_lock lock(mutex);
        moved.wait_for(lock, std::chrono::milliseconds(10));
    }
    BOOST_TEST_REQUIRE(catcher.caught() == 1U);
    const auto begun = std::chrono::steady_clock::now();
    background->stop();
    BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(10)));
    const auto mails = views->mails.list(*store, kTenant, 1);
    BOOST_TEST(mails->front().row.attempts() == 0U);
}

// A01
BOOST_AUTO_TEST_CASE(an_account_that_nobody_confirmed_expires) {
    const Uuid account{.bytes = {20}};
    register_account(account, token(Uuid{.bytes = {21}}, now + kHourMs));
    start();
    now += kHourMs + 1;
    BOOST_TEST(eventually([&] {
        const auto item = views->accounts.find(*store, account);
        return item && *item && (*item)->expired;
    }));
}

// C04: as a crash between the steps of publishing a card leaves them.
BOOST_AUTO_TEST_CASE(a_slug_is_kept_for_its_card_and_given_back_where_there_is_none) {
    const Uuid kept{.bytes = {40}};
    const Uuid left{.bytes = {41}};
    const commands::Holder holder{.tenant = kTenant, .id = kExpert};
    for (const auto& slug : {kept, left}) {
        run<commands::Reservation>(
            slug, commands::Reserve{.holder = holder, .confirm_before_ms = now + kHourMs});
    }
    run<commands::Expert>(kExpert,
                          commands::PublishCard{.slug_id = kept, .slug = Personal("ben-acme")});
    start();
    now += kHourMs + 1;
    const auto reservation = [&](const Uuid& slug) {
        return views->accounts.reservation(*store, slug, kTenant);
    };
    BOOST_TEST(eventually([&] {
        const auto held = reservation(kept);
        const auto given_back = reservation(left);
        return held && *held && (*held)->confirmed && given_back && !*given_back;
    }));
}

BOOST_AUTO_TEST_CASE(a_link_token_of_another_form_is_none) {
    BOOST_TEST(!gateway::parse_link_token("").has_value());
    BOOST_TEST(!gateway::parse_link_token("0700000000000000-acc-14").has_value());
    const auto about = events::public_id(kTenant, "acc", Uuid{.bytes = {20}});
    BOOST_TEST(!gateway::parse_link_token(about).has_value());
    BOOST_TEST(!gateway::parse_link_token(gateway::link_token(about, "ab")).has_value());
}

BOOST_AUTO_TEST_CASE(mails_without_an_address_for_their_links_are_refused_at_the_start) {
    const auto started = background->start("http://10.0.0.1:8080", {});
    BOOST_TEST_REQUIRE(!started.has_value());
    BOOST_TEST(started.error().detail.find("public_url") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_mail_server_nothing_asks_for_a_mail) {
    settings.smtp.url.clear();
    begin(10, "Is the shop open?");
    start();
    // The expiry of an invitation shows that the timers were looked at.
    const Uuid invitation{.bytes = {30}};
    run<commands::Invitation>(invitation,
                              commands::SendInvitation{.name = {},
                                                       .email = Personal("cleo@new.example"),
                                                       .roles = {parlour::company::v1::ROLE_ADMIN},
                                                       .locale = "en",
                                                       .token_sha256 = events::sha256({"token"}),
                                                       .valid_until_ms = now + 1,
                                                       .mail = std::nullopt,
                                                       .expert = std::nullopt});
    now += 2;
    BOOST_TEST(eventually([&] {
        const auto item = views->invitations.find(*store, *keys, kTenant, invitation, now);
        return item && *item && (*item)->state == parlour::views::v1::INVITATION_STATE_EXPIRED;
    }));
    BOOST_TEST(views->mails.list(*store, kTenant, 10)->empty());
}

BOOST_AUTO_TEST_SUITE_END()
