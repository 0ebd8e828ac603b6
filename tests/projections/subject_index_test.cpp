#include "projections/subject_index.hpp"

#include <boost/test/unit_test.hpp>

#include "parlour/mail/v1/events.pb.h"
#include "parlour/reservation/v1/events.pb.h"
#include "parlour/session/v1/events.pb.h"
#include "tests/projections/world.hpp"

using namespace projections_test;
using projections::Subject;

namespace {

struct Given : World {
    projections::SubjectIndex subjects;
    std::unique_ptr<projections::Store> store = open_store();

    std::vector<events::StreamId> streams_of(const Subject& subject) {
        projections::Runner runner(log, partitions, *store, {&subjects});
        BOOST_TEST_REQUIRE(runner.catch_up().has_value());
        return subjects.streams_of(*store, tenant, subject).value();
    }
};

using Streams = std::vector<events::StreamId>;

events::StreamId session_of(std::uint8_t number) {
    return {.kind = parlour::log::v1::STREAM_KIND_SESSION, .uuid = uuid_of(number)};
}

events::StreamId mail_of(std::uint8_t number) {
    return {.kind = parlour::log::v1::STREAM_KIND_MAIL, .uuid = uuid_of(number)};
}

parlour::session::v1::SessionEvent session_started(std::uint8_t account) {
    parlour::session::v1::SessionEvent event;
    event.mutable_session_started()->set_account_id(std::string(uuid_of(account).view()));
    return event;
}

parlour::mail::v1::MailEvent mail_to_expert(std::uint8_t expert) {
    parlour::mail::v1::MailEvent event;
    auto& queued = *event.mutable_mail_queued();
    queued.set_recipient_kind(parlour::mail::v1::RECIPIENT_KIND_EXPERT);
    queued.set_recipient_id(std::string(uuid_of(expert).view()));
    return event;
}

events::StreamId reservation_of(std::uint8_t number) {
    return {.kind = parlour::log::v1::STREAM_KIND_RESERVATION, .uuid = uuid_of(number)};
}

parlour::reservation::v1::ReservationEvent reserved_for(const events::TenantId& tenant,
                                                        std::uint8_t holder) {
    parlour::reservation::v1::ReservationEvent event;
    event.mutable_reserved()->set_holder_tenant(std::string(tenant.view()));
    event.mutable_reserved()->set_holder_id(std::string(uuid_of(holder).view()));
    return event;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(subject_index, Given)

BOOST_AUTO_TEST_CASE(a_person_is_named_by_their_own_stream_and_by_their_conversations) {
    given.commit(tenant, visitor_of(101), identified("Vic"));
    given.commit(tenant, conversation_of(1), opened(101, 102), said("hello"));
    given.commit(tenant, conversation_of(2), opened(101, 103));
    given.commit(tenant, conversation_of(3), opened(104, 103));
    BOOST_TEST((streams_of({"vis", uuid_of(101)}) ==
                Streams{visitor_of(101), conversation_of(1), conversation_of(2)}));
    BOOST_TEST(
        (streams_of({"exp", uuid_of(103)}) == Streams{conversation_of(2), conversation_of(3)}));
}

BOOST_AUTO_TEST_CASE(sessions_name_accounts_and_mails_their_recipients) {
    given.commit(tenant, session_of(1), session_started(7));
    given.commit(tenant, mail_of(2), mail_to_expert(9));
    BOOST_TEST((streams_of({"acc", uuid_of(7)}) == Streams{session_of(1)}));
    BOOST_TEST((streams_of({"exp", uuid_of(9)}) == Streams{mail_of(2)}));
}

// An address stays with the account, and a slug with the expert, also once it was given back.
BOOST_AUTO_TEST_CASE(reservations_name_who_held_them) {
    const auto& platform = events::kPlatformTenant;
    parlour::reservation::v1::ReservationEvent confirmed;
    confirmed.mutable_reservation_confirmed();
    parlour::reservation::v1::ReservationEvent released;
    released.mutable_reservation_released();
    given.commit(platform, reservation_of(1), reserved_for(platform, 7), confirmed);
    given.commit(tenant, reservation_of(2), reserved_for(tenant, 9), released);
    given.commit(tenant, reservation_of(2), reserved_for(tenant, 10));
    BOOST_TEST((streams_of({"exp", uuid_of(9)}) == Streams{reservation_of(2)}));
    BOOST_TEST((streams_of({"exp", uuid_of(10)}) == Streams{reservation_of(2)}));
    BOOST_TEST(streams_of({"acc", uuid_of(9)}).empty());
    BOOST_TEST((subjects.streams_of(*store, platform, {"acc", uuid_of(7)}).value() ==
                Streams{reservation_of(1)}));
}

BOOST_AUTO_TEST_CASE(people_of_one_company_are_not_those_of_another) {
    given.commit(tenant_of(2), conversation_of(1), opened(101, 102));
    BOOST_TEST(streams_of({"vis", uuid_of(101)}).empty());
}

// An id of one kind of person is not an id of another, even with equal bytes.
BOOST_AUTO_TEST_CASE(kinds_of_people_are_kept_apart) {
    given.commit(tenant, conversation_of(1), opened(101, 102));
    BOOST_TEST(streams_of({"acc", uuid_of(101)}).empty());
    BOOST_TEST(streams_of({"exp", uuid_of(101)}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
