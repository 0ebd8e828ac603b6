#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "events/key_ring.hpp"

// The master key's file, and its text for a sheet of paper.
namespace events {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0600;
constexpr std::size_t kCheckBytes = 5;
constexpr std::size_t kTextBytes = Key256::size() + kCheckBytes;
constexpr unsigned kSymbolBits = 5;
constexpr std::size_t kSymbols = (kTextBytes * 8 + kSymbolBits - 1) / kSymbolBits;
constexpr std::size_t kGroup = 5;
// Crockford's base 32: no I, L, O or U, so what is read off paper is not mistaken.
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

class File {
  public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int get() const { return descriptor_; }
    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

  private:
    int descriptor_;
};

std::unexpected<Error> failed(Errc code, const fs::path& file, std::string_view what) {
    return fail(code, fmt::format("master key {}: {}", file.string(), what));
}

std::string reason_of(int error) {
    return std::generic_category().message(error);
}

fs::path folder_of(const fs::path& file) {
    return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

bool write_whole(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return fsync(descriptor) == 0;
}

// The first bytes of a hash of the key: tells a slip of the pen, nothing about the key.
std::array<std::uint8_t, kCheckBytes> check_of(const Key256& master) {
    const Digest digest = sha256({{"parlour/recovery-text/v1", 25}, master.reveal()});
    std::array<std::uint8_t, kCheckBytes> check{};
    std::copy_n(digest.begin(), kCheckBytes, check.begin());
    return check;
}

using TextBytes = std::array<std::uint8_t, kTextBytes>;

std::optional<unsigned> symbol_value(char c) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    const auto at = kAlphabet.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    return static_cast<unsigned>(at);
}

// The symbols' bits, one behind the other; the last symbol's spare bits must be zero.
bool read_symbols(std::string_view text, TextBytes& out) {
    std::size_t bit = 0;
    unsigned spare = 0;
    for (const char c : text) {
        if (c == '-' || c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
        const auto value = symbol_value(c);
        if (!value || bit >= kSymbols * kSymbolBits) return false;
        for (unsigned i = kSymbolBits; i-- > 0; ++bit) {
            const unsigned one = (*value >> i) & 1U;
            if (bit < kTextBytes * 8) {
                out[bit / 8] = static_cast<std::uint8_t>(out[bit / 8] | (one << (7 - bit % 8)));
            } else {
                spare |= one;
            }
        }
    }
    return bit == kSymbols * kSymbolBits && spare == 0;
}

}  // namespace

Result<Key256> read_master_key(const fs::path& file) {
    // Without O_NONBLOCK a named pipe would hang the start.
    const File opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!opened.is_open()) {
        return failed(Errc::kWrongMasterKey,
                      file,
                      reason_of(errno) +
                          "; give the file with --master-key, or make it again from the recovery "
                          "text");
    }
    struct stat about{};
    if (fstat(opened.get(), &about) != 0) return failed(Errc::kStorage, file, reason_of(errno));
    if (!S_ISREG(about.st_mode)) {
        return failed(Errc::kWrongMasterKey, file, "not a regular file");
    }
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return failed(Errc::kWrongMasterKey, file, "others may read it; run chmod 600 on it");
    }
    // One byte more than a key, to tell a longer file.
    std::array<char, Key256::size() + 1> bytes{};
    std::size_t got = 0;
    ssize_t more = 1;
    while (more > 0 && got < bytes.size()) {
        more = ::read(opened.get(), bytes.data() + got, bytes.size() - got);
        if (more > 0) got += static_cast<std::size_t>(more);
        if (more < 0 && errno == EINTR) more = 1;
    }
    Key256 key;
    std::memcpy(key.data(), bytes.data(), Key256::size());
    OPENSSL_cleanse(bytes.data(), bytes.size());
    if (more < 0) return failed(Errc::kStorage, file, reason_of(errno));
    if (got != Key256::size()) {
        return failed(Errc::kWrongMasterKey, file, "it must hold exactly 32 bytes");
    }
    return key;
}

Result<Key256> make_master_key(const fs::path& file) {
    Key256 key;
    fill_random({key.data(), Key256::size()});
    if (auto written = write_master_key(file, key); !written) {
        return std::unexpected(written.error());
    }
    return key;
}

Status write_master_key(const fs::path& file, const Key256& master) {
    // Under another name first, then linked: a crash never leaves a file with half a key, and
    // link() refuses a name that is taken.
    std::array<std::uint8_t, 8> random{};
    fill_random(random);
    const std::string suffix =
        to_hex({reinterpret_cast<const char*>(random.data()), random.size()});
    const fs::path draft =
        folder_of(file) / fmt::format(".{}.{}", file.filename().string(), suffix);
    int error = 0;
    {
        const File made(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
        if (!made.is_open() || !write_whole(made.get(), master.reveal())) error = errno;
    }
    if (error == 0 && link(draft.c_str(), file.c_str()) != 0) error = errno;
    unlink(draft.c_str());
    if (error == EEXIST) return failed(Errc::kInUse, file, "the file exists already");
    const File folder(::open(folder_of(file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (error == 0 && (!folder.is_open() || fsync(folder.get()) != 0)) error = errno;
    if (error != 0) return failed(Errc::kStorage, file, reason_of(error));
    return {};
}

std::string recovery_text(const Key256& master) {
    TextBytes bytes{};
    const auto secret = master.reveal();
    const auto check = check_of(master);
    std::copy(secret.begin(), secret.end(), bytes.begin());
    std::copy(check.begin(), check.end(), bytes.begin() + Key256::size());
    std::string text;
    for (std::size_t symbol = 0; symbol < kSymbols; ++symbol) {
        if (symbol != 0 && symbol % kGroup == 0) text.push_back('-');
        unsigned value = 0;
        for (std::size_t bit = symbol * kSymbolBits; bit < (symbol + 1) * kSymbolBits; ++bit) {
            const unsigned byte = bit / 8 < kTextBytes ? bytes[bit / 8] : 0U;
            value = value * 2 + ((byte >> (7 - bit % 8)) & 1U);
        }
        text.push_back(kAlphabet[value]);
    }
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return text;
}

std::optional<Key256> parse_recovery_text(std::string_view text) {
    TextBytes bytes{};
    std::optional<Key256> key;
    if (read_symbols(text, bytes)) {
        key.emplace();
        std::copy_n(bytes.begin(), Key256::size(), key->data());
        const auto check = check_of(*key);
        if (!std::equal(check.begin(), check.end(), bytes.begin() + Key256::size())) key.reset();
    }
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return key;
}

}  // namespace events
