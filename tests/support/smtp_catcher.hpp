#pragma once

#include <sys/types.h>

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temp_dir.hpp"

// smtp_catcher.py as a child process; what it can do stands there. Throws std::runtime_error where
// it cannot be started or does not answer in time.
namespace test_support {

class SmtpCatcher {
  public:
    explicit SmtpCatcher(const std::vector<std::string>& options = {});
    ~SmtpCatcher();  // ends it
    SmtpCatcher(const SmtpCatcher&) = delete;
    SmtpCatcher& operator=(const SmtpCatcher&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string url(const std::string& scheme = "smtp") const;
    [[nodiscard]] std::string ca_file() const { return (folder_.path() / "ca.pem").string(); }

    // "STAGE ACTION [TIMES]"; it holds when this returns.
    void tell(const std::string& command);
    // How many mails it has.
    [[nodiscard]] std::size_t caught() const;
    // The n-th mail, from 1: what the parser read, and the bytes.
    [[nodiscard]] boost::json::object mail(std::size_t n) const;
    [[nodiscard]] std::string bytes(std::size_t n) const;

  private:
    std::string read_line();
    [[nodiscard]] std::filesystem::path file(std::size_t n, const std::string& extension) const;

    TempDir folder_;
    pid_t pid_ = -1;
    int to_child_ = -1;
    int from_child_ = -1;
    std::uint16_t port_ = 0;
};

}  // namespace test_support
