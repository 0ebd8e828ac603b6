#include "schemas/marks.hpp"

#include <string_view>

#include "parlour/options/v1/options.pb.h"

namespace schemas {

bool is_personal(const google::protobuf::FieldDescriptor& field) {
    switch (field.options().GetExtension(parlour::options::v1::data)) {
        case parlour::options::v1::DATA_STREAM_OWNER:
        case parlour::options::v1::DATA_VISITOR:
        case parlour::options::v1::DATA_STAFF:
        case parlour::options::v1::DATA_CASE:
            return true;
        case parlour::options::v1::DATA_UNSPECIFIED:
        case parlour::options::v1::DATA_PUBLIC:
        case parlour::options::v1::Data_INT_MIN_SENTINEL_DO_NOT_USE_:
        case parlour::options::v1::Data_INT_MAX_SENTINEL_DO_NOT_USE_:
            break;
    }
    return false;
}

std::string short_name(const google::protobuf::EnumDescriptor& type, int number) {
    const auto* const found = type.FindValueByNumber(number);
    if (found == nullptr) return std::to_string(number);
    // The value 0 is PREFIX_UNSPECIFIED in every enum of the schema.
    constexpr std::string_view kZero = "UNSPECIFIED";
    std::string_view prefix = type.value(0)->name();
    if (prefix.ends_with(kZero)) prefix.remove_suffix(kZero.size());
    std::string name = found->name();
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return name;
}

}  // namespace schemas
