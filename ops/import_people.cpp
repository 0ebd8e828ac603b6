#include "ops/import_people.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

#include "ops/import_desk.hpp"
#include "ops/import_talk.hpp"
#include "ops/import_visitors.hpp"

namespace json = boost::json;

namespace ops {
namespace {

constexpr std::size_t kPeopleBytesMax = std::size_t{1024} * 1024;

std::string text_at(const json::object& object, std::string_view key) {
    const auto* const found = object.if_contains(key);
    const auto* const text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string{} : std::string(text->data(), text->size());
}

std::string content_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::string content(kPeopleBytesMax, '\0');
    in.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
    return content;
}

bool is_key(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return c > 0x20 && c < 0x7F && c != '/' && c != '?' && c != '#' && c != '%';
    });
}

// All experts, or as many as there was time for before the run stopped.
void sit_all_down(PeopleRun& shared, std::vector<std::unique_ptr<ExpertDesk>>& desks) {
    for (const auto& account : shared.people.experts) {
        desks.push_back(std::make_unique<ExpertDesk>(shared, account, desks.size() + 1));
        if (!desks.back()->sit_down()) return;
    }
}

void talk_all(PeopleRun& shared, KeptVisitors& visitors) {
    std::vector<std::unique_ptr<ExpertDesk>> desks;
    TalkRegistry registry;
    sit_all_down(shared, desks);
    if (!shared.run.stopped()) {
        import_each(shared.options, shared.run, [&]() -> SendConversation {
            const auto talk = std::make_shared<PeopleTalk>(shared, desks, visitors, registry);
            return [talk](const ImportConversation& conversation) { talk->send(conversation); };
        });
    }
    const auto expert_of = registry.all();
    for (const auto& desk : desks) desk->stand_up(expert_of);
}

}  // namespace

events::Result<PeopleOptions> read_people(const std::string& file) {
    const auto refuse = [&file](std::string_view why) {
        return events::fail(events::Errc::kInvalidArgument, file + ": " + std::string(why));
    };
    json::error_code error;
    const json::value parsed = json::parse(content_of(file), error);
    const auto* const object = error ? nullptr : parsed.if_object();
    if (object == nullptr) return refuse("no file with a JSON object");
    PeopleOptions people{.widget_key = text_at(*object, "widget_key"),
                         .experts = {},
                         .origin = {},
                         .visitors_file = {}};
    if (!is_key(people.widget_key)) return refuse("names no \"widget_key\"");
    const auto* const listed = object->if_contains("experts");
    const auto* const experts = listed == nullptr ? nullptr : listed->if_array();
    if (experts == nullptr || experts->empty()) return refuse("names no \"experts\"");
    for (const auto& one : *experts) {
        const auto* const expert = one.if_object();
        if (expert == nullptr) return refuse("an expert is no object");
        people.experts.push_back(
            {.email = text_at(*expert, "email"), .password = text_at(*expert, "password")});
        if (people.experts.back().email.empty() || people.experts.back().password.empty()) {
            return refuse("an expert has no \"email\" or no \"password\"");
        }
    }
    return people;
}

ImportSummary import_as_people(const ImportOptions& options,
                               const PeopleOptions& people,
                               const gateway::Url& url,
                               const ImportConsole& console) {
    const auto start = ImportRun::Clock::now();
    ImportRun run(console);
    PeopleRun shared{.run = run, .options = options, .people = people, .url = url, .counts = {}};
    if (const auto visitors = KeptVisitors::open(people.visitors_file)) {
        talk_all(shared, **visitors);
    } else {
        run.stop(visitors.error().detail);
    }
    ImportSummary out = run.summary();
    out.seconds = std::chrono::duration<double>(ImportRun::Clock::now() - start).count();
    const auto& counts = shared.counts;
    out.live = LiveSummary{.subscribers = counts.subscribers,
                           .delivered = counts.delivered,
                           .reconnected = counts.reconnected,
                           .reordered = counts.reordered,
                           .faults = counts.faults};
    return out;
}

}  // namespace ops
