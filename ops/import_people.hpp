#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "events/error.hpp"
#include "gateway/client.hpp"
#include "ops/import.hpp"

// `parlour import --as-people`: the same conversations, said by visitors in a widget and by experts
// who are logged in, while all of them listen.
namespace ops {

inline constexpr unsigned kPeopleConcurrencyDefault = 64;
inline constexpr std::string_view kPeopleOriginDefault = "http://localhost";

struct PeopleOptions {
    std::string widget_key;
    struct Account {
        std::string email;
        std::string password;
    };
    std::vector<Account> experts;  // at least one
    std::string origin;            // the site that shows the widget
    std::string visitors_file;
};

// The widget and the accounts of a file in the form of demo.json; the rest is as it was made.
// kInvalidArgument with a reason that quotes nothing of the file.
events::Result<PeopleOptions> read_people(const std::string& file);

// As import_files; `live` of the summary is there.
ImportSummary import_as_people(const ImportOptions& options,
                               const PeopleOptions& people,
                               const gateway::Url& url,
                               const ImportConsole& console);

}  // namespace ops
