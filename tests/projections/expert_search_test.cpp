#include <boost/test/unit_test.hpp>

#include "projections/expert_directory.hpp"
#include "tests/projections/world.hpp"

using namespace projections_test;
using namespace parlour::expert::v1;
using events::Errc;
using events::Uuid;
using projections::ExpertPage;
using projections::ExpertQuery;

namespace {

constexpr std::uint8_t kGerman = 201;
constexpr std::uint8_t kEnglish = 202;
constexpr std::uint8_t kTax = 203;
constexpr std::uint8_t kBerlin = 204;

ExpertEvent tagged(std::uint8_t tag, TagKind kind, const std::string& value) {
    ExpertEvent event;
    event.mutable_expert_tagged()->set_tag_id(std::string(uuid_of(tag).view()));
    event.mutable_expert_tagged()->set_kind(kind);
    event.mutable_expert_tagged()->set_value(value);
    return event;
}
ExpertEvent speaks_german() {
    return tagged(kGerman, TAG_KIND_LANGUAGE, "de");
}
ExpertEvent speaks_english() {
    return tagged(kEnglish, TAG_KIND_LANGUAGE, "en");
}
ExpertEvent knows_tax() {
    return tagged(kTax, TAG_KIND_EXPERTISE, "Steuer");
}
ExpertEvent sits_in_berlin() {
    return tagged(kBerlin, TAG_KIND_LOCATION, "Berlin");
}

ExpertEvent untagged(std::uint8_t tag) {
    ExpertEvent event;
    event.mutable_expert_untagged()->set_tag_id(std::string(uuid_of(tag).view()));
    return event;
}

ExpertEvent shows(const std::string& display_name, const std::string& title) {
    ExpertEvent event;
    event.mutable_profile_changed()->set_display_name(display_name);
    event.mutable_profile_changed()->set_title(title);
    event.mutable_profile_changed()->set_description("About me");
    event.mutable_profile_changed()->set_availability("Mondays");
    return event;
}

ExpertEvent closes(Channel channel) {
    ExpertEvent event;
    event.mutable_expert_channel_disabled()->set_channel(channel);
    return event;
}
ExpertEvent opens(Channel channel) {
    ExpertEvent event;
    event.mutable_expert_channel_enabled()->set_channel(channel);
    return event;
}

std::vector<std::string> names_of(const ExpertPage& page) {
    std::vector<std::string> names;
    for (const auto& item : page.items) names.push_back(item.name ? item.name->reveal() : "?");
    return names;
}

struct Directory : World {
    ExpertPage find(projections::Store& store, const ExpertQuery& query) const {
        auto page = experts.find(store, *keys, tenant, query, now_ms);
        if (!page) throw std::runtime_error(page.error().detail);
        return std::move(*page);
    }
    // The names of those who have all the tags.
    std::vector<std::string> with(projections::Store& store,
                                  std::initializer_list<std::uint8_t> tags) const {
        ExpertQuery query;
        for (const auto tag : tags) query.tags.push_back(uuid_of(tag));
        return names_of(find(store, query));
    }
    void add_four() {
        given.commit(tenant, expert_of(1), added("Ada"), speaks_german(), knows_tax());
        given.commit(tenant, expert_of(2), added("Ben"), speaks_german(), speaks_english());
        given.commit(tenant, expert_of(3), added("Cleo"), sits_in_berlin(), speaks_english());
        given.commit(tenant, expert_of(3), knows_tax(), speaks_german());
        given.commit(tenant, expert_of(4), added("Dan"));
        given.commit(tenant_of(2), expert_of(5), added("Foreign"), speaks_german());
    }
};

using Names = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(expert_search, Directory)

// C02, NUM19, B06
BOOST_AUTO_TEST_CASE(an_expert_is_found_who_has_every_tag_asked_for) {
    add_four();
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST((with(*store, {}) == Names{"Ada", "Ben", "Cleo", "Dan"}));
    BOOST_TEST((with(*store, {kGerman}) == Names{"Ada", "Ben", "Cleo"}));
    BOOST_TEST((with(*store, {kGerman, kTax}) == Names{"Ada", "Cleo"}));
    BOOST_TEST((with(*store, {kEnglish, kTax, kBerlin}) == Names{"Cleo"}));
    BOOST_TEST((with(*store, {kGerman, 99}) == Names{}));
}

// C02
BOOST_AUTO_TEST_CASE(a_tag_taken_back_finds_nobody) {
    add_four();
    given.commit(tenant, expert_of(1), untagged(kTax));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST((with(*store, {kTax}) == Names{"Cleo"}));
    const auto ada = experts.read(*store, *keys, tenant, uuid_of(1), now_ms);
    BOOST_TEST_REQUIRE(ada->tags.size() == 1U);
    BOOST_TEST(ada->tags[0].value.reveal() == "de");
}

// B06
BOOST_AUTO_TEST_CASE(only_those_who_are_wanted_are_shown) {
    add_four();
    const auto store = open_store();
    read_into(*store);
    const auto wanted = [](const Uuid& expert) { return expert != uuid_of(1); };
    BOOST_TEST((names_of(find(*store, {.wanted = wanted})) == Names{"Ben", "Cleo", "Dan"}));
    const auto page = find(*store, {.tags = {uuid_of(kTax)}, .wanted = wanted});
    BOOST_TEST((names_of(page) == Names{"Cleo"}));
}

BOOST_AUTO_TEST_CASE(pages_follow_each_other) {
    add_four();
    const auto store = open_store();
    read_into(*store);
    for (const auto& tags : {std::vector<Uuid>{}, std::vector{uuid_of(kGerman)}}) {
        const auto first = find(*store, {.tags = tags, .limit = 2});
        BOOST_TEST((names_of(first) == Names{"Ada", "Ben"}));
        BOOST_TEST(first.more);
        const auto second = find(*store, {.tags = tags, .after = first.cursor, .limit = 2});
        BOOST_TEST(names_of(second).front() == "Cleo");
        BOOST_TEST(!second.more);
    }
}

// C01, C05
BOOST_AUTO_TEST_CASE(a_profile_is_shown_as_it_was_changed_last) {
    given.commit(tenant, expert_of(1), added("Ada"), shows("", "Lawyer"));
    given.commit(tenant, expert_of(1), shows("Dr Ada", "Judge"), speaks_german());
    const auto store = open_store();
    read_into(*store);
    const auto item = experts.read(*store, *keys, tenant, uuid_of(1), now_ms);
    BOOST_TEST_REQUIRE(item.has_value());
    BOOST_TEST(item->version.value == 4U);
    BOOST_TEST(item->name->reveal() == "Dr Ada");
    BOOST_TEST(item->title.reveal() == "Judge");
    BOOST_TEST(item->description.reveal() == "About me");
    BOOST_TEST(item->availability.reveal() == "Mondays");
    BOOST_TEST_REQUIRE(item->tags.size() == 1U);
    BOOST_TEST((item->tags[0].kind == TAG_KIND_LANGUAGE));
}

BOOST_AUTO_TEST_CASE(without_a_display_name_the_experts_own_is_shown) {
    given.commit(tenant, expert_of(1), added("Ada"), shows("", "Lawyer"));
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST(experts.read(*store, *keys, tenant, uuid_of(1), now_ms)->name->reveal() == "Ada");
}

// B04
BOOST_AUTO_TEST_CASE(a_channel_is_open_unless_it_was_closed_last) {
    given.commit(tenant, expert_of(1), added("Ada"), closes(CHANNEL_VIDEO), closes(CHANNEL_AUDIO));
    given.commit(tenant, expert_of(1), opens(CHANNEL_AUDIO));
    given.commit(tenant, expert_of(2), added("Ben"));
    const auto store = open_store();
    read_into(*store);
    const auto channels = experts.channels(*store, tenant, uuid_of(1)).value();
    BOOST_TEST(channels.chat);
    BOOST_TEST(channels.audio);
    BOOST_TEST(!channels.video);
    BOOST_TEST(channels.booking);
    BOOST_TEST(experts.channels(*store, tenant, uuid_of(2))->video);
    BOOST_TEST(!experts.read(*store, *keys, tenant, uuid_of(1), now_ms)->channels.video);
}

// B05
BOOST_AUTO_TEST_CASE(what_can_be_searched_by_is_told_once_each) {
    add_four();
    const auto store = open_store();
    read_into(*store);
    const auto names = [&](const std::function<bool(const Uuid&)>& wanted) {
        Names values;
        for (const auto& tag : *experts.tag_values(*store, *keys, tenant, wanted, now_ms)) {
            values.push_back(tag.value.reveal());
        }
        return values;
    };
    BOOST_TEST((names({}) == Names{"de", "en", "Steuer", "Berlin"}));
    const auto only_ben = [](const Uuid& expert) { return expert == uuid_of(2); };
    BOOST_TEST((names(only_ben) == Names{"de", "en"}));
}

BOOST_AUTO_TEST_CASE(an_erased_expert_has_no_words_and_hides_nobodys) {
    const auto gone =
        given.commit(tenant, expert_of(1), added("Ada"), speaks_german(), shows("A", "B"));
    given.commit(tenant, expert_of(2), added("Ben"), speaks_german());
    const auto store = open_store();
    read_into(*store);
    BOOST_TEST_REQUIRE(
        keys->destroy(tenant, gone.key_id, given.claim_in_force(gone.partition)).has_value());
    const auto ada = experts.read(*store, *keys, tenant, uuid_of(1), now_ms);
    BOOST_TEST(!ada->name.has_value());
    BOOST_TEST(ada->title.empty());
    BOOST_TEST(ada->tags.empty());
    const auto values = experts.tag_values(*store, *keys, tenant, {}, now_ms);
    BOOST_TEST_REQUIRE(values->size() == 1U);
    BOOST_TEST(values->front().value.reveal() == "de");
}

BOOST_AUTO_TEST_CASE(an_unknown_expert_is_not_found) {
    add_four();
    const auto store = open_store();
    read_into(*store);
    for (const auto& [company, expert] :
         {std::pair{tenant, uuid_of(5)}, std::pair{tenant_of(2), uuid_of(1)}}) {
        const auto item = experts.read(*store, *keys, company, expert, now_ms);
        BOOST_TEST_REQUIRE(!item);
        BOOST_TEST((item.error().code == Errc::kNotFound));
    }
}

BOOST_AUTO_TEST_CASE(what_an_expert_shows_stands_in_no_row) {
    given.commit(tenant,
                 expert_of(1),
                 added("canary"),
                 shows("canary", "canary"),
                 tagged(1, TAG_KIND_LOCATION, "canary"));
    const auto store = open_store();
    read_into(*store);
    for (const auto& [key, value] : rows_of(*store, experts, partitions)) {
        BOOST_TEST((key + value).find("canary") == std::string::npos);
    }
}

// B06: more than a search looks at in one go, and pages that end within it.
BOOST_AUTO_TEST_CASE(pages_over_thousands_of_experts_show_each_who_fits_once_and_in_order) {
    constexpr std::size_t kExperts = 3'000;
    std::vector<Uuid> fitting;
    const auto is_wanted = [](const Uuid& id) { return (id.bytes[0] & 1U) == 0; };
    for (std::size_t i = 0; i < kExperts; ++i) {
        const events::StreamId expert{.kind = parlour::log::v1::STREAM_KIND_EXPERT,
                                      .uuid = events::random_id<Uuid>()};
        given.commit(tenant, expert, added("Expert"), speaks_german());
        if (i % 3 != 0) continue;
        given.commit(tenant, expert, knows_tax());
        if (is_wanted(expert.uuid)) fitting.push_back(expert.uuid);
    }
    const auto store = open_store();
    read_into(*store);
    for (const std::size_t limit : {7U, 200U, 5'000U}) {
        std::vector<Uuid> found;
        ExpertQuery query{.tags = {uuid_of(kGerman), uuid_of(kTax)}, .wanted = is_wanted};
        query.limit = limit;
        for (bool more = true; more;) {
            const auto page = find(*store, query);
            BOOST_TEST_REQUIRE((page.items.size() == limit || !page.more));
            for (const auto& item : page.items) found.push_back(item.id);
            query.after = page.cursor;
            more = page.more;
        }
        BOOST_TEST((found == fitting));
    }
}

BOOST_AUTO_TEST_SUITE_END()
