#pragma once

#include <zlib.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Where imported conversations come from: lines of NDJSON files, plain or gzip, and what one line
// says. Knows nothing of the server.
namespace ops {

// A line longer than this is no conversation: 200 messages of 64 KiB, all escaped, are below it.
inline constexpr std::size_t kLineBytesMax = std::size_t{32} * 1024 * 1024;

// The lines of one file, read as a stream.
class LineReader {
  public:
    // Nothing when the file cannot be opened for reading (or is a folder).
    static std::unique_ptr<LineReader> open(const std::string& file);

    enum class Outcome {
        kLine,
        kTooLong,  // a line beyond kLineBytesMax was passed over
        kEnd,
        kDamaged,  // unreadable, or its compressed data is cut off; nothing follows
    };
    // The next line without its line end; valid until the next call. The last one may lack a line
    // end.
    Outcome next(std::string_view& line);
    // Of the line given last, from 1.
    [[nodiscard]] std::uint64_t line_number() const { return line_number_; }

  private:
    struct Close {
        void operator()(gzFile file) const { gzclose_r(file); }
    };
    explicit LineReader(gzFile file);
    bool refill();

    std::unique_ptr<gzFile_s, Close> file_;
    std::string buffer_;
    std::size_t start_ = 0;  // of what next() has not given yet
    std::uint64_t line_number_ = 0;
    bool at_end_ = false;
    bool damaged_ = false;
};

struct ImportTurn {
    std::size_t index = 0;  // in the file's list of turns, from 0
    bool from_visitor = false;
    std::string text;
};

struct ImportConversation {
    std::string id;
    std::string name;                         // empty: none, or none that can be used
    std::string email;                        // the same
    std::vector<ImportTurn> turns;            // the messages; what the desk did is left out
    std::vector<std::size_t> unusable_turns;  // without text, or by a speaker that is none
    std::string file;
    std::uint64_t line = 0;
};

// What one line says. The error is a reason that quotes nothing of the line.
std::expected<ImportConversation, std::string> parse_conversation(std::string_view line);

// The Idempotency-Key of a conversation, and of one of its messages: visible ASCII, at most 255
// bytes, the same in every run. An id that does not fit goes in as its hash.
std::string conversation_key(std::string_view id);
std::string message_key(std::string_view id, std::size_t turn);

}  // namespace ops
