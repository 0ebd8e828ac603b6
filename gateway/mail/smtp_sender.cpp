#include "gateway/mail/smtp_sender.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "gateway/mail/address.hpp"
#include "gateway/mail/link.hpp"
#include "gateway/mail/smtp_verdict.hpp"

namespace mail {
namespace {

using enum FailureKind;

constexpr std::string_view kPlainScheme = "smtp://";
constexpr std::string_view kTlsScheme = "smtps://";
constexpr std::chrono::milliseconds kTimeoutMax = std::chrono::hours(1);
// Servers end idle connections after some minutes; one that may be ending now is not used.
constexpr long kIdleSecondsMax = 60;

struct CloseHandle {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, CloseHandle>;

// One for the whole program; its end is the program's.
bool library_is_ready() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    return code == CURLE_OK;
}

std::string_view host_of(std::string_view url) {
    url.remove_prefix(url.find("://") + 3);
    if (url.starts_with('[')) return url.substr(0, url.find(']') + 1);
    return url.substr(0, url.find(':'));
}

// The host is checked as one of a link, which has the same form.
bool is_server_url(std::string_view url) {
    const bool tls = url.starts_with(kTlsScheme);
    if (!tls && !url.starts_with(kPlainScheme)) return false;
    url.remove_prefix(tls ? kTlsScheme.size() : kPlainScheme.size());
    return url.find_first_of("/?#@") == std::string_view::npos &&
           is_link(fmt::format("https://{}", url));
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_timeout(std::chrono::milliseconds limit) {
    return limit >= std::chrono::milliseconds(1) && limit <= kTimeoutMax;
}

std::optional<std::string> fault_of(const SmtpOptions& options) {
    if (!is_server_url(options.url)) return "smtp-url-invalid";
    const std::string& password = options.password.reveal();
    if (options.user.empty() != password.empty() || has_control(options.user) ||
        has_control(password)) {
        return "smtp-user-invalid";
    }
    if (address_fault(options.from)) return "smtp-from-invalid";
    const bool loopback = is_loopback(host_of(options.url));
    const bool tls_scheme = options.url.starts_with(kTlsScheme);
    if (options.tls == Tls::kOff && (!loopback || tls_scheme)) return "smtp-tls-off";
    if (options.tls == Tls::kOpportunistic && !tls_scheme && !loopback && !password.empty()) {
        return "smtp-password-in-clear";
    }
    if (!is_timeout(options.connect_timeout) || !is_timeout(options.total_timeout)) {
        return "smtp-timeout-invalid";
    }
    return std::nullopt;
}

curl_usessl level_of(Tls tls) {
    switch (tls) {
        case Tls::kRequired:
            return CURLUSESSL_ALL;
        case Tls::kOpportunistic:
            return CURLUSESSL_TRY;
        case Tls::kOff:
            return CURLUSESSL_NONE;
    }
    return CURLUSESSL_ALL;
}

// The sockets that libcurl has open, so that another thread can break them off.
class OpenSockets {
  public:
    curl_socket_t open(int family, int type, int protocol) noexcept {
        const std::lock_guard lock(mutex_);
        if (aborted_) return CURL_SOCKET_BAD;
        const int made = ::socket(family, type | SOCK_CLOEXEC, protocol);
        if (made >= 0) sockets_.insert(made);
        return made < 0 ? CURL_SOCKET_BAD : made;
    }
    int close(curl_socket_t socket) noexcept {
        const std::lock_guard lock(mutex_);
        sockets_.erase(socket);
        return ::close(socket);
    }
    // Whoever waits for one of them finds it ended.
    void abort() noexcept {
        const std::lock_guard lock(mutex_);
        aborted_ = true;
        for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    [[nodiscard]] bool aborted() noexcept {
        const std::lock_guard lock(mutex_);
        return aborted_;
    }

  private:
    std::mutex mutex_;
    std::set<int> sockets_;  // under mutex_
    bool aborted_ = false;   // under mutex_
};

curl_socket_t open_socket(void* user, curlsocktype /*purpose*/, curl_sockaddr* address) noexcept {
    return static_cast<OpenSockets*>(user)->open(
        address->family, address->socktype, address->protocol);
}

int close_socket(void* user, curl_socket_t socket) noexcept {
    return static_cast<OpenSockets*>(user)->close(socket);
}

// While a name is looked up there is no socket to break off.
int progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
    return static_cast<OpenSockets*>(user)->aborted() ? 1 : 0;
}

// What the callbacks of one transfer see.
struct Transfer {
    std::string_view rest;
    SmtpStage stage = SmtpStage::kConnect;
};

// Commands are told from what a log-in sends by their form: base64 has neither space nor colon.
std::optional<SmtpStage> stage_of(std::string_view line) {
    constexpr std::array<std::pair<std::string_view, SmtpStage>, 7> kCommands{
        {{"EHLO ", SmtpStage::kHello},
         {"HELO ", SmtpStage::kHello},
         {"STARTTLS\r\n", SmtpStage::kStartTls},
         {"AUTH ", SmtpStage::kLogin},
         {"MAIL FROM:", SmtpStage::kSender},
         {"RCPT TO:", SmtpStage::kRecipient},
         {"DATA\r\n", SmtpStage::kData}}};
    for (const auto& [start, stage] : kCommands) {
        if (line.starts_with(start)) return stage;
    }
    return std::nullopt;
}

std::size_t read_message(char* out, std::size_t size, std::size_t count, void* user) noexcept {
    auto& rest = static_cast<Transfer*>(user)->rest;
    const std::size_t bytes = std::min(rest.size(), size * count);
    std::memcpy(out, rest.data(), bytes);
    rest.remove_prefix(bytes);
    return bytes;
}

// Without this libcurl would write to standard output.
std::size_t discard(char* /*bytes*/, std::size_t size, std::size_t count, void*) noexcept {
    return size * count;
}

// Only which command was sent is looked at; nothing of it is kept.
int watch(
    CURL* /*handle*/, curl_infotype type, char* bytes, std::size_t size, void* user) noexcept {
    // No transfer is left when QUIT is said at the end.
    if (type != CURLINFO_HEADER_OUT || user == nullptr) return 0;
    auto& transfer = *static_cast<Transfer*>(user);
    const auto stage = stage_of({bytes, size});
    // A name sent in a log-in may be "DATA\r\n" in base64; DATA follows a recipient only.
    const bool in_order = stage != SmtpStage::kData || transfer.stage == SmtpStage::kRecipient;
    if (stage && in_order) transfer.stage = *stage;
    return 0;
}

}  // namespace

struct SmtpSender::Impl {
    SmtpOptions options;
    OpenSockets sockets{};  // before the handle, whose end closes the last ones
    Handle handle{};

    Result<void> transfer(const Composed& mail, bool fresh, bool& may_repeat);
    void set_up();
    template <class Value>
    void set(CURLoption option, Value value) const {
        // Every option exists in the library this is built with, and every value is of its type;
        // what else can fail is memory, and then the transfer itself fails.
        static_cast<void>(curl_easy_setopt(handle.get(), option, value));
    }
};

void SmtpSender::Impl::set_up() {
    const std::string& from = options.from;
    // libcurl takes the path of the URL as the name to say in EHLO.
    const std::string url =
        fmt::format("{}/{}", options.url, std::string_view(from).substr(from.find('@') + 1));
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_PROXY, "");  // whatever the environment says
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USE_SSL, static_cast<long>(level_of(options.tls)));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
    if (!options.user.empty()) {
        set(CURLOPT_USERNAME, options.user.c_str());
        set(CURLOPT_PASSWORD, options.password.reveal().c_str());
    }
    set(CURLOPT_MAIL_FROM, from.c_str());
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &read_message);
    set(CURLOPT_WRITEFUNCTION, &discard);
    set(CURLOPT_VERBOSE, 1L);  // to the function below and nowhere else
    set(CURLOPT_DEBUGFUNCTION, &watch);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.total_timeout.count()));
    // The one limit that also holds for QUIT, whose wait the others do not bound.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.total_timeout);
    set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(seconds.count()));
    set(CURLOPT_MAXAGE_CONN, kIdleSecondsMax);
    set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(CURLOPT_OPENSOCKETDATA, &sockets);
    set(CURLOPT_CLOSESOCKETFUNCTION, &close_socket);
    set(CURLOPT_CLOSESOCKETDATA, &sockets);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &progress);
    set(CURLOPT_XFERINFODATA, &sockets);
}

Result<void> SmtpSender::Impl::transfer(const Composed& mail, bool fresh, bool& may_repeat) {
    const std::string& bytes = mail.bytes().reveal();
    Transfer state{.rest = bytes};
    const std::unique_ptr<curl_slist, FreeList> recipients(
        curl_slist_append(nullptr, mail.recipient().reveal().c_str()));
    if (!recipients) return fail(kTemporary, "smtp-failed");
    set(CURLOPT_MAIL_RCPT, recipients.get());
    set(CURLOPT_READDATA, &state);
    set(CURLOPT_DEBUGDATA, &state);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(bytes.size()));
    set(CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
    const CURLcode code = curl_easy_perform(handle.get());
    long reply = 0;
    long connects = 0;
    static_cast<void>(curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &reply));
    static_cast<void>(curl_easy_getinfo(handle.get(), CURLINFO_NUM_CONNECTS, &connects));
    set(CURLOPT_MAIL_RCPT, nullptr);
    set(CURLOPT_DEBUGDATA, nullptr);
    set(CURLOPT_READDATA, nullptr);
    if (code == CURLE_OK) return {};
    constexpr long kServiceClosing = 421;
    const bool refused = reply >= 400 && reply < 600;
    may_repeat = connects == 0 && state.stage <= SmtpStage::kSender &&
                 (refused ? reply == kServiceClosing : code != CURLE_OPERATION_TIMEDOUT);
    return std::unexpected(refused ? verdict_on_reply(state.stage, static_cast<int>(reply))
                                   : verdict_on_error(state.stage, static_cast<int>(code)));
}

SmtpSender::SmtpSender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SmtpSender::SmtpSender(SmtpSender&& other) noexcept = default;
SmtpSender& SmtpSender::operator=(SmtpSender&& other) noexcept = default;
SmtpSender::~SmtpSender() = default;

Result<SmtpSender> SmtpSender::open(SmtpOptions options) {
    if (const auto fault = fault_of(options)) return fail(kConfiguration, *fault);
    if (!library_is_ready()) return fail(kConfiguration, "smtp-library");
    auto impl = std::make_unique<Impl>();
    impl->options = std::move(options);
    impl->handle.reset(curl_easy_init());
    if (!impl->handle) return fail(kConfiguration, "smtp-library");
    impl->set_up();
    return SmtpSender(std::move(impl));
}

void SmtpSender::abort() {
    impl_->sockets.abort();
}

Result<void> SmtpSender::send(const Composed& mail) {
    if (impl_->sockets.aborted()) return fail(kTemporary, std::string(kStopped));
    bool may_repeat = false;
    auto result = impl_->transfer(mail, false, may_repeat);
    // A kept connection that the server had ended shows only when it is used; nothing was sent
    // that could arrive twice, so the same mail goes over a new one at once.
    if (!result && may_repeat) result = impl_->transfer(mail, true, may_repeat);
    if (!result && impl_->sockets.aborted()) return fail(kTemporary, std::string(kStopped));
    return result;
}

}  // namespace mail
