#include "events/kafka_places.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <charconv>
#include <utility>

namespace events {
namespace {

constexpr int kAnswerMs = 5'000;

std::unexpected<Error> unavailable(std::string_view what, rd_kafka_resp_err_t why) {
    return fail(
        Errc::kUnavailable,
        fmt::format("the places of the feed cannot be {}: {}", what, rd_kafka_err2str(why)));
}

FeedPlace place_of(const rd_kafka_topic_partition_t& found) {
    FeedPlace place{.next = Offset{static_cast<std::uint64_t>(found.offset)}, .claim = {}};
    if (found.metadata != nullptr) {
        place.claim = claim_from({static_cast<const char*>(found.metadata), found.metadata_size});
    }
    return place;
}

class KafkaPlaces final : public FeedPlaces {
  public:
    KafkaPlaces(kafka::Client client, std::string topic)
        : client_(std::move(client)), topic_(std::move(topic)) {}

    Result<PlacesByPartition> get(const std::vector<Partition>& partitions) override {
        PlacesByPartition places;
        if (partitions.empty()) return places;
        const kafka::PartitionList list(
            rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
        for (const auto partition : partitions) {
            rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition.value);
        }
        const auto error = rd_kafka_committed(client_.get(), list.get(), kAnswerMs);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return unavailable("read", error);
        for (int i = 0; i < list->cnt; ++i) {
            const auto& found = list->elems[i];
            if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return unavailable("read", found.err);
            if (found.offset < 0) continue;
            places.emplace(Partition{static_cast<std::uint16_t>(found.partition)}, place_of(found));
        }
        return places;
    }

    Status put(const PlacesByPartition& places) override {
        if (places.empty()) return {};
        const kafka::PartitionList list(
            rd_kafka_topic_partition_list_new(static_cast<int>(places.size())));
        for (const auto& [partition, place] : places) {
            auto* const to =
                rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition.value);
            to->offset = static_cast<std::int64_t>(place.next.value);
            set_metadata(*to, claim_text(place));
        }
        const kafka::Queue answers(rd_kafka_queue_new(client_.get()));
        auto error =
            rd_kafka_commit_queue(client_.get(), list.get(), answers.get(), nullptr, nullptr);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return unavailable("written", error);
        const kafka::Event answer(rd_kafka_queue_poll(answers.get(), kAnswerMs));
        error = answer ? rd_kafka_event_error(answer.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return unavailable("written", error);
        return {};
    }

  private:
    // The library frees it with the list.
    static void set_metadata(rd_kafka_topic_partition_t& of, const std::string& text) {
        of.metadata = rd_kafka_mem_malloc(nullptr, text.size());
        of.metadata_size = text.copy(static_cast<char*>(of.metadata), text.size());
    }

    kafka::Client client_;
    const std::string topic_;
};

}  // namespace

std::string claim_text(const FeedPlace& place) {
    if (!place.claim) return "-";
    return fmt::format("{} {}", place.claim->term.value, to_hex(place.claim->id.view()));
}

std::optional<ClaimRef> claim_from(std::string_view text) {
    ClaimRef claim;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), claim.term.value);
    if (error != std::errc{} || end == text.data() + text.size() || *end != ' ') return {};
    const auto bytes = from_hex(text.substr(static_cast<std::size_t>(end - text.data()) + 1));
    const auto id = bytes ? ClaimId::from_bytes(*bytes) : std::nullopt;
    if (!id) return {};
    claim.id = *id;
    return claim;
}

Result<std::unique_ptr<FeedPlaces>> open_kafka_places(const KafkaPlacesOptions& options) {
    auto conf = kafka::make_conf(options.connection,
                                 {{"group.id", options.group}, {"enable.auto.commit", "false"}});
    if (!conf) return std::unexpected(conf.error());
    auto client = kafka::make_client(kafka::Kind::kConsumer, *std::move(conf));
    if (!client) return std::unexpected(client.error());
    rd_kafka_poll_set_consumer(client->get());
    return std::make_unique<KafkaPlaces>(*std::move(client), options.topic);
}

}  // namespace events
