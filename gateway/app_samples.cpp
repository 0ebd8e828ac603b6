#include "gateway/app_samples.hpp"

#include <filesystem>

namespace gateway {

void add_samples(Metrics& metrics, const SampledParts& parts) {
    const auto sample = [&metrics](const char* name, const char* help, const auto& read) {
        metrics.sample(name, help, [read] { return static_cast<double>(read()); });
    };
    const auto* const writer = &parts.writer;
    sample("parlour_commands_waiting", "Commands that wait for their turn.", [writer] {
        return writer->load().waiting;
    });
    sample("parlour_commits_in_flight", "Commits sent and not read back yet.", [writer] {
        return writer->load().in_flight;
    });
    sample("parlour_partitions_led", "Partitions that take commands.", [writer] {
        return writer->load().led;
    });
    const auto* const runner = &parts.runner;
    sample("parlour_views_behind_records",
           "Records that the slowest view has yet to read.",
           [runner] { return runner->behind(); });
    sample("parlour_views_stopped", "1 when the views stand still.", [runner] {
        return runner->failure() ? 1 : 0;
    });
    const auto* const background = &parts.background;
    sample("parlour_policies_behind_records",
           "Records that the policies have yet to read.",
           [background] { return background->behind(); });
    sample("parlour_policies_stopped", "1 when the policies stand still.", [background] {
        return background->has_stopped() ? 1 : 0;
    });
    const auto free_of = [](const std::filesystem::path& folder) {
        return [folder] { return events::free_bytes_of(folder).value_or(0); };
    };
    sample("parlour_data_disk_free_bytes",
           "Bytes free on the device of the data folder.",
           free_of(parts.paths.data));
    sample("parlour_keys_disk_free_bytes",
           "Bytes free on the device of the key ring.",
           free_of(parts.paths.keys));
    sample("parlour_disk_reserve_bytes",
           "Below so many free bytes new commands are refused.",
           [bytes = parts.reserve.bytes] { return bytes; });
}

}  // namespace gateway
