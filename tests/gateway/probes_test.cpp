#include "gateway/probes.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using gateway::PeerAddress;
using gateway::Readiness;
using gateway::readiness_response;
using gateway::Request;

Readiness well() {
    return {.load = {.waiting = 5, .in_flight = 3, .led = 64, .partitions = 64},
            .views_stopped = false,
            .views_behind = 7,
            .keys_writable = true,
            .mail = false};
}

Request from(std::string_view address) {
    Request request;
    request.peer = PeerAddress::parse(address).value();
    return request;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(probes)

// Q06
BOOST_AUTO_TEST_CASE(a_program_whose_parts_are_well_is_ready_and_says_how_each_is) {
    const auto response = readiness_response(well());
    BOOST_TEST(response.status == 200U);
    BOOST_TEST(response.body ==
               R"({"ready":true,"log":"ready","views":{"state":"ready","behind":7},)"
               R"("policies":"ready","keys":"ready","mail":"not configured"})");
}

// Q06
BOOST_AUTO_TEST_CASE(a_part_that_is_not_well_makes_it_not_ready_and_is_named) {
    auto claiming = well();
    claiming.load.led = 63;
    auto stopped = well();
    stopped.views_stopped = true;
    auto sealed = well();
    sealed.keys_writable = false;
    for (const auto& [state, part] : {std::pair{claiming, R"("log":"claiming")"},
                                      std::pair{stopped, R"("state":"stopped")"},
                                      std::pair{sealed, R"("keys":"failed")"}}) {
        const auto response = readiness_response(state);
        BOOST_TEST(response.status == 503U);
        BOOST_TEST(response.body.contains(part), response.body);
        BOOST_TEST(response.body.contains(R"("ready":false)"));
    }
}

// Q06
BOOST_AUTO_TEST_CASE(policies_that_stopped_are_named_and_people_can_still_talk) {
    auto stopped = well();
    stopped.policies_stopped = true;
    const auto response = readiness_response(stopped);
    BOOST_TEST(response.status == 200U);
    BOOST_TEST(response.body.contains(R"("policies":"stopped")"), response.body);
}

BOOST_AUTO_TEST_CASE(a_mail_server_is_no_condition_of_being_ready) {
    auto with_mail = well();
    with_mail.mail = true;
    BOOST_TEST(readiness_response(with_mail).status == 200U);
    BOOST_TEST(readiness_response(with_mail).body.contains(R"("mail":"configured")"));
}

BOOST_AUTO_TEST_CASE(only_a_request_from_this_machine_that_no_proxy_passed_on_is_local) {
    for (const auto* const address : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"}) {
        BOOST_TEST(gateway::is_local(from(address)), address);
    }
    for (const auto* const address : {"192.0.2.1", "10.0.0.1", "::", "2001:db8::1", "128.0.0.1"}) {
        BOOST_TEST(!gateway::is_local(from(address)), address);
    }
    BOOST_TEST(!gateway::is_local(Request{}));
    for (const auto* const header : {"forwarded", "x-forwarded-for", "x-real-ip"}) {
        auto request = from("127.0.0.1");
        request.headers.emplace_back(header, "127.0.0.1");
        BOOST_TEST(!gateway::is_local(request), header);
    }
}

BOOST_AUTO_TEST_SUITE_END()
