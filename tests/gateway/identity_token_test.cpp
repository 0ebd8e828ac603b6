#include "gateway/identity_token.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using commands::Vouched;
using events::TenantId;
using events::TenantKeys;
using events::Uuid;
using gateway::IdentityTerms;
using gateway::Outcome;

constexpr std::int64_t kNowMs = 1'790'000'000'000;
const TenantId kTenant{.bytes = {1, 2, 3}};
const Uuid kWidget{.bytes = {6, 7}};
const Uuid kSecret{.bytes = {8, 9}};
const TenantKeys kKeys{.wrapping = {},
                       .command_ids = events::Key256({1}),
                       .body_digests = {},
                       .blind_index = events::Key256({2})};

// Made by Python's hmac and base64 modules, with the secret of kSecret as identity_secret shows it:
// {"alg":"HS256","typ":"JWT"} . {"sub":"42","aud":"0102030000000000-wgt-0607..",
// "iat":1789999990,"exp":1790000300,"name":"Ada"}.
const std::string kHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
const std::string kClaims =
    "eyJzdWIiOiI0MiIsImF1ZCI6IjAxMDIwMzAwMDAwMDAwMDAtd2d0LTA2MDcwMDAwMDAwMDAwMDAwMDAw"
    "MDAwMDAwMDAwMDAwIiwiaWF0IjoxNzg5OTk5OTkwLCJleHAiOjE3OTAwMDAzMDAsIm5hbWUiOiJBZGEi"
    "fQ";
const std::string kSignature = "ugNYhdIjh-MQQyOMAR73XxXEDeZtN0L_-diyVMqMhcs";

Outcome<Vouched> read(const std::string& token,
                      std::int64_t now_ms = kNowMs,
                      std::vector<Uuid> secrets = {kSecret}) {
    return gateway::read_identity(
        kKeys, {.tenant = kTenant, .widget = kWidget, .secrets = secrets}, token, now_ms);
}

std::string known_token() {
    return kHeader + "." + kClaims + "." + kSignature;
}

void refused(const Outcome<Vouched>& read, unsigned status, std::string_view code) {
    BOOST_TEST_REQUIRE(!read.has_value());
    BOOST_TEST(read.error().status == status);
    BOOST_TEST(read.error().body.find("\"code\":\"" + std::string(code) + "\"") !=
               std::string::npos);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(identity_token)

// X09, CPL05
BOOST_AUTO_TEST_CASE(a_token_of_another_programs_making_is_read) {
    BOOST_TEST(gateway::identity_secret(kKeys, kWidget, kSecret) ==
               "d207986f6f83931e79824e767c0b9fbae0cfd54bf8e07e5d91f9de10947e3063");
    const auto identity = read(known_token());
    BOOST_TEST_REQUIRE(identity.has_value());
    BOOST_TEST((identity->secret == kSecret));
    BOOST_TEST(identity->subject.reveal() == "42");
    BOOST_TEST(identity->name.reveal() == "Ada");
    BOOST_TEST(identity->email.empty());
    BOOST_TEST(identity->issued_unix_ms == 1'789'999'990'000);
}

// X09
BOOST_AUTO_TEST_CASE(its_time_begins_and_ends) {
    BOOST_TEST(read(known_token(), 1'790'000'299'999).has_value());
    refused(read(known_token(), 1'790'000'300'000), 403, "identity-expired");
    BOOST_TEST(read(known_token(), 1'789'999'930'000).has_value());
    refused(read(known_token(), 1'789'999'929'999), 403, "identity-not-valid-yet");
}

// X09, CPL18
BOOST_AUTO_TEST_CASE(no_character_of_it_may_change) {
    const auto token = known_token();
    for (std::size_t i = 0; i < token.size(); ++i) {
        for (const char other : {'A', 'B', '.', '=', '/'}) {
            auto changed = token;
            changed[i] = other;
            if (changed == token) continue;
            BOOST_TEST(!read(changed).has_value(), "character " << i << " as " << other);
        }
    }
    for (std::size_t size = 0; size < token.size(); ++size) {
        BOOST_TEST(!read(token.substr(0, size)).has_value(), "of length " << size);
    }
}

// X09
BOOST_AUTO_TEST_CASE(a_secret_that_is_not_in_force_signs_nothing) {
    refused(read(known_token(), kNowMs, {}), 403, "identity-forged");
    refused(read(known_token(), kNowMs, {kWidget}), 403, "identity-forged");
    BOOST_TEST(read(known_token(), kNowMs, {kWidget, kSecret}).has_value());
}

// X09
BOOST_AUTO_TEST_CASE(a_token_that_names_no_signature_is_none) {
    const std::string none = "eyJhbGciOiJub25lIn0";  // {"alg":"none"}
    refused(read(none + "." + kClaims + "."), 400, "identity-malformed");
    refused(read(none + "." + kClaims + "." + kSignature), 400, "identity-malformed");
    refused(read(""), 400, "identity-malformed");
    refused(read(".."), 400, "identity-malformed");
    refused(read(std::string(gateway::kIdentityBytesMax + 1, 'a')), 400, "identity-malformed");
}

// X09
BOOST_AUTO_TEST_CASE(each_widget_has_its_own_visitor_of_a_subject) {
    const auto visitor = [](const Uuid& widget, const char* subject) {
        return gateway::visitor_of_subject(kKeys, widget, events::Personal(subject));
    };
    BOOST_TEST((visitor(kWidget, "42") == visitor(kWidget, "42")));
    BOOST_TEST((visitor(kWidget, "42") != visitor(kWidget, "43")));
    BOOST_TEST((visitor(kWidget, "42") != visitor(kSecret, "42")));
}

BOOST_AUTO_TEST_SUITE_END()
