#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Protobuf's wire format by hand, for the few messages that every command passes through: writing
// and splitting them takes no message objects then. Writes what protobuf would write: fields of a
// number in ascending order are the caller's part, defaults are left out here.
namespace events::wire {

enum class Type : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

inline std::size_t varint_size(std::uint64_t value) {
    std::size_t size = 1;
    for (; value >= 0x80U; value >>= 7U) ++size;
    return size;
}

inline void put_varint(std::string& out, std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
    out.push_back(static_cast<char>(value));
}

inline void put_tag(std::string& out, int field, Type type) {
    put_varint(out, (static_cast<std::uint64_t>(field) << 3U) | static_cast<std::uint64_t>(type));
}

inline void put_number(std::string& out, int field, std::uint64_t value) {
    if (value == 0) return;
    put_tag(out, field, Type::kVarint);
    put_varint(out, value);
}

inline void put_bytes(std::string& out, int field, std::string_view bytes) {
    if (bytes.empty()) return;
    put_tag(out, field, Type::kBytes);
    put_varint(out, bytes.size());
    out.append(bytes);
}

// A message field, also when it is empty.
inline void put_message(std::string& out, int field, std::string_view bytes) {
    put_tag(out, field, Type::kBytes);
    put_varint(out, bytes.size());
    out.append(bytes);
}

// One field as it stands in a message.
struct Field {
    std::uint32_t number = 0;
    std::string_view whole;   // tag and value
    std::string_view bytes;   // of a field of type kBytes: its value
    std::uint64_t value = 0;  // of a field of type kVarint
};

// Takes the first field off `message`. False at its end and for bytes that are no field.
inline bool take_varint(std::string_view& in, std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
        const auto byte = static_cast<std::uint8_t>(in.front());
        in.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
        if (byte < 0x80U) return true;
    }
    return false;
}

inline bool take_field(std::string_view& message, Field& out) {
    auto rest = message;
    std::uint64_t tag = 0;
    std::uint64_t size = 0;
    if (!take_varint(rest, tag)) return false;
    out.number = static_cast<std::uint32_t>(tag >> 3U);
    out.value = 0;
    switch (static_cast<Type>(tag & 7U)) {
        case Type::kVarint:
            if (!take_varint(rest, out.value)) return false;
            break;
        case Type::kFixed64:
            size = 8;
            break;
        case Type::kBytes:
            if (!take_varint(rest, size)) return false;
            break;
        case Type::kFixed32:
            size = 4;
            break;
        default:
            return false;
    }
    if (size > rest.size()) return false;
    out.bytes = rest.substr(0, size);
    rest.remove_prefix(size);
    out.whole = message.substr(0, message.size() - rest.size());
    message = rest;
    return true;
}

// The value of the first field of that number, of type kBytes; empty when there is none.
inline std::string_view bytes_of(std::string_view message, int number) {
    for (Field field; take_field(message, field);) {
        if (field.number == static_cast<std::uint32_t>(number)) return field.bytes;
    }
    return {};
}

}  // namespace events::wire
