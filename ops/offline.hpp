#pragma once

#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "commands/writer.hpp"
#include "events/crypto.hpp"
#include "events/key_ring.hpp"
#include "events/local_log.hpp"
#include "gateway/data_folder.hpp"
#include "gateway/execute_now.hpp"
#include "projections/store.hpp"
#include "projections/views.hpp"

// A data folder that nobody serves, with somebody who writes to it: for what an operator does at
// the machine itself.
namespace ops {

class Offline {
  public:
    enum class Folder : std::uint8_t { kMayBeMade, kMustBeThere };
    // Opens log and keys and claims every partition. A master key made now is shown on standard
    // error. kInUse when a server runs on the folder; else as the parts report.
    static events::Result<std::unique_ptr<Offline>> open(const gateway::DataPaths& paths,
                                                         Folder folder);
    ~Offline();
    Offline(const Offline&) = delete;
    Offline& operator=(const Offline&) = delete;

    [[nodiscard]] events::KeyRing& keys() { return *keys_; }
    // Brings the views to the end of the log, for the queries below. Before they are asked.
    events::Status read_views();
    [[nodiscard]] projections::Views& views() { return views_; }
    [[nodiscard]] projections::Store& store() { return *store_; }

    // Milliseconds since 1970.

    // A command as the operator's; kInvalidArgument with the reason when it is refused.
    template <commands::Decider A>
    events::Status run(const events::TenantId& tenant,
                       const events::Uuid& stream,
                       typename A::Command command) {
        return told(gateway::execute_now<A>(*writer_, stream, std::move(command), meta(tenant)));
    }

  private:
    Offline() = default;
    [[nodiscard]] static commands::CommandMeta meta(const events::TenantId& tenant);
    [[nodiscard]] static events::Status told(const commands::Answer& answer);

    gateway::DataPaths paths_;
    std::unique_ptr<events::LocalLog> log_;
    std::unique_ptr<events::KeyRing> keys_;
    std::unique_ptr<projections::Store> store_;  // from read_views() on
    projections::Views views_;
    boost::asio::thread_pool pool_{1};
    std::unique_ptr<commands::Writer> writer_;
};

}  // namespace ops
