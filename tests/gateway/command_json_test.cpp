#include "gateway/command_json.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "commands/account.hpp"
#include "commands/company.hpp"
#include "commands/conversation.hpp"
#include "commands/invitation.hpp"
#include "commands/session.hpp"

namespace {

using commands::Accepted;
using commands::Answer;
using commands::Refusal;
using events::Errc;

commands::CommandMeta meta() {
    commands::CommandMeta given;
    given.tenant = events::TenantId{.bytes = {7}};
    given.id = events::CommandId{.bytes = {8}};
    given.digest[0] = 9;
    given.actor_kind = parlour::log::v1::ACTOR_KIND_ACCOUNT;
    given.actor = events::Uuid{.bytes = {10}};
    given.now_ms = 1'790'000'000'000;
    given.expected = events::Version{3};
    return given;
}

template <commands::Decider A>
std::optional<boost::json::object> written(typename A::Command command) {
    return gateway::write_command(
        {A::kKind, events::Uuid{.bytes = {11}}}, std::any(std::move(command)), meta());
}

Answer read_back(const Answer& answer) {
    const auto read = gateway::read_answer(boost::json::serialize(gateway::write_answer(answer)));
    BOOST_TEST_REQUIRE(read.has_value());
    return *read;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(command_json)

BOOST_AUTO_TEST_CASE(the_commands_that_cross_tenants_are_written_and_no_others) {
    using commands::Account;
    using commands::Company;
    using commands::Invitation;
    using commands::Session;
    const auto name_of = [](const std::optional<boost::json::object>& object) {
        BOOST_TEST_REQUIRE(object.has_value());
        for (const char* const name : {"start_session",
                                       "end_session",
                                       "accept_invitation",
                                       "create_company",
                                       "link_company",
                                       "unlink_company",
                                       "complete_registration"}) {
            if (object->contains(name)) return std::string(name);
        }
        return std::string();
    };
    BOOST_TEST(name_of(written<Session>(commands::StartSession{})) == "start_session");
    BOOST_TEST(name_of(written<Session>(commands::EndSession{})) == "end_session");
    BOOST_TEST(name_of(written<Invitation>(commands::AcceptInvitation{})) == "accept_invitation");
    BOOST_TEST(name_of(written<Company>(commands::CreateCompany{})) == "create_company");
    BOOST_TEST(name_of(written<Account>(commands::LinkCompany{})) == "link_company");
    BOOST_TEST(name_of(written<Account>(commands::UnlinkCompany{})) == "unlink_company");
    BOOST_TEST(name_of(written<Account>(commands::CompleteRegistration{})) ==
               "complete_registration");
    BOOST_TEST(!written<Account>(commands::LockAccount{}).has_value());
    BOOST_TEST(!written<commands::Conversation>(commands::OpenConversation{}).has_value());
}

BOOST_AUTO_TEST_CASE(an_acceptance_comes_back_as_it_was) {
    const auto answer = read_back(
        Accepted{.position = events::Seq{12}, .version = events::Version{3}, .replayed = true});
    BOOST_TEST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->position.value == 12U);
    BOOST_TEST(answer->version.value == 3U);
    BOOST_TEST(answer->replayed);
}

BOOST_AUTO_TEST_CASE(a_refusal_keeps_its_kind_its_words_and_its_error) {
    Refusal rejected{.kind = Refusal::Kind::kRejected};
    rejected.rejection = commands::RejectionText{
        .kind = commands::RefusalKind::kGone, .code = "over", .detail = "It is over."};
    const auto one = read_back(std::unexpected(rejected));
    BOOST_TEST((one.error().kind == Refusal::Kind::kRejected));
    BOOST_TEST((one.error().rejection->kind == commands::RefusalKind::kGone));
    BOOST_TEST(one.error().rejection->code == "over");

    Refusal conflict{.kind = Refusal::Kind::kVersionConflict};
    conflict.current = events::Version{5};
    BOOST_TEST(read_back(std::unexpected(conflict)).error().current.value == 5U);

    Refusal failed{.kind = Refusal::Kind::kFailed};
    failed.error = events::Error{Errc::kErased, "it was erased"};
    BOOST_TEST((read_back(std::unexpected(failed)).error().error->code == Errc::kErased));
}

BOOST_AUTO_TEST_CASE(what_is_no_answer_is_none) {
    for (const char* const text : {"", "[]", "{}", R"({"position":1})", R"({"refused":"so"})"}) {
        BOOST_TEST(!gateway::read_answer(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
