#include "ops/import.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "ops/cli.hpp"
#include "ops/import_people.hpp"
#include "ops/import_run.hpp"
#include "ops/import_source.hpp"
#include "ops/printable.hpp"

namespace ops {
namespace {

constexpr std::string_view kName = "import";
constexpr std::chrono::seconds kProgressEvery{1};
constexpr std::chrono::seconds kQuietIsWaiting{3};

Subcommand describe() {
    return {
        .name = std::string(kName),
        .usage = "FILE... --server URL --token TOKEN [--as-people PEOPLE] [--OPTION ...]",
        .about =
            "Sends conversations to a running server through its public API. A file holds one\n"
            "JSON object a line, plain or gzip: {\"id\", \"turns\": [{\"speaker\": \"customer\" |\n"
            "\"expert\" | \"action\", \"text\"}], \"customer\": {\"name\", \"email\"}}. What is "
            "there\n"
            "already is not added again, so a run that was cut off is simply repeated.\n"
            "The last line printed is one JSON object with the counts.\n"
            "With --as-people it goes the way people go: each conversation's visitor\n"
            "opens the widget, experts log in, and all of them follow what is theirs on live\n"
            "sockets. A message that does not reach each of them once and in order, or reaches\n"
            "anybody else, is named, and the exit code is 3. PEOPLE is a file in the form of\n"
            "DATA/demo.json: {\"widget_key\", \"experts\": [{\"email\", \"password\"}]}. The "
            "visitors'\n"
            "credentials are kept in PEOPLE.visitors, as browsers would: the same visitors come\n"
            "back in the next run, within 30 days. Towards a server at 127.0.0.1 each visitor\n"
            "has an address of their own. An expert's words before the visitor's first ones are\n"
            "said right behind these, since only visitors begin a conversation; one without any\n"
            "word of a visitor is opened by --token, which is needed for nothing else then.",
        .positional = "FILE",
        .options = {{"server", "URL", "address of the server, http://HOST:PORT"},
                    {"token", "TOKEN", "API token with the scope 'conversations'"},
                    {"as-people", "PEOPLE", "a file with a widget and the experts' accounts"},
                    {"visitors", "FILE", "of --as-people: where visitors' credentials are kept"},
                    {"origin",
                     "URL",
                     fmt::format("of --as-people: the site with the widget (default {})",
                                 kPeopleOriginDefault)},
                    {"concurrency",
                     "N",
                     fmt::format("conversations sent at the same time, 1 to {} (default {}, "
                                 "with --as-people {})",
                                 kImportConcurrencyMax,
                                 kImportConcurrencyDefault,
                                 kPeopleConcurrencyDefault)},
                    {"limit", "N", "send only the first N conversations"}}};
}

// stderr, where the state is one line that is written over on a terminal.
class Terminal {
  public:
    void note(std::string_view line) {
        const std::lock_guard lock(mutex_);
        clear();
        write(fmt::format("parlour {}: {}\n", kName, printable(line)));
    }
    void progress(std::string_view state) {
        const std::lock_guard lock(mutex_);
        clear();
        write(fmt::format("parlour {}: {}{}", kName, state, is_terminal_ ? "" : "\n"));
        shown_ = is_terminal_;
    }
    void end_progress() {
        const std::lock_guard lock(mutex_);
        if (shown_) write("\n");
        shown_ = false;
    }

  private:
    void clear() {
        if (shown_) write("\r\x1b[K");
        shown_ = false;
    }
    static void write(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

    const bool is_terminal_ = isatty(STDERR_FILENO) == 1;
    bool shown_ = false;
    std::mutex mutex_;
};

std::string state_of(const ImportRun& run, ImportRun::Clock::time_point start) {
    const auto now = ImportRun::Clock::now();
    const double seconds = std::chrono::duration<double>(now - start).count();
    const std::uint64_t done = run.messages + run.duplicates;
    std::string out = fmt::format(
        "{} conversations, {} new messages, {} there already, {} rejected, {:.0f} a second",
        run.conversations.load(),
        run.messages.load(),
        run.duplicates.load(),
        run.rejected.load(),
        static_cast<double>(done) / std::max(seconds, 0.001));
    if (now - run.quiet_since(start) > kQuietIsWaiting) out += "; waiting for the server";
    return out;
}

void show_progress(const std::stop_token& stop,
                   const ImportRun& run,
                   ImportRun::Clock::time_point start) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, kProgressEvery, [&stop] { return stop.stop_requested(); })) {
        run.console().progress(state_of(run, start));
    }
}

// False when the import is to end here.
bool read_file(const std::string& file,
               LineReader& lines,
               const ImportOptions& options,
               std::uint64_t& taken,
               ImportRun& run,
               ImportQueue& queue) {
    std::string_view line;
    while (!run.stopped()) {
        if (options.limit && taken >= *options.limit) return false;
        const auto outcome = lines.next(line);
        if (outcome == LineReader::Outcome::kEnd) return true;
        if (outcome == LineReader::Outcome::kDamaged) {
            run.reject(file, lines.line_number() + 1, "unreadable from here: cut off or damaged");
            return true;
        }
        if (outcome == LineReader::Outcome::kTooLong) {
            run.reject(file, lines.line_number(), "the line is too long");
            continue;
        }
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        auto conversation = parse_conversation(line);
        if (!conversation) {
            run.reject(file, lines.line_number(), conversation.error());
            continue;
        }
        ++taken;
        conversation->file = file;
        conversation->line = lines.line_number();
        if (!queue.push(*std::move(conversation))) return false;
    }
    return false;
}

void read_files(const ImportOptions& options, ImportRun& run, ImportQueue& queue) {
    std::uint64_t taken = 0;
    for (const auto& file : options.files) {
        const auto lines = LineReader::open(file);
        if (!lines) {
            run.stop(fmt::format("{}: cannot be read", file));
            return;
        }
        if (!read_file(file, *lines, options, taken, run, queue)) return;
    }
}

void print_summary(const ImportSummary& summary) {
    std::string line = fmt::format(
        R"({{"conversations":{},"messages":{},"duplicates":{},"rejected":{},"seconds":{:.3f})",
        summary.conversations,
        summary.messages,
        summary.duplicates,
        summary.rejected,
        summary.seconds);
    if (const auto& live = summary.live) {
        line += fmt::format(
            R"(,"subscribers":{},"delivered":{},"reconnected":{},"reordered":{},"live_faults":{})",
            live->subscribers,
            live->delivered,
            live->reconnected,
            live->reordered,
            live->faults);
    }
    line += "}\n";
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
}

int exit_code_of(const ImportSummary& summary) {
    if (!summary.failure.empty()) fail_with(kName, summary.failure);
    if (summary.live && summary.live->faults > 0) {
        fail_with(kName,
                  fmt::format("{} faults of live delivery, see above", summary.live->faults));
        return kExitViolation;
    }
    if (!summary.failure.empty()) return kExitFailed;
    if (summary.rejected > 0) {
        return fail_with(kName, fmt::format("{} rejected, see above", summary.rejected));
    }
    if (summary.messages == 0) {
        const std::string line =
            fmt::format("parlour {}: nothing was added: {} messages, all there already\n",
                        kName,
                        summary.duplicates);
        std::fwrite(line.data(), 1, line.size(), stderr);
    }
    return kExitOk;
}

int report(const ImportSummary& summary) {
    const int code = exit_code_of(summary);
    print_summary(summary);
    return code;
}

std::string checked_token(const Arguments& arguments) {
    std::string token = arguments.required("token");
    const auto fits = [](char c) { return c > 0x20 && c < 0x7F; };
    if (!std::ranges::all_of(token, fits)) throw UsageError("--token is not an API token");
    return token;
}

int import_by(const Arguments& arguments) {
    if (arguments.positional().empty()) throw UsageError("no FILE was given");
    const auto url = gateway::parse_url(arguments.required("server"));
    if (!url) throw UsageError("--server takes http://HOST:PORT");
    ImportOptions options;
    options.files = arguments.positional();
    const auto people_file = arguments.text("as-people");
    if (!people_file && (arguments.has("visitors") || arguments.has("origin"))) {
        throw UsageError("--visitors and --origin go with --as-people");
    }
    if (!people_file || arguments.has("token")) options.token = checked_token(arguments);
    options.concurrency = static_cast<unsigned>(
        arguments.count("concurrency", {.min = 1, .max = kImportConcurrencyMax})
            .value_or(people_file ? kPeopleConcurrencyDefault : kImportConcurrencyDefault));
    options.limit = arguments.count("limit", {.min = 1});
    for (const auto& file : options.files) {
        if (!LineReader::open(file)) return fail_with(kName, file + ": cannot be read");
    }

    Terminal terminal;
    const ImportConsole console{
        .note = [&terminal](std::string_view line) { terminal.note(line); },
        .progress = [&terminal](std::string_view state) { terminal.progress(state); }};
    if (people_file) {
        auto people = read_people(*people_file);
        if (!people) return fail_with(kName, people.error().detail);
        people->origin = arguments.text("origin").value_or(std::string(kPeopleOriginDefault));
        people->visitors_file = arguments.text("visitors").value_or(*people_file + ".visitors");
        const auto summary = import_as_people(options, *people, *url, console);
        terminal.end_progress();
        return report(summary);
    }
    const auto connect = [&url]() -> Post {
        // Shared because a std::function is copyable and a connection is not.
        auto client = std::make_shared<gateway::Client>(*url);
        return
            [client](const std::string& target, const Headers& headers, const std::string& body) {
                return client->request("POST", target, headers, body);
            };
    };
    const ImportSummary summary = import_files(options, connect, console);
    terminal.end_progress();
    return report(summary);
}

}  // namespace

void import_each(const ImportOptions& options,
                 ImportRun& run,
                 const std::function<SendConversation()>& make_sender) {
    const auto start = ImportRun::Clock::now();
    ImportQueue queue(std::size_t{2} * options.concurrency);
    const std::jthread ticker(
        [&run, start](const std::stop_token& stop) { show_progress(stop, run, start); });
    std::vector<std::jthread> senders;
    for (unsigned i = 0; i < options.concurrency; ++i) {
        senders.emplace_back([&run, &queue, &make_sender] {
            const SendConversation send = make_sender();
            while (const auto conversation = queue.pop()) {
                send(*conversation);
                if (run.stopped()) queue.close(true);
            }
        });
    }
    read_files(options, run, queue);
    queue.close(run.stopped());
}

ImportSummary import_files(const ImportOptions& options,
                           const std::function<Post()>& connect,
                           const ImportConsole& console) {
    const auto start = ImportRun::Clock::now();
    ImportRun run(console);
    import_each(options, run, [&run, &options, &connect]() -> SendConversation {
        const auto sender = std::make_shared<ImportSender>(run, options, connect());
        return [sender](const ImportConversation& conversation) { sender->send(conversation); };
    });
    ImportSummary out = run.summary();
    out.seconds = std::chrono::duration<double>(ImportRun::Clock::now() - start).count();
    return out;
}

int run_import(std::span<char* const> args) {
    return run_subcommand(describe(), args, import_by);
}

}  // namespace ops
