#include "ops/bench/directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "commands/expert.hpp"
#include "gateway/data_folder.hpp"
#include "gateway/demo.hpp"
#include "gateway/experts.hpp"
#include "ops/bench/report.hpp"
#include "ops/bench/subject.hpp"
#include "ops/bench/world.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using commands::Expert;
using events::Personal;
using events::Uuid;
using namespace parlour::expert::v1;

constexpr std::size_t kCommandsEach = 4;
constexpr std::size_t kExpertsAtOnce = 256;
// So many languages, fields and places there are, spread evenly.
constexpr std::size_t kLanguages = 5;
constexpr std::size_t kFields = 20;
constexpr std::size_t kPlaces = 50;
constexpr std::array<std::string_view, 8> kSearches{
    "limit=50",
    "limit=50&language=l1",
    "limit=50&expertise=f1",
    "limit=50&location=p1",
    "limit=50&language=l1&expertise=f1&location=p1",
    "limit=50&language=l1&available=true",
    "limit=50&language=l1&expertise=f1&location=p1&available=true",
    "limit=50&available=true"};

// Experts with a language, a field and a place each.
class Filling {
  public:
    Filling(World& world, const events::TenantId& tenant) : world_(world), tenant_(tenant) {
        const auto keys = world.keys().tenant_keys(tenant);
        if (!keys) throw std::runtime_error(keys.error().detail);
        keys_ = *keys;
    }

    void add(std::size_t first, std::size_t count) {
        std::latch answered(static_cast<std::ptrdiff_t>(count * kCommandsEach));
        std::atomic<bool> refused{false};
        const auto on_answer = [&](const commands::Answer& answer) {
            if (!answer) refused = true;
            answered.count_down();
        };
        for (std::size_t i = first; i < first + count; ++i) {
            const auto expert = events::random_id<Uuid>();
            run(expert,
                commands::AddExpert{.name = Personal(fmt::format("Expert {}", i)),
                                    .email = Personal(fmt::format("e{}@bench.example", i))},
                on_answer);
            run(expert, tag(TAG_KIND_LANGUAGE, fmt::format("l{}", i % kLanguages)), on_answer);
            run(expert, tag(TAG_KIND_EXPERTISE, fmt::format("f{}", i % kFields)), on_answer);
            run(expert, tag(TAG_KIND_LOCATION, fmt::format("p{}", i % kPlaces)), on_answer);
        }
        answered.wait();
        if (refused) throw std::runtime_error("an expert was refused");
    }

  private:
    [[nodiscard]] commands::TagExpert tag(TagKind kind, const std::string& value) const {
        return {.id = gateway::tag_id(*keys_, kind, value), .kind = kind, .value = Personal(value)};
    }
    template <class OnAnswer>
    void run(const Uuid& expert, Expert::Command command, OnAnswer on_answer) {
        commands::CommandMeta meta;
        meta.tenant = tenant_;
        meta.id = events::random_id<events::CommandId>();
        meta.now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
        world_.writer().submit<Expert>(expert, std::move(command), meta, on_answer);
    }

    World& world_;
    events::TenantId tenant_;
    std::shared_ptr<const events::TenantKeys> keys_;
};

// Into the folder that the subject opens then, and into its company.
void fill(const Scratch& scratch, std::size_t experts) {
    const auto paths =
        gateway::resolve_paths({.data = scratch.path() / "data", .keys = {}, .master_key = {}});
    if (!paths) throw std::runtime_error(paths.error().detail);
    const auto folder = gateway::open_or_make_data_folder(*paths);
    if (!folder) throw std::runtime_error(folder.error().detail);
    World world({.log = paths->data / "log",
                 .keys = paths->keys,
                 .views = paths->data / "views",
                 .master = folder->master,
                 .id = folder->id},
                {.views = true});
    Filling filling(world, gateway::demo_company(folder->master).tenant);
    for (std::size_t i = 0; i < experts; i += kExpertsAtOnce) {
        filling.add(i, std::min(kExpertsAtOnce, experts - i));
    }
    world.wait_for_views();
}

}  // namespace

DirectoryFigures measure_directory(std::size_t experts, std::size_t rounds) {
    const Scratch scratch;
    fill(scratch, experts);
    const Subject subject(scratch.path(), {});
    auto client = subject.client();
    DirectoryFigures figures{.experts = experts, .p50_ms = {}, .all_ms = {}};
    for (const auto search : kSearches) {
        const auto target = fmt::format("/api/v1/experts?{}", search);
        std::vector<double> times_ms;
        // Round 0 warms up and does not count.
        for (std::size_t round = 0; round <= rounds; ++round) {
            const auto started = Clock::now();
            const auto page = subject.get(client, target);
            const std::chrono::duration<double, std::milli> took = Clock::now() - started;
            if (round > 0 && !page.empty()) times_ms.push_back(took.count());
        }
        figures.p50_ms.push_back(median(times_ms));
        figures.all_ms.insert(figures.all_ms.end(), times_ms.begin(), times_ms.end());
    }
    return figures;
}

}  // namespace bench
