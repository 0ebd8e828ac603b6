#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/client.hpp"
#include "ops/import.hpp"

// One request of an import and its answer, repeated until there is one that counts.
namespace ops {

class ImportRun;

// Any request; one connection, used by one thread.
using Ask = std::function<events::Result<gateway::ClientResponse>(
    std::string_view method, const std::string& target, const Headers&, const std::string& body)>;

struct ImportRequest {
    std::string_view method = "POST";
    std::string target;
    std::string key;  // Idempotency-Key; empty: none
    std::string body;
};

class ImportRequests {
  public:
    // `whose` names the credential in `credential` to whoever reads why the import stopped.
    ImportRequests(ImportRun& run,
                   const ImportOptions& options,
                   Ask ask,
                   Headers credential,
                   std::string whose);

    // The answer that counts, 2xx or a final refusal; nothing when the run stops.
    std::optional<gateway::ClientResponse> send(const ImportRequest& request);
    void set_credential(Headers credential) { credential_ = std::move(credential); }

  private:
    bool wait_to_repeat(unsigned attempt, std::chrono::milliseconds asked);

    ImportRun& run_;
    const ImportOptions& options_;
    Ask ask_;
    Headers credential_;
    std::string whose_;
    std::chrono::steady_clock::time_point began_;
};

// Whether the answer says that it was done.
bool is_done(const gateway::ClientResponse& response);
// A member of an answer's object, a text or a number; "" when there is none.
std::string text_member(const std::string& body, std::string_view key);
// "422 (urn:...)": the status, and the problem's name if it can be shown.
std::string describe(const gateway::ClientResponse& response);

}  // namespace ops
