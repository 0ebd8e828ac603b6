#include "projections/access_view.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/projections/world.hpp"

using namespace projections_test;
using events::Errc;
using events::sha256;

BOOST_FIXTURE_TEST_SUITE(access_view, World)

BOOST_AUTO_TEST_CASE(an_issued_token_is_found_by_its_digest) {
    auto issued = token_issued("secret");
    issued.mutable_api_token_issued()->add_scopes(parlour::company::v1::SCOPE_ERASE);
    given.commit(tenant, company_of(4), created("Acme"), issued);
    const auto store = open_store();
    read_into(*store);
    const auto token = access.find(*store, tenant, sha256({"secret"}));
    BOOST_TEST_REQUIRE(token.has_value());
    BOOST_TEST((token->id == uuid_of(103)));
    const std::vector<parlour::company::v1::Scope> scopes{parlour::company::v1::SCOPE_CONVERSATIONS,
                                                          parlour::company::v1::SCOPE_ERASE};
    BOOST_TEST((token->scopes == scopes));
}

BOOST_AUTO_TEST_CASE(a_token_opens_its_own_company_only) {
    given.commit(tenant, company_of(4), created("Acme"), token_issued("secret"));
    given.commit(tenant_of(2), company_of(5), created("Other"));
    const auto store = open_store();
    read_into(*store);
    const auto foreign = access.find(*store, tenant_of(2), sha256({"secret"}));
    BOOST_TEST_REQUIRE(!foreign);
    BOOST_TEST((foreign.error().code == Errc::kNotFound));
    const auto wrong = access.find(*store, tenant, sha256({"Secret"}));
    BOOST_TEST_REQUIRE(!wrong);
    BOOST_TEST((wrong.error().code == Errc::kNotFound));
}

BOOST_AUTO_TEST_CASE(a_company_exists_once_it_was_created) {
    given.commit(tenant, company_of(4), created("Acme"));
    given.void_commit(tenant_of(2), company_of(5), created("Void"));
    const auto store = open_store();
    BOOST_TEST(!access.exists(*store, tenant).value());
    read_into(*store);
    BOOST_TEST(access.exists(*store, tenant).value());
    BOOST_TEST(!access.exists(*store, tenant_of(2)).value());
}

BOOST_AUTO_TEST_CASE(the_token_itself_stands_in_no_row) {
    given.commit(tenant, company_of(4), created("Acme"), token_issued("secret-token-text"));
    const auto store = open_store();
    read_into(*store);
    for (const auto& [key, value] : rows_of(*store, access, partitions)) {
        BOOST_TEST((key + value).find("secret-token-text") == std::string::npos);
    }
}

// A digest of another length would make a row that no request can name.
BOOST_AUTO_TEST_CASE(a_digest_of_another_length_stops_the_views) {
    auto issued = token_issued("secret");
    issued.mutable_api_token_issued()->set_token_sha256("short");
    given.commit(tenant, company_of(4), issued);
    const auto store = open_store();
    projections::Runner runner(log, partitions, *store, views());
    const auto done = runner.catch_up();
    BOOST_TEST_REQUIRE(!done);
    BOOST_TEST((done.error().code == Errc::kDamaged));
}

BOOST_AUTO_TEST_SUITE_END()
