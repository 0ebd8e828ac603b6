#pragma once

#include <boost/json/object.hpp>

#include <any>
#include <optional>
#include <string_view>

#include "commands/writer.hpp"

// How commands that cross tenants, and their answers, are written between nodes: JSON objects whose
// members are never renamed, for nodes of two builds speak it during an upgrade.
namespace gateway {

// Nothing for a command that does not cross tenants.
std::optional<boost::json::object> write_command(const events::StreamId& stream,
                                                 const std::any& command,
                                                 const commands::CommandMeta& meta);

// Submits it to the partition here. False, and `on_answer` is not called, for what is no such
// command.
bool submit_written(const boost::json::object& written,
                    commands::Writer& writer,
                    commands::OnAnswer& on_answer);

boost::json::object write_answer(const commands::Answer& answer);
// Nothing for what is no answer.
std::optional<commands::Answer> read_answer(std::string_view text);

// The tenant that a written command is for.
std::optional<events::TenantId> tenant_of(const boost::json::object& written);

}  // namespace gateway
