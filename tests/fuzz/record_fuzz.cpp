#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "events/commit.hpp"
#include "events/fence.hpp"
#include "events/record.hpp"

// Any bytes as a frame, and, since a checksum keeps most bytes out, also as the payload of a frame
// whose checksum fits. What is read must be written back to bytes that read the same.
namespace {

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::cerr << "broken: " << what << '\n';
    std::abort();
}

std::string framed(std::string_view payload) {
    std::string frame("P\x01", 2);
    const std::uint64_t checksum = XXH3_64bits(payload.data(), payload.size());
    for (unsigned shift = 0; shift < 64; shift += 8) {
        frame.push_back(static_cast<char>((checksum >> shift) & 0xffU));
    }
    return frame.append(payload);
}

void check_commit(const events::Commit& commit) {
    static const events::Key256 key;
    events::OpenedHeader opened;
    if (!events::read_header(commit, opened)) return;
    const auto& meta = opened.meta;
    require(meta.seq.value > 0 && meta.first_version.value > 0, "numbers from 1");
    require(opened.header.events_size() == commit.sealed_size(), "one ciphertext for each event");
    require(events::commitment_of(commit) == events::commitment_of(commit), "same commitment");
    const std::string place = events::associated_data(
        meta.tenant, meta.stream, meta.first_version, opened.header.events(0).type(), meta.key_id);
    require(!events::unseal_event(key, place, commit.sealed(0)), "sealed without its key");
}

void check(std::string_view frame) {
    thread_local events::Record record;
    events::Record fresh;
    const bool read = events::decode_record(frame, record).has_value();
    require(read == events::decode_record(frame, fresh).has_value(), "reused as fresh");
    if (!read) return;
    require(record.SerializeAsString() == fresh.SerializeAsString(), "nothing left from before");
    require(record.body_case() != events::Record::BODY_NOT_SET, "a kind");
    events::Fence fence;
    fence.apply(record);
    if (record.has_commit()) check_commit(record.commit());
    const auto written = events::encode_record(record);
    if (!written) return;  // larger than we write
    events::Record again;
    require(events::decode_record(*written, again).has_value(), "reads what it wrote");
    require(events::encode_record(again) == *written, "the same bytes again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check(bytes);
    check(framed(bytes));
    return 0;
}
