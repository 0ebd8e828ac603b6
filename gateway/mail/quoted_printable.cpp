#include "gateway/mail/quoted_printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "gateway/mail/text.hpp"

namespace mail {
namespace {

void append_line(std::string& out, std::string_view line) {
    constexpr std::string_view kFrom = "From ";
    std::size_t column = 0;
    bool first = line.starts_with(kFrom);
    std::string unit;
    while (!line.empty()) {
        // A byte that is no UTF-8 goes alone; it is carried, not judged.
        const std::size_t bytes = std::max<std::size_t>(first_of(line).bytes, 1);
        const char lead = line.front();
        const bool blank = lead == ' ' || lead == '\t';
        const bool plain = lead > ' ' && lead < 0x7f && lead != '=';
        unit.clear();
        if (!first && (plain || (blank && line.size() > 1))) {
            unit.push_back(lead);
        } else {
            for (const char c : line.substr(0, bytes)) {
                fmt::format_to(std::back_inserter(unit), "={:02X}", static_cast<unsigned char>(c));
            }
        }
        first = false;
        line.remove_prefix(bytes);
        // One column stays free for the "=" of a soft line break, unless the line ends here.
        const std::size_t room = kQuotedPrintableColumns - (line.empty() ? 0 : 1);
        if (column + unit.size() > room) {
            out.append("=\r\n");
            column = 0;
        }
        out.append(unit);
        column += unit.size();
    }
    out.append("\r\n");
}

}  // namespace

std::string quoted_printable(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size() + utf8.size() / 8);
    while (!utf8.empty()) {
        const auto end = std::min(utf8.find_first_of("\r\n"), utf8.size());
        append_line(out, utf8.substr(0, end));
        utf8.remove_prefix(end);
        if (utf8.starts_with("\r\n")) utf8.remove_prefix(1);
        if (!utf8.empty()) utf8.remove_prefix(1);
    }
    return out;
}

}  // namespace mail
