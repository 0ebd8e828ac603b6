#include "tests/projections/world.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace projections_test {
namespace {

std::string bytes_of(const events::Uuid& id) {
    return std::string(id.view());
}

std::unique_ptr<events::KeyRing> make_ring(const std::filesystem::path& dir) {
    events::Key256 master;
    events::fill_random({master.data(), events::Key256::size()});
    auto ring = events::KeyRing::open(dir, master, uuid_of(1), true);
    if (!ring) throw std::runtime_error("key ring: " + ring.error().detail);
    return std::move(*ring);
}

}  // namespace

events::TenantId tenant_of(std::uint8_t number) {
    events::TenantId tenant;
    tenant.bytes.fill(number);
    return tenant;
}

events::Uuid uuid_of(std::uint8_t number) {
    events::Uuid uuid;
    uuid.bytes.fill(number);
    return uuid;
}

events::StreamId conversation_of(std::uint8_t number) {
    return {.kind = parlour::log::v1::STREAM_KIND_CONVERSATION, .uuid = uuid_of(number)};
}
events::StreamId expert_of(std::uint8_t number) {
    return {.kind = parlour::log::v1::STREAM_KIND_EXPERT, .uuid = uuid_of(number)};
}
events::StreamId company_of(std::uint8_t number) {
    return {.kind = parlour::log::v1::STREAM_KIND_COMPANY, .uuid = uuid_of(number)};
}
events::StreamId presence_of(std::uint8_t number) {
    return {.kind = parlour::log::v1::STREAM_KIND_PRESENCE, .uuid = uuid_of(number)};
}

events::StreamId visitor_of(std::uint8_t number) {
    return {.kind = parlour::log::v1::STREAM_KIND_VISITOR, .uuid = uuid_of(number)};
}
events::StreamId widget_of(std::uint8_t number) {
    return {.kind = parlour::log::v1::STREAM_KIND_WIDGET, .uuid = uuid_of(number)};
}

ConversationEvent opened(std::uint8_t visitor, std::uint8_t expert) {
    ConversationEvent event;
    event.mutable_conversation_opened()->set_visitor_id(bytes_of(uuid_of(visitor)));
    event.mutable_conversation_opened()->set_expert_id(bytes_of(uuid_of(expert)));
    return event;
}

ConversationEvent left_offline(std::string text) {
    ConversationEvent event;
    auto& left = *event.mutable_offline_message_left();
    left.set_message_id(bytes_of(events::random_id<events::Uuid>()));
    left.set_text(std::move(text));
    return event;
}

ConversationEvent read_by(Author reader, std::uint64_t up_to) {
    ConversationEvent event;
    event.mutable_messages_read()->set_reader(reader);
    event.mutable_messages_read()->set_up_to_version(up_to);
    return event;
}

ConversationEvent closed_by(Author side) {
    ConversationEvent event;
    event.mutable_conversation_closed()->set_closed_by(side);
    return event;
}

ConversationEvent reopened() {
    ConversationEvent event;
    event.mutable_conversation_reopened();
    return event;
}

PresenceEvent went_online(std::uint8_t expert) {
    PresenceEvent event;
    event.mutable_expert_went_online()->set_expert_id(bytes_of(uuid_of(expert)));
    return event;
}

ConversationEvent said(std::string text, Author by) {
    ConversationEvent event;
    auto& sent = *event.mutable_message_sent();
    sent.set_message_id(bytes_of(events::random_id<events::Uuid>()));
    sent.set_author(by);
    sent.set_text(std::move(text));
    return event;
}

ExpertEvent added(std::string name) {
    ExpertEvent event;
    event.mutable_expert_added()->set_name(std::move(name));
    event.mutable_expert_added()->set_email("expert@example.org");
    return event;
}

VisitorEvent identified(std::string name) {
    VisitorEvent event;
    event.mutable_visitor_identified()->set_name(std::move(name));
    return event;
}

CompanyEvent created(std::string name) {
    CompanyEvent event;
    event.mutable_company_created()->set_name(std::move(name));
    return event;
}

WidgetEvent widget_created(std::string name) {
    WidgetEvent event;
    event.mutable_widget_created()->set_key(
        bytes_of(events::id_from<events::Uuid>(events::sha256({name}))));
    event.mutable_widget_created()->set_name(std::move(name));
    return event;
}

CompanyEvent token_issued(std::string_view token) {
    const auto digest = events::sha256({token});
    CompanyEvent event;
    auto& issued = *event.mutable_api_token_issued();
    issued.set_token_id(bytes_of(uuid_of(103)));
    issued.set_token_sha256(digest.data(), digest.size());
    issued.add_scopes(parlour::company::v1::SCOPE_CONVERSATIONS);
    return event;
}

World::World(std::uint16_t partition_count)
    : partitions(partition_count),
      log(partition_count),
      keys(make_ring(dir.path() / "keys")),
      given(log, *keys, partition_count) {}

std::unique_ptr<projections::Store> World::open_store(const std::string& name) const {
    auto store = projections::Store::open(dir.path() / name);
    if (!store) throw std::runtime_error("store: " + store.error().detail);
    return std::move(*store);
}

std::vector<projections::Projection*> World::views() {
    return {&conversations, &experts, &access, &visitors, &widgets, &presence};
}

void World::read_into(projections::Store& store) {
    projections::Runner runner(log, partitions, store, views());
    const auto done = runner.catch_up();
    if (!done) throw std::runtime_error("catch_up: " + done.error().detail);
}

projections::ConversationPage World::page(projections::Store& store,
                                          const events::StreamId& stream,
                                          const projections::PageRequest& request) const {
    auto page = conversations.page(store, *keys, tenant, stream, request, now_ms);
    if (!page) throw std::runtime_error("page: " + page.error().detail);
    return std::move(*page);
}

std::vector<std::string> texts_of(const projections::ConversationPage& page) {
    std::vector<std::string> texts;
    for (const auto& item : page.items) {
        texts.push_back(item.text ? item.text->reveal() : "(erased)");
    }
    return texts;
}

std::string bytes_below(const std::filesystem::path& dir) {
    std::string bytes;
    for (const auto& file : std::filesystem::recursive_directory_iterator(dir)) {
        if (!file.is_regular_file()) continue;
        std::ifstream in(file.path(), std::ios::binary);
        bytes.append(std::istreambuf_iterator<char>(in), {});
    }
    return bytes;
}

}  // namespace projections_test
