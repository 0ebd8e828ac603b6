#include "events/error.hpp"

namespace events {
namespace {

struct Facts {
    std::string_view name;
    int http_status;
    bool retryable;
};

Facts facts_of(Errc code) {
    switch (code) {
        case Errc::kInvalidArgument:
            return {"invalid-argument", 400, false};
        case Errc::kNotFound:
            return {"not-found", 404, false};
        case Errc::kErased:
            return {"erased", 410, false};
        case Errc::kConflict:
            return {"version-conflict", 412, false};
        case Errc::kUnavailable:
            return {"unavailable", 503, true};
        case Errc::kOverloaded:
            return {"overloaded", 503, true};
        case Errc::kStorageFull:
            return {"storage-full", 503, true};
        case Errc::kTooLarge:
            return {"too-large", 413, false};
        case Errc::kDamaged:
            return {"damaged", 500, false};
        case Errc::kStorage:
            return {"storage", 503, false};
        case Errc::kInUse:
            return {"in-use", 503, false};
        case Errc::kWrongMasterKey:
            return {"wrong-master-key", 503, false};
        case Errc::kUnknownSchema:
            return {"unknown-schema", 500, false};
    }
    return {"unknown", 500, false};
}

}  // namespace

std::string_view name_of(Errc code) {
    return facts_of(code).name;
}
int http_status_of(Errc code) {
    return facts_of(code).http_status;
}
bool is_retryable(Errc code) {
    return facts_of(code).retryable;
}

}  // namespace events
