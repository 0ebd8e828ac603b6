#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/crypto.hpp"
#include "events/key_ring.hpp"
#include "events/memory_log.hpp"
#include "parlour/company/v1/events.pb.h"
#include "parlour/conversation/v1/events.pb.h"
#include "parlour/expert/v1/events.pb.h"
#include "parlour/presence/v1/events.pb.h"
#include "parlour/visitor/v1/events.pb.h"
#include "parlour/widget/v1/events.pb.h"
#include "projections/access_view.hpp"
#include "projections/conversation_view.hpp"
#include "projections/expert_directory.hpp"
#include "projections/presence_board.hpp"
#include "projections/runner.hpp"
#include "projections/store.hpp"
#include "projections/visitor_card.hpp"
#include "projections/widget_view.hpp"
#include "tests/support/given_log.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/view_rows.hpp"

// A log in memory, a key ring, the views, and short factories for ids and events.
namespace projections_test {

using parlour::company::v1::CompanyEvent;
using parlour::conversation::v1::Author;
using parlour::conversation::v1::ConversationEvent;
using parlour::expert::v1::ExpertEvent;
using parlour::presence::v1::PresenceEvent;
using parlour::visitor::v1::VisitorEvent;
using parlour::widget::v1::WidgetEvent;

events::TenantId tenant_of(std::uint8_t number);
events::Uuid uuid_of(std::uint8_t number);
events::StreamId conversation_of(std::uint8_t number);
events::StreamId expert_of(std::uint8_t number);
events::StreamId company_of(std::uint8_t number);
events::StreamId visitor_of(std::uint8_t number);
events::StreamId widget_of(std::uint8_t number);
events::StreamId presence_of(std::uint8_t number);

// By visitor 101 with expert 102, unless said otherwise.
ConversationEvent opened(std::uint8_t visitor = 101, std::uint8_t expert = 102);
ConversationEvent said(std::string text, Author by = Author::AUTHOR_VISITOR);
ConversationEvent left_offline(std::string text);
ConversationEvent read_by(Author reader, std::uint64_t up_to);
ConversationEvent closed_by(Author side);
ConversationEvent reopened();
PresenceEvent went_online(std::uint8_t expert);
ExpertEvent added(std::string name);
VisitorEvent identified(std::string name);
CompanyEvent created(std::string name);
WidgetEvent widget_created(std::string name);  // with a key of its own
CompanyEvent token_issued(std::string_view token);

struct World {
    explicit World(std::uint16_t partition_count = 1);

    // The store in the folder `name` of this world.
    [[nodiscard]] std::unique_ptr<projections::Store> open_store(
        const std::string& name = "views") const;
    [[nodiscard]] std::vector<projections::Projection*> views();
    // Brings the views in `store` to the end of the log.
    void read_into(projections::Store& store);
    // A page of the conversation, which must be there.
    [[nodiscard]] projections::ConversationPage page(projections::Store& store,
                                                     const events::StreamId& stream,
                                                     const projections::PageRequest& request) const;

    std::uint16_t partitions;
    test_support::TempDir dir;
    events::MemoryLog log;
    std::unique_ptr<events::KeyRing> keys;
    test_support::GivenLog given;
    projections::ConversationView conversations;
    projections::ExpertDirectory experts;
    projections::AccessView access;
    projections::VisitorCardView visitors;
    projections::WidgetView widgets;
    projections::PresenceBoard presence;
    events::TenantId tenant = tenant_of(1);
    std::int64_t now_ms = 1'790'000'100'000;
};

using test_support::Row;
using test_support::rows_of;

// The texts of a page, an erased one as "(erased)".
std::vector<std::string> texts_of(const projections::ConversationPage& page);

// All bytes of all files below the folder, one behind the other.
std::string bytes_below(const std::filesystem::path& dir);

}  // namespace projections_test
