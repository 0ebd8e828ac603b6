#include "tests/schemas/field_lock.hpp"

#include <google/protobuf/descriptor.h>

#include <fstream>

namespace schema_check {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

std::string type_of(const FieldDescriptor& field) {
    std::string type = field.is_repeated() ? "repeated " : "";
    if (field.message_type() != nullptr) return type + field.message_type()->full_name();
    if (field.enum_type() != nullptr) return type + field.enum_type()->full_name();
    return type + field.type_name();
}

void add(Schemas& out, const std::string& name, int number, const std::string& type) {
    out.lines.insert(name + "=" + std::to_string(number) + ":" + type);
}

void add_enum(Schemas& out, const EnumDescriptor& type) {
    for (int i = 0; i < type.value_count(); ++i) {
        const auto& value = *type.value(i);
        add(out, type.full_name() + "." + value.name(), value.number(), "value");
        if (value.number() == 0 && !value.name().ends_with("_UNSPECIFIED")) {
            out.faults.push_back(type.full_name() + ": zero must be UNSPECIFIED");
        }
    }
    for (int i = 0; i < type.reserved_range_count(); ++i) {
        const auto& range = *type.reserved_range(i);
        for (int n = range.start; n <= range.end; ++n) add(out, type.full_name(), n, "reserved");
    }
}

void add_message(Schemas& out, const Descriptor& message) {
    for (int i = 0; i < message.field_count(); ++i) {
        const auto& field = *message.field(i);
        add(out, message.full_name() + "." + field.name(), field.number(), type_of(field));
    }
    for (int i = 0; i < message.reserved_range_count(); ++i) {
        const auto& range = *message.reserved_range(i);
        for (int n = range.start; n < range.end; ++n) add(out, message.full_name(), n, "reserved");
    }
    for (int i = 0; i < message.nested_type_count(); ++i) add_message(out, *message.nested_type(i));
    for (int i = 0; i < message.enum_type_count(); ++i) add_enum(out, *message.enum_type(i));
}

void add_file(Schemas& out, const FileDescriptor& file) {
    for (int i = 0; i < file.message_type_count(); ++i) add_message(out, *file.message_type(i));
    for (int i = 0; i < file.enum_type_count(); ++i) add_enum(out, *file.enum_type(i));
    for (int i = 0; i < file.extension_count(); ++i) {
        const auto& field = *file.extension(i);
        add(out, field.full_name(), field.number(), type_of(field));
    }
}

// What stands in a file that does not build.
class Collector : public google::protobuf::DescriptorPool::ErrorCollector {
  public:
    explicit Collector(Schemas& out) : out_(out) {}
    void AddError(const std::string& file,
                  const std::string& element,
                  const google::protobuf::Message* /*descriptor*/,
                  ErrorLocation /*location*/,
                  const std::string& message) override {
        out_.faults.push_back(file + ": " + element + ": " + message);
    }

  private:
    Schemas& out_;
};

// "message.field" of a line, and what follows it.
std::pair<std::string, std::string> split(const std::string& line) {
    const auto at = line.find('=');
    return {line.substr(0, at), line.substr(at + 1)};
}

bool has_name(const Lines& lines, const std::string& name) {
    const auto at = lines.lower_bound(name + "=");
    return at != lines.end() && at->starts_with(name + "=");
}

}  // namespace

Schemas read_schemas(const google::protobuf::FileDescriptorSet& files) {
    Schemas out;
    Collector collector(out);
    google::protobuf::DescriptorPool pool;
    for (const auto& proto : files.file()) {
        const auto* file = pool.BuildFileCollectingErrors(proto, &collector);
        if (file != nullptr && file->package().starts_with("parlour.")) add_file(out, *file);
    }
    return out;
}

Lines read_lock(const std::string& file) {
    Lines lines;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (!line.empty() && !line.starts_with('#')) lines.insert(line);
    }
    return lines;
}

std::vector<std::string> compare(const Lines& locked, const Lines& now) {
    std::vector<std::string> complaints;
    for (const auto& line : now) {
        if (!locked.contains(line) && !has_name(locked, split(line).first)) {
            complaints.push_back("add to schemas/fields.lock: " + line);
        }
    }
    for (const auto& line : locked) {
        if (now.contains(line)) continue;
        const auto [name, meaning] = split(line);
        if (meaning.ends_with(":reserved")) {
            complaints.push_back("a reserved number was given away: " + line);
        } else if (has_name(now, name)) {
            complaints.push_back("number or type changed, make a new field instead: " + line);
        } else {
            complaints.push_back("removed or renamed, stored bytes still have it: " + line);
        }
    }
    return complaints;
}

}  // namespace schema_check
