#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "events/error.hpp"

// The credentials of an import's visitors, kept from run to run as browsers keep them: one line
// each, what it is for, the visitor and the token. Secret: readable by its owner only.
namespace ops {

struct KeptVisitor {
    std::string visitor;
    std::string token;
};

class KeptVisitors {
  public:
    // Makes the file if there is none; kStorage when it cannot be used, or another import uses it.
    static events::Result<std::unique_ptr<KeptVisitors>> open(const std::string& file);
    ~KeptVisitors();
    KeptVisitors(const KeptVisitors&) = delete;
    KeptVisitors& operator=(const KeptVisitors&) = delete;

    // Both: any thread.
    std::optional<KeptVisitor> find(const std::string& key);
    // Outlasts the end of this process, however it ends.
    events::Status keep(const std::string& key, const KeptVisitor& visitor);

  private:
    explicit KeptVisitors(int file) : file_(file) {}
    events::Status load();

    const int file_;
    std::mutex mutex_;
    std::map<std::string, KeptVisitor> visitors_;
};

}  // namespace ops
