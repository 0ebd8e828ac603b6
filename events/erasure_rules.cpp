#include "events/erasure_rules.hpp"

#include <algorithm>

namespace events {
namespace {

const TenantFold& tenant_of(const ReadBack& read) {
    return read.events.tenant(read.tenant);
}

bool key_is_there(const ReadBack& read, const KeyId& key) {
    return std::ranges::any_of(read.keys.wrappings(),
                               [&](const auto& wrapping) { return wrapping.second.id == key; });
}

bool has_key_left(const ReadBack& read, const StreamId& stream) {
    return std::ranges::any_of(tenant_of(read).bound, [&](const auto& bound) {
        return bound.second == stream && key_is_there(read, bound.first);
    });
}

}  // namespace

bool may_lead(const ReadBack& read) {
    return read.events.in_force() == read.events_claim && read.keys.in_force() == read.keys_claim &&
           tenant_of(read).gaps().empty();
}

Refused erasure_of(const ReadBack& read, const InFlight& flight, const StreamId& stream) {
    if (tenant_of(read).permanent.contains(stream)) return Refused::kPermanent;
    if (tenant_of(read).is_erased(stream) || flight.erasures.contains(stream)) {
        return Refused::kErased;
    }
    const bool held = tenant_of(read).holds.contains(stream) || flight.holds.contains(stream);
    return held ? Refused::kHeld : Refused::kNot;
}

Refused hold_on(const ReadBack& read, const InFlight& flight, const StreamId& stream) {
    const bool late = tenant_of(read).is_erased(stream) || flight.erasures.contains(stream);
    return late ? Refused::kErased : Refused::kNot;
}

Refused command_on(const ReadBack& read, const InFlight& flight, const StreamId& stream) {
    return hold_on(read, flight, stream);
}

bool may_seal(const ReadBack& read, const KeyId& key, const StreamId& stream) {
    if (!read.keys.is_usable(key)) return false;
    const auto& bound = tenant_of(read).bound;
    if (const auto found = bound.find(key); found != bound.end()) return found->second == stream;
    return std::ranges::any_of(read.keys.wrappings(), [&](const auto& entry) {
        const auto& wrapping = entry.second;
        return wrapping.id == key && wrapping.tenant == read.tenant &&
               wrapping.made_under == read.keys_claim;
    });
}

std::vector<KeyId> keys_to_destroy(const ReadBack& read) {
    std::vector<KeyId> due;
    for (const auto& [key, stream] : tenant_of(read).bound) {
        if (tenant_of(read).is_erased(stream) && key_is_there(read, key)) due.push_back(key);
    }
    return due;
}

std::vector<KeyId> unused_keys_to_destroy(const ReadBack& read) {
    std::set<KeyId> due;
    for (const auto& [key, wrapping] : read.keys.wrappings()) {
        const bool older = wrapping.tenant == read.tenant && wrapping.made_under != read.keys_claim;
        if (older && !tenant_of(read).bound.contains(wrapping.id)) due.insert(wrapping.id);
    }
    return {due.begin(), due.end()};
}

std::vector<Seq> tombstones_due(const ReadBack& read) {
    std::vector<Seq> due;
    for (const auto& [seq, place] : tenant_of(read).places) {
        if (!place.covered && tenant_of(read).is_listed(place.stream, seq) &&
            !has_key_left(read, place.stream)) {
            due.push_back(seq);
        }
    }
    return due;
}

bool may_end(const ReadBack& read, const ErasureCase& erasure) {
    const auto& tenant = tenant_of(read);
    return tenant.erasures.contains(erasure) && !tenant.done.contains(erasure.id) &&
           !has_key_left(read, erasure.stream) &&
           std::ranges::none_of(tenant.places, [&](const auto& place) {
               return !place.second.covered && place.second.stream == erasure.stream;
           });
}

VoidTombstones void_tombstones_due(const ReadBack& read) {
    VoidTombstones due;
    due.events.assign(read.events.void_payloads().begin(), read.events.void_payloads().end());
    for (const auto& [key, wrapping] : read.keys.void_wrappings()) due.keys.push_back(key);
    return due;
}

std::vector<std::string_view> signable(const ReadBack& read) {
    std::vector<std::string_view> commitments;
    for (const auto& [seq, place] : tenant_of(read).places) {
        if (seq.value != commitments.size() + 1) break;
        commitments.push_back(place.commitment);
    }
    return commitments;
}

}  // namespace events
