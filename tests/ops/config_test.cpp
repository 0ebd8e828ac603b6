#include "ops/config.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using gateway::Registration;
using ops::Config;
using ops::config_keys;
using ops::ConfigSource;
using ops::ConfigValue;
using ops::parse_config;

ConfigSource parse(std::string_view text) {
    return parse_config(text, "p.toml");
}

ConfigSource checked(std::string_view text) {
    auto source = parse(text);
    check_together(source);
    return source;
}

std::vector<std::string> lines_of(const ConfigSource& source) {
    std::vector<std::string> lines;
    lines.reserve(source.faults.size());
    for (const auto& fault : source.faults) lines.push_back(fault.where + ": " + fault.what);
    return lines;
}

bool has_value(const ConfigValue& value) {
    const auto* const text = std::get_if<std::string>(&value);
    return text == nullptr || !text->empty();
}

// Every key with a value of its own in it, as a file.
constexpr std::string_view kEverything = R"(
data = "/d"
keys = "/k"
master_key = "/m"
listen = "[::1]:0"
demo = true
public_url = "https://chat.example.com"
registration = "invite"
trusted_proxies = ["10.0.0.0/8", "2001:db8::1"]
proxy_header = "forwarded"
portal_origins = ["https://portal.example.com:8443"]
disk_reserve_mib = 64
[limits]
header_bytes_max = 2048
body_bytes_max = 4096
connections_max = 7
handshake_timeout_s = 5
header_timeout_s = 1
body_timeout_s = 2
idle_timeout_s = 3
write_timeout_s = 4
[quotas]
visitor_writes_per_hour = 60
new_visitors_per_hour = 50
registrations_per_hour = 40
files_mib = 30
[tls]
cert = "/c.pem"
key = "/k.pem"
[smtp]
url = "smtps://mail.example.com:465"
user = "parlour"
password_file = "/p"
from = "chat@example.com"
tls = "opportunistic"
ca_file = "/ca.pem"
[mail]
missed_after_s = 5
missed_every_s = 60
[kafka]
url = "kafka://broker-1.example.com:9092,broker-2.example.com:9092"
protocol = "sasl_ssl"
ca_file = "/kafka.pem"
cert = "/node.pem"
key = "/node.key"
mechanism = "SCRAM-SHA-256"
user = "node"
password_file = "/kafka-password"
[node]
name = "node-1"
advertise = "https://node-1.example.com:8443"
listen = "0.0.0.0:8444"
cert = "/node-1.pem"
key = "/node-1.key"
ca = "/nodes.pem"
[analytics]
kafka = "kafka://broker.example.com:9092"
[presence]
lease_s = 20
grace_s = 10
[log]
level = "debug"
format = "json"
[metrics]
enabled = false
)";

}  // namespace

BOOST_AUTO_TEST_SUITE(config)

BOOST_AUTO_TEST_CASE(a_file_may_set_every_key) {
    const auto source = checked(kEverything);
    BOOST_TEST(lines_of(source).empty());
    BOOST_TEST(source.set_at.size() == config_keys().size());
    const auto& settings = source.config.settings;
    BOOST_TEST(source.config.paths.data == "/d");
    BOOST_TEST(source.config.paths.keys == "/k");
    BOOST_TEST(source.config.paths.master_key == "/m");
    BOOST_TEST(source.config.address == "::1");
    BOOST_TEST(source.config.port == 0);
    BOOST_TEST(source.config.demo);
    BOOST_TEST(settings.site.public_url == "https://chat.example.com");
    BOOST_TEST((settings.site.registration == Registration::kInvite));
    BOOST_TEST(settings.site.trusted_proxies.size() == 2U);
    BOOST_TEST(settings.site.portal_origins.at(0) == "https://portal.example.com:8443");
    BOOST_TEST(settings.disk_reserve_mib == 64U);
    BOOST_TEST(settings.limits.header_bytes_max == 2048U);
    BOOST_TEST(settings.limits.write_timeout.count() == 4000);
    BOOST_TEST(settings.quotas.visitor_writes_per_hour == 60U);
    BOOST_TEST(settings.quotas.new_visitors_per_hour == 50U);
    BOOST_TEST(settings.quotas.registrations_per_hour == 40U);
    BOOST_TEST(settings.quotas.files_mib == 30U);
    BOOST_TEST(settings.tls.private_key == "/k.pem");
    BOOST_TEST(settings.smtp.from == "chat@example.com");
    BOOST_TEST((settings.smtp.tls == mail::Tls::kOpportunistic));
    BOOST_TEST(settings.mail.missed_after.count() == 5);
    BOOST_TEST(settings.mail.missed_every.count() == 60);
    BOOST_TEST(source.config.kafka_url.starts_with("kafka://broker-1.example.com:9092,"));
    BOOST_TEST(source.config.node_listen == "0.0.0.0:8444");
    BOOST_TEST(settings.node.name == "node-1");
    BOOST_TEST(settings.node.advertise == "https://node-1.example.com:8443");
    BOOST_TEST(settings.node.tls.certificate_chain == "/node-1.pem");
    BOOST_TEST(settings.node.authorities == "/nodes.pem");
    BOOST_TEST(source.config.analytics_kafka == "kafka://broker.example.com:9092");
    BOOST_TEST(settings.presence.grace.count() == 10);
    BOOST_TEST((settings.log.level == gateway::LogLevel::kDebug));
    BOOST_TEST((settings.log.format == gateway::LogFormat::kJson));
    BOOST_TEST(!settings.metrics.enabled);
}

BOOST_AUTO_TEST_CASE(a_file_that_sets_every_key_sets_each_to_another_value_than_its_default) {
    const auto source = parse(kEverything);
    for (const auto& key : config_keys()) {
        BOOST_TEST((key.get(source.config) != key.get(Config{})), key.name);
    }
}

BOOST_AUTO_TEST_CASE(an_empty_file_sets_nothing) {
    const auto source = checked("");
    BOOST_TEST(lines_of(source).empty());
    for (const auto& key : config_keys()) {
        BOOST_TEST((key.get(source.config) == key.get(Config{})), key.name);
    }
    BOOST_TEST((source.config.settings.site.registration == Registration::kClosed));
}

BOOST_AUTO_TEST_CASE(every_default_is_a_value_that_its_key_takes) {
    for (const auto& key : config_keys()) {
        const auto value = key.get(Config{});
        Config config;
        if (has_value(value)) BOOST_TEST(key.set(config, value), key.name);
        BOOST_TEST((key.get(config) == value), key.name);
    }
}

BOOST_AUTO_TEST_CASE(what_is_printed_reads_the_same) {
    const auto source = parse(kEverything);
    std::string printed;
    for (const auto& key : config_keys()) {
        printed += fmt::format("{} = {}\n", key.name, ops::to_toml(key.get(source.config)));
    }
    const auto again = parse(printed);
    BOOST_TEST(lines_of(again).empty());
    for (const auto& key : config_keys()) {
        BOOST_TEST((key.get(again.config) == key.get(source.config)), key.name);
    }
}

BOOST_AUTO_TEST_CASE(a_text_with_invisible_characters_is_printed_escaped_and_reads_the_same) {
    const std::string hostile = "a\"b\\c\n\x1b[31m\u202e\U000e0001\u00e9";
    const auto printed = ops::to_toml(hostile);
    BOOST_TEST(printed == "\"a\\\"b\\\\c\\U0000000A\\U0000001B[31m\\U0000202E\\U000E0001\u00e9\"");
    const auto source = parse("data = " + printed);
    BOOST_TEST(source.config.paths.data.string() == hostile);
}

BOOST_AUTO_TEST_CASE(a_value_out_of_bounds_is_a_fault_with_its_line_and_changes_nothing) {
    const std::vector<std::string> wrong{"data = \"\"",
                                         "data = 7",
                                         "data = \"a\\u0000b\"",
                                         "listen = \"8080\"",
                                         "listen = \"localhost:80\"",
                                         "listen = \"1.2.3.4:65536\"",
                                         "listen = \"1.2.3.4:\"",
                                         "demo = \"yes\"",
                                         "demo = 1",
                                         "public_url = \"https://a.example/\"",
                                         "public_url = \"https://a.example:443\"",
                                         "public_url = \"https://A.example\"",
                                         "public_url = \"https://u@a.example\"",
                                         "public_url = \"http://a.example\"",
                                         "registration = \"Open\"",
                                         "trusted_proxies = \"10.0.0.0/8\"",
                                         "trusted_proxies = [\"10.0.0.1/8\"]",
                                         "trusted_proxies = [\"10.0.0.0/33\"]",
                                         "trusted_proxies = [10]",
                                         "proxy_header = \"Forwarded\"",
                                         "portal_origins = [\"*\"]",
                                         "portal_origins = [\"null\"]",
                                         "limits.body_bytes_max = 1023",
                                         "limits.body_bytes_max = 16777217",
                                         "limits.body_bytes_max = 2048.0",
                                         "limits.idle_timeout_s = 0",
                                         "limits.idle_timeout_s = -1",
                                         "smtp.url = \"mail.example.com\"",
                                         "smtp.url = \"smtp://user:password@mail.example.com\"",
                                         "smtp.url = \"smtp://mail.example.com:0\"",
                                         "smtp.user = \"a\\nb\"",
                                         "smtp.from = \"Ada <ada@example.com>\"",
                                         "smtp.from = \"ada@example.com\\r\\nBcc: x\"",
                                         "smtp.tls = true",
                                         "mail.missed_after_s = 86401",
                                         "mail.missed_every_s = -1",
                                         "presence.lease_s = 3601",
                                         "log.level = \"trace\"",
                                         "log.format = \"xml\"",
                                         "metrics.enabled = \"on\""};
    for (const auto& line : wrong) {
        const auto source = parse("\n\n" + line);
        const auto name = line.substr(0, line.find(' '));
        BOOST_TEST_CONTEXT(line) {
            BOOST_TEST_REQUIRE(source.faults.size() == 1U);
            BOOST_TEST(source.faults[0].where == "p.toml:3");
            BOOST_TEST(source.faults[0].what.starts_with(name + " must be "));
            const auto* const key = ops::find_config_key(name);
            BOOST_TEST((key->get(source.config) == key->get(Config{})));
        }
    }
}

BOOST_AUTO_TEST_CASE(values_at_their_bounds_are_taken) {
    for (const auto* const line : {"limits.body_bytes_max = 1024",
                                   "limits.body_bytes_max = 16777216",
                                   "limits.idle_timeout_s = 3600",
                                   "listen = \"0.0.0.0:65535\"",
                                   "public_url = \"http://localhost:8080\"",
                                   "public_url = \"http://[::1]:8080\"",
                                   "public_url = \"https://[2001:db8::1]\"",
                                   "trusted_proxies = [\"0.0.0.0/0\", \"::/0\"]",
                                   "smtp.url = \"smtp://[::1]:25\""}) {
        BOOST_TEST(lines_of(parse(line)).empty(), line);
    }
}

BOOST_AUTO_TEST_CASE(all_faults_are_told_at_once_in_the_order_of_their_lines) {
    const auto lines =
        lines_of(checked("lisen = \"127.0.0.1:1\"\n"
                         "registration = 1\n"
                         "[tls]\n"
                         "cert = \"/c\"\n"
                         "[limits]\n"
                         "body_bytes_max = 0\n"
                         "nonsense = 0\n"
                         "[limit]\n"
                         "x = 1\n"));
    BOOST_TEST_REQUIRE(lines.size() == 6U);
    BOOST_TEST(lines[0] == "p.toml:1: lisen: there is no such key; is listen meant?");
    BOOST_TEST(lines[1] ==
               "p.toml:2: registration must be one of \"closed\", \"invite\", \"open\"");
    BOOST_TEST(lines[2] ==
               "p.toml:6: limits.body_bytes_max must be a number from 1024 to 16777216");
    BOOST_TEST(lines[3] == "p.toml:7: limits.nonsense: there is no such key; remove it");
    BOOST_TEST(lines[4] == "p.toml:8: limit: there is no such key; remove it");
    BOOST_TEST(lines[5] == "p.toml:4: tls.cert and tls.key belong together; set both or none");
}

// DESIGN 10
BOOST_AUTO_TEST_CASE(what_makes_a_node_of_a_cluster_goes_together) {
    const auto faults = [](const std::string& text) { return lines_of(checked(text)).size(); };
    const std::string cluster = "master_key = \"m\"\nkafka.url = \"kafka://127.0.0.1:9092\"\n";
    const std::string near = "node.name = \"one\"\nnode.advertise = \"http://127.0.0.1:1\"\n";
    const std::string far = "node.name = \"one\"\nnode.advertise = \"https://one.example:1\"\n";
    const std::string identity = "node.cert = \"c\"\nnode.key = \"k\"\nnode.ca = \"a\"\n";
    BOOST_TEST(faults(cluster + near) == 0U);
    BOOST_TEST(faults(cluster + far + identity) == 0U);
    BOOST_TEST(faults(cluster) == 1U);
    BOOST_TEST(faults("kafka.url = \"kafka://127.0.0.1:9092\"\n" + near) == 1U);
    BOOST_TEST(faults(near) == 2U);
    BOOST_TEST(faults(cluster + far) == 1U);
    BOOST_TEST(faults(cluster + near + identity) == 1U);
    BOOST_TEST(faults(cluster + far + "node.cert = \"c\"\n") == 2U);
    BOOST_TEST(faults(cluster + near + "node.listen = \"0.0.0.0:8443\"\n") == 1U);
    BOOST_TEST(faults("node.name = \"One\"\n") >= 1U);
    BOOST_TEST(faults("kafka.url = \"kafka://127.0.0.1\"\n") >= 1U);
}

BOOST_AUTO_TEST_CASE(what_logs_in_to_kafka_goes_together) {
    const auto faults = [](const std::string& text) {
        return lines_of(checked("[kafka]\n" + text));
    };
    BOOST_TEST(faults("protocol = \"sasl_ssl\"\nuser = \"u\"\npassword_file = \"p\"\n").empty());
    BOOST_TEST(faults("protocol = \"sasl_ssl\"\n").size() == 1U);
    BOOST_TEST(faults("user = \"u\"\npassword_file = \"p\"\n").size() == 1U);
    BOOST_TEST(faults("protocol = \"sasl_plaintext\"\nuser = \"u\"\npassword_file = \"p\"\n"
                      "mechanism = \"PLAIN\"\n")
                   .size() == 1U);
    BOOST_TEST(faults("protocol = \"ssl\"\ncert = \"c\"\n").size() == 1U);
    BOOST_TEST(faults("ca_file = \"c\"\n").size() == 1U);
    // Kerberos is refused by name: the form tells what there is instead.
    BOOST_TEST(faults("mechanism = \"GSSAPI\"\n").size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_bracket_without_a_name_is_a_fault_and_not_the_end) {
    for (const auto* const text : {"[=", "[ =", "[\n", "[[#", "x = 1\n[.a]"}) {
        BOOST_TEST(!lines_of(parse(text)).empty(), text);
    }
}

BOOST_AUTO_TEST_CASE(a_letter_outside_of_quotes_is_a_fault) {
    for (const auto* const text :
         {"data = \u00e4", "data = \u0491x", "\u00b5 = 1", "x = 1 \u00a7"}) {
        BOOST_TEST(!lines_of(parse(text)).empty(), text);
    }
}

BOOST_AUTO_TEST_CASE(a_fault_never_repeats_a_value) {
    for (const auto* const text : {"smtp.password = \"canary\"",
                                   "smtp.url = \"smtp://u:canary@h\"",
                                   "smtp.user = \"canary\n",
                                   "data = canary",
                                   "data = \"x\" canary",
                                   "registration = \"canary\""}) {
        const auto source = parse(text);
        BOOST_TEST_REQUIRE(source.faults.size() == 1U, text);
        BOOST_TEST(!source.faults[0].what.contains("canary"), source.faults[0].what);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_toml_is_one_fault_with_its_line) {
    for (const auto* const text : {"a = 1\nb =", "a = 1\n= 2", "a = 1\na = 2", "a = 1\n\""}) {
        const auto source = parse(text);
        BOOST_TEST_REQUIRE(source.faults.size() == 1U, text);
        BOOST_TEST(source.faults[0].where == "p.toml:2", text);
    }
    BOOST_TEST(parse("data = \"\xff\"").faults.size() == 1U);
}

BOOST_AUTO_TEST_CASE(keys_that_do_not_go_together_are_a_fault) {
    constexpr std::string_view kMail = "smtp.url = \"smtp://h\"\nsmtp.from = \"a@b.example\"\n";
    const auto faults = [&](const std::string& text) { return checked(text).faults.size(); };
    BOOST_TEST(faults(std::string(kMail)) == 0U);
    BOOST_TEST(faults("smtp.url = \"smtp://h\"") == 1U);
    BOOST_TEST(faults("smtp.from = \"a@b.example\"") == 1U);
    BOOST_TEST(faults(std::string(kMail) + "smtp.user = \"u\"") == 1U);
    BOOST_TEST(faults(std::string(kMail) + "smtp.user = \"u\"\nsmtp.password_file = \"f\"") == 0U);
    BOOST_TEST(faults(std::string(kMail) + "smtp.user = \"u\"\nsmtp.password_file = \"f\"\n"
                                           "smtp.tls = \"opportunistic\"") == 1U);
    BOOST_TEST(faults(std::string(kMail) + "smtp.tls = \"off\"") == 1U);
    BOOST_TEST(faults("smtp.url = \"smtp://127.0.0.1:25\"\nsmtp.from = \"a@b.example\"\n"
                      "smtp.tls = \"off\"") == 0U);
    BOOST_TEST(
        faults("smtp.url = \"smtps://h\"\nsmtp.from = \"a@b.example\"\nsmtp.tls = \"off\"") == 1U);
    BOOST_TEST(faults("tls.key = \"k\"") == 1U);
    BOOST_TEST(faults("demo = true") == 0U);
    BOOST_TEST(faults("listen = \"0.0.0.0:1\"") == 1U);
    BOOST_TEST(faults("listen = \"0.0.0.0:1\"\ntls.cert = \"c\"\ntls.key = \"k\"") == 0U);
    BOOST_TEST(faults("demo = true\nlisten = \"0.0.0.0:1\"") == 2U);
    BOOST_TEST(faults("presence.lease_s = 30") == 1U);
}

BOOST_AUTO_TEST_CASE(the_command_line_wins_and_is_named_in_a_fault) {
    auto source = parse("listen = \"127.0.0.1:1\"\ndata = \"file\"");
    set_option(source, "listen", "127.0.0.1:2");
    set_option(source, "master_key", "option");
    BOOST_TEST(lines_of(source).empty());
    BOOST_TEST(source.config.port == 2);
    BOOST_TEST(source.config.paths.data == "file");
    BOOST_TEST(source.config.paths.master_key == "option");
    set_option(source, "listen", "nonsense");
    BOOST_TEST_REQUIRE(source.faults.size() == 1U);
    BOOST_TEST(source.faults[0].where == "--listen");
    BOOST_TEST(source.config.port == 2);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_a_fault) {
    for (const auto* const file : {"/nowhere/parlour.toml", "/"}) {
        const auto source = ops::read_config(file);
        BOOST_TEST_REQUIRE(source.faults.size() == 1U, file);
        BOOST_TEST(source.faults[0].where == file);
        BOOST_TEST(source.faults[0].what.starts_with("cannot be read: "), source.faults[0].what);
    }
}

BOOST_AUTO_TEST_CASE(a_text_that_is_too_long_is_a_fault) {
    const std::string comment = "#" + std::string(ops::kConfigBytesMax - 1, 'x');
    BOOST_TEST(lines_of(parse(comment)).empty());
    BOOST_TEST(parse(comment + "x").faults.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_runbook_lists_every_key_as_it_is) {
    std::ifstream in(PARLOUR_SOURCE_DIR "/ops/runbooks/configuration.md");
    std::stringstream page;
    page << in.rdbuf();
    std::set<std::string> rows;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("| `")) rows.insert(line);
    }
    for (const auto& key : config_keys()) {
        const auto value = key.get(Config{});
        const auto row = fmt::format("| `{}` | {} | {} | {} |",
                                     key.name,
                                     has_value(value) ? "`" + ops::to_toml(value) + "`" : "",
                                     key.form,
                                     key.about);
        BOOST_TEST(rows.erase(row) == 1U, "configuration.md lacks: " << row);
    }
    for (const auto& row : rows) BOOST_ERROR("configuration.md has no key like: " << row);
}

BOOST_AUTO_TEST_SUITE_END()
