#include "tests/schemas/marking.hpp"

#include <algorithm>
#include <set>

#include "parlour/options/v1/options.pb.h"

namespace schema_check {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using namespace parlour::options::v1;

constexpr std::size_t kTagLetters = 3;

class Checker {
  public:
    explicit Checker(const Descriptor& envelope) : envelope_(envelope) {
        const auto& options = envelope.options();
        for (int i = 0; i < options.ExtensionSize(owners); ++i) {
            owners_.insert(options.GetExtension(owners, i));
        }
    }

    std::vector<std::string> run() {
        if (owners_.empty()) fault(envelope_.full_name(), "does not say who owns its streams");
        if (envelope_.oneof_decl_count() != 1 ||
            envelope_.oneof_decl(0)->field_count() != envelope_.field_count()) {
            fault(envelope_.full_name(), "must be one oneof of events and nothing else");
        }
        for (int i = 0; i < envelope_.field_count(); ++i) {
            const auto* event = envelope_.field(i)->message_type();
            if (event == nullptr) {
                fault(envelope_.field(i)->full_name(), "is no message");
                continue;
            }
            for (int f = 0; f < event->field_count(); ++f) check(*event->field(f), true);
        }
        return faults_;
    }

  private:
    void fault(const std::string& name, const std::string& what) {
        faults_.push_back(name + " " + what);
    }

    void check(const FieldDescriptor& field, bool at_top) {
        const Data mark = field.options().GetExtension(data);
        const bool is_text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
        const bool is_personal = mark != DATA_UNSPECIFIED && mark != DATA_PUBLIC;
        if (is_text && mark == DATA_UNSPECIFIED) fault(field.full_name(), "is not marked");
        if (is_personal && !owners_.contains(mark)) {
            fault(
                field.full_name(),
                "is personal of " + Data_Name(mark) + ", whose erasure does not erase the stream");
        }
        // Sealing takes the event's own fields out, whole; it does not look into messages.
        if (is_personal && !at_top) fault(field.full_name(), "is personal but inside a message");
        check_id_tag(field);
        if (field.message_type() != nullptr && !is_personal) check_inside(*field.message_type());
    }

    void check_inside(const Descriptor& message) {
        if (!entered_.insert(&message).second) return;
        for (int i = 0; i < message.field_count(); ++i) check(*message.field(i), false);
    }

    void check_id_tag(const FieldDescriptor& field) {
        if (!field.options().HasExtension(id_tag)) return;
        const std::string& tag = field.options().GetExtension(id_tag);
        const bool letters = std::ranges::all_of(tag, [](char c) { return c >= 'a' && c <= 'z'; });
        if (field.type() != FieldDescriptor::TYPE_BYTES || tag.size() != kTagLetters || !letters ||
            field.options().GetExtension(data) != DATA_PUBLIC) {
            fault(field.full_name(), "has an id tag but is no public id");
        }
    }

    const Descriptor& envelope_;
    std::set<int> owners_;
    std::set<const Descriptor*> entered_;
    std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> faults_of_envelope(const Descriptor& envelope) {
    return Checker(envelope).run();
}

}  // namespace schema_check
