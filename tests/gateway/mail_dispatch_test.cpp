#include "gateway/mail_dispatch.hpp"

#include <boost/asio/thread_pool.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <future>

#include "events/crypto.hpp"
#include "events/local_log.hpp"
#include "projections/runner.hpp"
#include "tests/support/smtp_catcher.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

using commands::Mail;
using events::Personal;
using events::Uuid;
using gateway::Letter;
using gateway::NoLetter;
using parlour::views::v1::MailProgress;

const events::TenantId kTenant{.bytes = {7}};
constexpr std::int64_t kThen = 1'790'000'000'000;

Letter letter_to(const std::string& address, bool confirmed = true) {
    Letter letter;
    letter.to.address = Personal(address);
    letter.confirmed = confirmed;
    letter.content = mail::AnswerWaiting{.company = Personal("Acme"),
                                         .link = Personal("http://127.0.0.1:8080/c/1")};
    return letter;
}

// A log on disk with its writer and the two views of mails, a real SMTP server, and a clock by
// hand.
struct World {
    explicit World() {
        events::Key256 master;
        events::fill_random({master.data(), events::Key256::size()});
        keys = std::move(*events::KeyRing::open(dir.path() / "keys", master, Uuid{}, true));
        log = std::move(*events::LocalLog::open(dir.path() / "log", {}));
        store = std::move(*projections::Store::open(dir.path() / "views"));
        writer = std::make_unique<commands::Writer>(
            log->partitions(),
            commands::PartitionServices{.log = *log, .history = *log, .keys = *keys},
            pool.get_executor());
        BOOST_TEST_REQUIRE(writer->claim_all().has_value());
        sender.emplace(std::move(*mail::SmtpSender::open({.url = catcher.url(),
                                                          .user = {},
                                                          .password = {},
                                                          .tls = mail::Tls::kOff,
                                                          .ca_file = {},
                                                          .from = "service@acme.example"})));
        dispatch.emplace(gateway::MailDispatch::Parts{
            .store = *store,
            .mails = mails,
            .keys = *keys,
            .writer = *writer,
            .sender = *sender,
            .write = [this](const projections::MailItem&)
                -> events::Result<std::variant<Letter, NoLetter>> { return letter; },
            .from = {.name = Personal("Acme"), .address = Personal("service@acme.example")},
            .now_ms = [this] { return now; },
            .on_outcome =
                [this](gateway::MailOutcome outcome, std::string_view code) {
                    outcomes.emplace_back(outcome == gateway::MailOutcome::kSent ? "sent" : code);
                }});
    }
    ~World() {
        writer.reset();
        pool.join();
    }

    void queue(std::uint8_t number) {
        std::promise<commands::Answer> answer;
        commands::CommandMeta meta;
        meta.tenant = kTenant;
        meta.id = events::CommandId{.bytes = {number}};
        meta.now_ms = now;
        writer->submit<Mail>(
            Uuid{.bytes = {number}},
            commands::QueueMail{.what = parlour::mail::v1::TEMPLATE_ANSWER_WAITING,
                                .locale = "de",
                                .recipient_kind = parlour::mail::v1::RECIPIENT_KIND_VISITOR,
                                .recipient_tenant = kTenant,
                                .recipient = Uuid{.bytes = {1}},
                                .conversation = std::nullopt},
            meta,
            [&answer](commands::Answer given) { answer.set_value(std::move(given)); });
        BOOST_TEST_REQUIRE(answer.get_future().get().has_value());
        read();
    }
    void read() {
        projections::Runner runner(*log, log->partitions(), *store, {&mails, &timers});
        BOOST_TEST_REQUIRE(runner.catch_up().has_value());
    }
    // Everything that is due now, once.
    void send_due() {
        const auto due = timers.due(*store, projections::TimerKind::kMail, now, 100).value();
        for (const auto& timer : due) dispatch->carry_out(timer);
        read();
    }
    parlour::views::v1::MailRow row(std::uint8_t number) {
        return mails.find(*store, kTenant, Uuid{.bytes = {number}}).value().row;
    }

    test_support::TempDir dir;
    test_support::SmtpCatcher catcher;
    std::unique_ptr<events::KeyRing> keys;
    std::unique_ptr<events::LocalLog> log;
    std::unique_ptr<projections::Store> store;
    boost::asio::thread_pool pool{1};
    std::unique_ptr<commands::Writer> writer;
    projections::MailOutbox mails;
    projections::TimerView timers;
    std::optional<mail::SmtpSender> sender;
    std::optional<gateway::MailDispatch> dispatch;
    std::variant<Letter, NoLetter> letter = letter_to("vic@visitor.example");
    std::int64_t now = kThen;
    std::vector<std::string> outcomes;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(mail_dispatch, World)

// E02, E04, N06
BOOST_AUTO_TEST_CASE(a_queued_mail_arrives_and_is_recorded_as_sent) {
    queue(1);
    send_due();
    BOOST_TEST(catcher.caught() == 1U);
    BOOST_TEST(row(1).progress() == MailProgress::MAIL_PROGRESS_SENT);
    BOOST_TEST(boost::json::serialize(catcher.mail(1)).find("vic@visitor.example") !=
               std::string::npos);
    send_due();
    BOOST_TEST(catcher.caught() == 1U);
}

BOOST_AUTO_TEST_CASE(what_the_server_refuses_for_now_is_tried_again_after_the_pause) {
    catcher.tell("data 451 1");
    queue(1);
    send_due();
    BOOST_TEST(catcher.caught() == 0U);
    BOOST_TEST(row(1).progress() == MailProgress::MAIL_PROGRESS_WAITING);
    BOOST_TEST(row(1).code() == "smtp-try-later");
    send_due();
    BOOST_TEST(catcher.caught() == 0U);
    now += std::chrono::milliseconds(commands::kMailPauses[0]).count();
    send_due();
    BOOST_TEST(catcher.caught() == 1U);
    BOOST_TEST(row(1).progress() == MailProgress::MAIL_PROGRESS_SENT);
    BOOST_TEST((outcomes == std::vector<std::string>{"smtp-try-later", "sent"}));
}

BOOST_AUTO_TEST_CASE(what_the_server_refuses_for_good_is_given_up) {
    catcher.tell("rcpt 550 1");
    queue(1);
    send_due();
    BOOST_TEST(row(1).progress() == MailProgress::MAIL_PROGRESS_GIVEN_UP);
    BOOST_TEST(row(1).code() == "smtp-recipient-refused");
}

// As after a crash between the server's answer and the record of it.
BOOST_AUTO_TEST_CASE(a_mail_that_goes_out_twice_has_the_same_message_id) {
    queue(1);
    const auto due = timers.due(*store, projections::TimerKind::kMail, now, 1).value();
    dispatch->carry_out(due.front());
    dispatch->carry_out(due.front());  // the view has not seen the record yet
    BOOST_TEST_REQUIRE(catcher.caught() == 2U);
    BOOST_TEST(catcher.bytes(1) == catcher.bytes(2));
    read();
    BOOST_TEST(row(1).attempts() == 1U);
}

// CPL21
BOOST_AUTO_TEST_CASE(a_mail_with_nothing_left_to_say_is_not_sent) {
    letter = NoLetter{"read"};
    queue(1);
    send_due();
    BOOST_TEST(catcher.caught() == 0U);
    BOOST_TEST(row(1).progress() == MailProgress::MAIL_PROGRESS_DROPPED);
    BOOST_TEST(row(1).code() == "read");
}

BOOST_AUTO_TEST_CASE(an_address_nobody_confirmed_gets_three_mails_an_hour_at_most) {
    letter = letter_to("vic@visitor.example", false);
    for (std::uint8_t number = 1; number <= 5; ++number) queue(number);
    send_due();
    BOOST_TEST(catcher.caught() == gateway::kUnconfirmedMailsPerHour);
    now += 3'600'000;
    queue(6);
    send_due();
    BOOST_TEST(catcher.caught() == gateway::kUnconfirmedMailsPerHour + 1);
}

BOOST_AUTO_TEST_CASE(an_address_that_would_be_two_is_given_up_and_nothing_is_sent) {
    letter = letter_to("vic@visitor.example,eve@visitor.example");
    queue(1);
    send_due();
    BOOST_TEST(catcher.caught() == 0U);
    BOOST_TEST(row(1).progress() == MailProgress::MAIL_PROGRESS_GIVEN_UP);
    BOOST_TEST(row(1).code() == "recipient-invalid");
}

BOOST_AUTO_TEST_SUITE_END()
