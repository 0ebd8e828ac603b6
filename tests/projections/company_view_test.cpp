#include "projections/company_view.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/projections/people_world.hpp"

using namespace projections_test;
using namespace parlour::company::v1;

BOOST_FIXTURE_TEST_SUITE(company_view, PeopleWorld)

// A06
BOOST_AUTO_TEST_CASE(members_and_their_roles_are_there_until_the_last_role_goes) {
    given.commit(tenant,
                 company_of(4),
                 created("Acme"),
                 granted(22, ROLE_EXPERT),
                 granted(21, ROLE_AUDITOR),
                 granted(21, ROLE_ADMIN));
    given.commit(tenant_of(2), company_of(5), created("Other"), granted(23, ROLE_ADMIN));
    const auto store = open_store();
    read(*store);
    const auto members = companies.members(*store, tenant).value();
    BOOST_TEST_REQUIRE(members.size() == 2U);
    BOOST_TEST((members[0].account == uuid_of(21)));
    BOOST_TEST((members[0].roles == std::vector{ROLE_ADMIN, ROLE_AUDITOR}));
    BOOST_TEST(members[0].since_ms == given.time_unix_ms);
    BOOST_TEST((members[1].roles == std::vector{ROLE_EXPERT}));
    BOOST_TEST(!companies.member(*store, tenant, uuid_of(23)).value().has_value());

    given.commit(tenant, company_of(4), revoked(21, ROLE_ADMIN), revoked(22, ROLE_EXPERT));
    read(*store);
    const auto ann = companies.member(*store, tenant, uuid_of(21)).value();
    BOOST_TEST_REQUIRE(ann.has_value());
    BOOST_TEST((ann->roles == std::vector{ROLE_AUDITOR}));
    BOOST_TEST(!companies.member(*store, tenant, uuid_of(22)).value().has_value());
}

BOOST_AUTO_TEST_CASE(a_lock_shows_until_it_is_taken_away) {
    given.commit(tenant, company_of(4), created("Acme"), granted(21, ROLE_ADMIN));
    CompanyEvent locked;
    locked.mutable_member_locked()->set_account_id(text_of(uuid_of(21)));
    given.commit(tenant, company_of(4), locked);
    const auto store = open_store();
    read(*store);
    BOOST_TEST(companies.member(*store, tenant, uuid_of(21)).value()->locked);
    CompanyEvent unlocked;
    unlocked.mutable_member_unlocked()->set_account_id(text_of(uuid_of(21)));
    given.commit(tenant, company_of(4), unlocked);
    read(*store);
    BOOST_TEST(!companies.member(*store, tenant, uuid_of(21)).value()->locked);
}

// A06
BOOST_AUTO_TEST_CASE(the_version_is_that_of_the_companys_stream_whatever_it_tells) {
    const auto store = open_store();
    const auto version = [&] {
        read(*store);
        return companies.profile(*store, *keys, tenant, now_ms).value()->version.value;
    };
    given.commit(tenant, company_of(4), created("Acme"), granted(21, ROLE_ADMIN));
    BOOST_TEST(version() == 2U);
    given.commit(tenant, company_of(4), granted(22, ROLE_EXPERT));
    BOOST_TEST(version() == 3U);
}

// A06
BOOST_AUTO_TEST_CASE(the_newest_details_count) {
    given.commit(tenant, company_of(4), created("Acme"));
    CompanyEvent changed;
    changed.mutable_company_details_changed()->set_name("Other");
    changed.mutable_company_details_changed()->set_time_zone("Europe/Berlin");
    changed.mutable_company_details_changed()->set_locale("de");
    given.commit(tenant, company_of(4), changed);
    const auto store = open_store();
    read(*store);
    const auto profile = companies.profile(*store, *keys, tenant, now_ms).value();
    BOOST_TEST_REQUIRE(profile.has_value());
    BOOST_TEST(profile->name->reveal() == "Other");
    BOOST_TEST(profile->time_zone == "Europe/Berlin");
    BOOST_TEST(profile->locale == "de");
    BOOST_TEST(profile->created_ms == given.time_unix_ms);
}

// A16, E11
BOOST_AUTO_TEST_CASE(the_profile_holds_name_terms_and_what_is_kept) {
    CompanyEvent accepted;
    accepted.mutable_processing_terms_accepted()->set_document("AVV canary");
    accepted.mutable_processing_terms_accepted()->set_version("2");
    accepted.mutable_processing_terms_accepted()->set_locale("de");
    accepted.mutable_processing_terms_accepted()->set_sha256("digest");
    CompanyEvent kept;
    kept.mutable_data_collection_changed()->set_email(true);
    given.commit(tenant, company_of(4), created("Acme canary"));
    const auto store = open_store();
    read(*store);
    const auto fresh = companies.profile(*store, *keys, tenant, now_ms).value();
    BOOST_TEST_REQUIRE(fresh.has_value());
    BOOST_TEST((fresh->id == uuid_of(4)));
    BOOST_TEST(fresh->name->reveal() == "Acme canary");
    BOOST_TEST(!fresh->terms.has_value());
    BOOST_TEST(!fresh->kept.has_value());

    given.commit(tenant, company_of(4), accepted, kept);
    read(*store);
    const auto later = companies.profile(*store, *keys, tenant, now_ms).value();
    BOOST_TEST_REQUIRE(later->terms.has_value());
    BOOST_TEST(later->terms->document.reveal() == "AVV canary");
    BOOST_TEST(later->terms->version.reveal() == "2");
    BOOST_TEST(later->terms->locale == "de");
    BOOST_TEST(later->terms->sha256 == "digest");
    BOOST_TEST(later->kept->email());
    BOOST_TEST(!later->kept->name());
    BOOST_TEST(!companies.profile(*store, *keys, tenant_of(2), now_ms).value().has_value());
    for (const auto& [key, value] : rows_of(*store, companies, partitions)) {
        BOOST_TEST((key + value).find("canary") == std::string::npos);
    }
}

// A16
BOOST_AUTO_TEST_CASE(every_acceptance_of_terms_stays_in_the_register) {
    const auto accepted = [](const char* version) {
        CompanyEvent event;
        event.mutable_processing_terms_accepted()->set_document("AVV");
        event.mutable_processing_terms_accepted()->set_version(version);
        event.mutable_processing_terms_accepted()->set_locale("en");
        return event;
    };
    given.commit(tenant, company_of(4), created("Acme"), accepted("1"));
    given.commit(tenant, company_of(4), granted(21, ROLE_ADMIN), accepted("2"));
    given.commit(tenant_of(2), company_of(5), created("Other"), accepted("9"));
    const auto store = open_store();
    read(*store);
    const auto terms = companies.terms(*store, *keys, tenant, now_ms).value();
    BOOST_TEST_REQUIRE(terms.size() == 2U);
    BOOST_TEST(terms[0].version.reveal() == "1");
    BOOST_TEST(terms[1].version.reveal() == "2");
    BOOST_TEST(companies.terms(*store, *keys, tenant_of(3), now_ms).value().empty());
}

// X15
BOOST_AUTO_TEST_CASE(a_revoked_token_opens_nothing_and_is_listed_no_more) {
    auto issued = token_issued("secret");
    issued.mutable_api_token_issued()->set_name("shop");
    CompanyEvent revoked_token;
    revoked_token.mutable_api_token_revoked()->set_token_id(text_of(uuid_of(103)));
    given.commit(tenant, company_of(4), created("Acme"), issued);
    const auto store = open_store();
    read(*store);
    const auto listed = companies.tokens(*store, *keys, tenant, now_ms).value();
    BOOST_TEST_REQUIRE(listed.size() == 1U);
    BOOST_TEST((listed[0].id == uuid_of(103)));
    BOOST_TEST(listed[0].name->reveal() == "shop");
    BOOST_TEST((listed[0].scopes == std::vector{SCOPE_CONVERSATIONS}));

    given.commit(tenant, company_of(4), revoked_token);
    read(*store);
    BOOST_TEST(companies.tokens(*store, *keys, tenant, now_ms).value().empty());
    BOOST_TEST(!access.find(*store, tenant, events::sha256({"secret"})).has_value());
    given.commit(tenant, company_of(4), revoked_token);
    read(*store);
}

BOOST_AUTO_TEST_CASE(every_member_of_every_company_is_visited) {
    given.commit(tenant, company_of(4), created("Acme"), granted(21, ROLE_ADMIN));
    given.commit(tenant_of(2), company_of(5), created("Other"), granted(22, ROLE_ADMIN));
    const auto store = open_store();
    read(*store);
    std::vector<std::pair<events::TenantId, events::Uuid>> seen;
    const auto visited = companies.each_member(
        *store,
        [&](const auto& company, const auto& account) { seen.emplace_back(company, account); });
    BOOST_TEST_REQUIRE(visited.has_value());
    const decltype(seen) expected{{tenant, uuid_of(21)}, {tenant_of(2), uuid_of(22)}};
    BOOST_TEST((seen == expected));
}

BOOST_AUTO_TEST_SUITE_END()
