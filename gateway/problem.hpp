#pragma once

#include <string_view>

#include "events/error.hpp"
#include "gateway/http.hpp"

// Problem documents (RFC 9457): every answer of status 400 and above has one as its body.
namespace gateway {

// {"type":"about:blank","title":<the status's phrase>,"status":...,"detail":...,"code":...}.
// `code` is a stable word in lower case with hyphens, for programs; `detail` one sentence for
// people, which never repeats personal data. A 503 also says Retry-After.
Response problem(unsigned status, std::string_view code, std::string_view detail);

// The status and name of the error's code. The detail of an error that is the operator's business
// (status 500 and above) stays here: it may name files.
Response problem(const events::Error& error);

// What a path that nothing stands behind is answered: 404 "no-such-resource".
Response no_such_resource();

// "Not Found" for 404; "Unknown" for a status we never send.
std::string_view reason_phrase(unsigned status);

}  // namespace gateway
