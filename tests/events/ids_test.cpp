#include "events/ids.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <random>
#include <vector>

#include "tests/events/samples.hpp"

using namespace events;

namespace {

const std::string kTenantText = "0123456789abcdef";
const std::string kUuidText = "00112233445566778899aabbccddeeff";

TenantId tenant_of(std::string_view text) {
    return parse_tenant(text).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ids)

// The numbers were computed with another SHA-256; a change would send tenants to other partitions.
BOOST_AUTO_TEST_CASE(a_tenants_partition_never_changes) {
    struct Golden {
        std::string_view tenant;
        std::uint16_t of_2, of_64, of_65535;
    };
    for (const auto& golden : {Golden{"0000000000000000", 0, 58, 52550},
                               Golden{"1111111111111111", 1, 19, 14843},
                               Golden{"2222222222222222", 0, 32, 28123},
                               Golden{"ffffffffffffffff", 1, 29, 58790},
                               Golden{"0123456789abcdef", 0, 16, 30133}}) {
        const TenantId tenant = tenant_of(golden.tenant);
        BOOST_TEST(partition_of(tenant, 1).value == 0U);
        BOOST_TEST(partition_of(tenant, 2).value == golden.of_2);
        BOOST_TEST(partition_of(tenant, 64).value == golden.of_64);
        BOOST_TEST(partition_of(tenant, 65535).value == golden.of_65535);
    }
}

BOOST_AUTO_TEST_CASE(tenants_spread_over_all_partitions) {
    std::vector<int> tenants(64);
    for (int i = 0; i < 64 * 100; ++i) {
        ++tenants[partition_of(random_id<TenantId>(), 64).value];
    }
    for (const int count : tenants) {
        BOOST_TEST(count > 40);
        BOOST_TEST(count < 180);
    }
}

BOOST_AUTO_TEST_CASE(hex_goes_there_and_back) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
    BOOST_TEST(to_hex(bytes).size() == 512U);
    BOOST_TEST((from_hex(to_hex(bytes)) == bytes));
    BOOST_TEST(to_hex("") == "");
    BOOST_TEST((from_hex("") == ""));
    BOOST_TEST(to_hex(std::string_view("\x00\x0f\xf0\xff", 4)) == "000ff0ff");
}

BOOST_AUTO_TEST_CASE(what_is_not_lower_case_hex_is_refused) {
    for (const auto* text : {"0", "0g", "AB", "0x", " 0", "0 ", "-1", "\xff\xff", "000"}) {
        BOOST_TEST(!from_hex(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(an_id_has_exactly_its_size) {
    BOOST_TEST(TenantId::from_bytes(samples::fill(8, 7)).has_value());
    BOOST_TEST(!TenantId::from_bytes(samples::fill(7, 7)).has_value());
    BOOST_TEST(!TenantId::from_bytes(samples::fill(9, 7)).has_value());
    BOOST_TEST(!KeyId::from_bytes("").has_value());
    BOOST_TEST(samples::id<KeyId>(7).view() == samples::fill(16, 7));
}

BOOST_AUTO_TEST_CASE(a_tenant_goes_to_text_and_back) {
    BOOST_TEST(to_text(tenant_of(kTenantText)) == kTenantText);
    for (const auto* text : {"", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF"}) {
        BOOST_TEST(!parse_tenant(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(a_public_id_begins_with_its_tenant_and_goes_there_and_back) {
    const StreamId stream{parlour::log::v1::STREAM_KIND_CONVERSATION,
                          Uuid::from_bytes(*from_hex(kUuidText)).value()};
    const std::string text = public_id(tenant_of(kTenantText), stream);
    BOOST_TEST(text == kTenantText + "-cnv-" + kUuidText);

    const auto parsed = parse_public_id(text);
    BOOST_TEST_REQUIRE(parsed.has_value());
    BOOST_TEST(to_text(parsed->tenant) == kTenantText);
    BOOST_TEST(parsed->tag == "cnv");
    BOOST_TEST((parsed->uuid == stream.uuid));
    BOOST_TEST(parse_stream_id(text, stream.kind).has_value());
    BOOST_TEST(!parse_stream_id(text, parlour::log::v1::STREAM_KIND_EXPERT).has_value());
    BOOST_TEST(public_id(parsed->tenant, "msg", parsed->uuid) == kTenantText + "-msg-" + kUuidText);
}

BOOST_AUTO_TEST_CASE(every_kind_of_stream_has_a_public_id) {
    for (const auto kind : {parlour::log::v1::STREAM_KIND_COMPANY,
                            parlour::log::v1::STREAM_KIND_EXPERT,
                            parlour::log::v1::STREAM_KIND_VISITOR,
                            parlour::log::v1::STREAM_KIND_CONVERSATION}) {
        const StreamId stream{kind, random_id<Uuid>()};
        const auto parsed = parse_stream_id(public_id(samples::tenant(), stream), kind);
        BOOST_TEST_REQUIRE(parsed.has_value());
        BOOST_TEST((parsed->uuid == stream.uuid));
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_public_id_is_refused) {
    const std::string good = kTenantText + "-cnv-" + kUuidText;
    BOOST_TEST_REQUIRE(parse_public_id(good).has_value());
    for (std::size_t size = 0; size < good.size(); ++size) {
        BOOST_TEST(!parse_public_id(good.substr(0, size)).has_value());
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const char wrong : {'G', '/', '_', '\0', ' ', '\x80'}) {
            std::string text = good;
            text[at] = wrong;
            BOOST_TEST(!parse_public_id(text).has_value(), text);
        }
    }
    BOOST_TEST(!parse_public_id(good + "0").has_value());
}

BOOST_AUTO_TEST_CASE(times_are_printed_in_utc_with_milliseconds) {
    struct Golden {
        std::int64_t unix_ms;
        std::string_view text;
    };
    for (const auto& golden : {Golden{0, "1970-01-01T00:00:00.000Z"},
                               Golden{-1, "1969-12-31T23:59:59.999Z"},
                               Golden{1'709'251'199'999, "2024-02-29T23:59:59.999Z"},
                               Golden{1'709'251'200'000, "2024-03-01T00:00:00.000Z"},
                               Golden{1'795'310'880'007, "2026-11-22T01:28:00.007Z"}}) {
        BOOST_TEST(format_time(golden.unix_ms) == golden.text);
        BOOST_TEST((parse_time(golden.text) == golden.unix_ms));
    }
}

BOOST_AUTO_TEST_CASE(a_time_may_leave_out_its_fraction_or_its_time_of_day) {
    BOOST_TEST((parse_time("2024-02-29T23:59:59Z") == 1'709'251'199'000));
    BOOST_TEST((parse_time("2024-02-29T23:59:59.5Z") == 1'709'251'199'500));
    BOOST_TEST((parse_time("2024-02-29T23:59:59.05Z") == 1'709'251'199'050));
    BOOST_TEST((parse_time("2024-02-29") == 1'709'164'800'000));
}

BOOST_AUTO_TEST_CASE(what_is_no_time_is_refused) {
    for (const auto* text : {"",
                             "2024",
                             "2023-02-29",
                             "2100-02-29",
                             "2024-13-01",
                             "2024-00-01",
                             "2024-01-32",
                             "2024-1-01",
                             "2024/01/01",
                             "2024-01-01T",
                             "2024-01-01T00:00Z",
                             "2024-01-01T00:00:00",
                             "2024-01-01T24:00:00Z",
                             "2024-01-01T00:60:00Z",
                             "2024-01-01T00:00:60Z",
                             "2024-01-01 00:00:00Z",
                             "2024-01-01T00:00:00.Z",
                             "2024-01-01T00:00:00.1234Z",
                             "2024-01-01T00:00:00.-1Z",
                             "2024-01-01T00:00:00+00:00",
                             "2024-01-01T00:00:00ZZ",
                             "+024-01-01",
                             "-024-01-01"}) {
        BOOST_TEST(!parse_time(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(any_time_goes_to_text_and_back) {
    const auto seed = std::random_device{}();
    BOOST_TEST_MESSAGE("seed " << seed);
    std::mt19937_64 random(seed);
    const std::int64_t year_9999 = parse_time("9999-12-31T23:59:59.999Z").value();
    std::uniform_int_distribution<std::int64_t> any(parse_time("0001-01-01").value(), year_9999);
    for (int i = 0; i < 2000; ++i) {
        const std::int64_t time = any(random);
        BOOST_TEST((parse_time(format_time(time)) == time), "seed " << seed << " time " << time);
    }
}

BOOST_AUTO_TEST_SUITE_END()
