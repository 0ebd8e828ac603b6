#include "commands/company.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "tests/support/given.hpp"

namespace {

using commands::Company;
using commands::CreateCompany;
using commands::IssueApiToken;
using events::Personal;
using events::Uuid;
using parlour::company::v1::Scope;
using Rejection = Company::Rejection;

using Given = test_support::Given<Company>;

const Uuid kToken{.bytes = {7}};

Company::Event created() {
    Company::Event event;
    event.mutable_company_created()->set_name("Example");
    return event;
}

Company::Event issued(const std::vector<Scope>& scopes) {
    Company::Event event;
    auto& token = *event.mutable_api_token_issued();
    token.set_token_id(std::string(kToken.view()));
    token.set_token_sha256(std::string(sizeof(events::Digest), '\0'));
    for (const auto scope : scopes) token.add_scopes(scope);
    return event;
}

Company::Event details(const std::string& name,
                       const std::string& time_zone,
                       const std::string& locale) {
    Company::Event event;
    auto& changed = *event.mutable_company_details_changed();
    changed.set_name(name);
    changed.set_time_zone(time_zone);
    changed.set_locale(locale);
    return event;
}

IssueApiToken issue(std::vector<Scope> scopes) {
    return {.token = kToken, .token_sha256 = {}, .scopes = std::move(scopes)};
}

CreateCompany create(std::string name) {
    return {.name = Personal(std::move(name))};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(company)

BOOST_AUTO_TEST_CASE(a_company_is_created_with_a_name) {
    Given{}.when(create("Example")).then({created()});
}

BOOST_AUTO_TEST_CASE(creating_twice_is_rejected) {
    Given{{created()}}.when(create("Example")).then_rejected(Rejection::kAlreadyCreated);
}

BOOST_AUTO_TEST_CASE(a_company_without_a_name_is_rejected) {
    Given{}.when(create(" ")).then_rejected(Rejection::kNameInvalid);
}

BOOST_AUTO_TEST_CASE(a_token_is_known_by_its_digest_and_scopes) {
    Given{{created()}}
        .when(issue({Scope::SCOPE_CONVERSATIONS}))
        .then({issued({Scope::SCOPE_CONVERSATIONS})});
}

BOOST_AUTO_TEST_CASE(a_token_of_no_company_is_rejected) {
    Given{}.when(issue({Scope::SCOPE_CONVERSATIONS})).then_rejected(Rejection::kNotCreated);
}

BOOST_AUTO_TEST_CASE(issuing_the_same_token_twice_is_rejected) {
    Given{{created(), issued({Scope::SCOPE_ADMIN})}}
        .when(issue({Scope::SCOPE_ADMIN}))
        .then_rejected(Rejection::kTokenExists);
}

BOOST_AUTO_TEST_CASE(a_token_needs_scopes_none_of_them_twice_or_unknown) {
    const std::vector<std::vector<Scope>> bad{
        {}, {Scope::SCOPE_UNSPECIFIED}, {Scope::SCOPE_ADMIN, Scope::SCOPE_ADMIN}};
    for (const auto& scopes : bad) {
        Given{{created()}}.when(issue(scopes)).then_rejected(Rejection::kScopesInvalid);
    }
}

// A06
BOOST_AUTO_TEST_CASE(details_change_one_by_one_and_the_others_stay) {
    const auto german = details("Example", "", "de");
    const auto renamed = details("Other", "Europe/Berlin", "de");
    Given{{created()}}
        .when(commands::ChangeCompanyDetails{
            .name = std::nullopt, .time_zone = std::nullopt, .locale = "de"})
        .then({german});
    Given{{created(), german}}
        .when(commands::ChangeCompanyDetails{
            .name = Personal("Other"), .time_zone = "Europe/Berlin", .locale = std::nullopt})
        .then({renamed});
    Given{{created(), renamed}}
        .when(commands::ChangeCompanyDetails{
            .name = Personal("Other"), .time_zone = std::nullopt, .locale = "de"})
        .then_nothing();
    Given{{created()}}.when(commands::ChangeCompanyDetails{}).then_nothing();
    Given{}.when(commands::ChangeCompanyDetails{}).then_rejected(Rejection::kNotCreated);
}

// A06
BOOST_AUTO_TEST_CASE(details_that_are_none_are_refused) {
    const auto change = [](const char* name, const char* zone, const char* locale) {
        return commands::ChangeCompanyDetails{
            .name = Personal(name), .time_zone = zone, .locale = locale};
    };
    const Given given{{created()}};
    given.when(change(" ", "UTC", "de")).then_rejected(Rejection::kNameInvalid);
    given.when(change("x", "", "de")).then_rejected(Rejection::kTimeZoneInvalid);
    given.when(change("x", "UTC", "xx")).then_rejected(Rejection::kLocaleInvalid);
    const std::string long_zone(commands::kTimeZoneBytesMax + 1, 'x');
    given.when(change("x", long_zone.c_str(), "de")).then_rejected(Rejection::kTimeZoneInvalid);
}

BOOST_AUTO_TEST_SUITE_END()
