#pragma once

#include "tests/events/log_support.hpp"

// What every engine of the log promises, as cases that each engine's test file runs on its own
// engine:
//
//     #define PARLOUR_CASE(name) BOOST_AUTO_TEST_CASE(name) { MyEngine e; log_contract::name(e); }
//     PARLOUR_LOG_CONTRACT(PARLOUR_CASE)
namespace log_contract {

using log_support::Engine;

void records_come_back_in_the_order_they_were_appended(Engine& engine);
void keys_and_any_bytes_come_back_unchanged(Engine& engine);
void appends_of_a_partition_complete_in_order(Engine& engine);
void what_completed_is_readable_inside_the_completion(Engine& engine);
void offsets_ascend_and_the_end_lies_behind_them(Engine& engine);
void a_read_stops_at_the_limit_of_records(Engine& engine);
void a_read_stops_behind_the_record_that_reaches_the_limit_of_bytes(Engine& engine);
void reading_at_the_end_gives_nothing(Engine& engine);
void partitions_do_not_see_each_other(Engine& engine);
void an_append_of_nothing_completes(Engine& engine);
void an_unknown_partition_is_refused(Engine& engine);
void the_head_is_the_highest_seq_of_the_tenant(Engine& engine);
void a_seq_is_found_where_its_commit_lies(Engine& engine);
void every_seq_of_one_append_is_found(Engine& engine);
void a_stream_is_read_page_by_page(Engine& engine);
void equal_streams_of_two_tenants_do_not_mix(Engine& engine);
void streams_of_two_kinds_do_not_mix(Engine& engine);
void claims_are_listed_by_partition_in_order(Engine& engine);
void a_key_is_bound_once_a_commit_binds_it(Engine& engine);
void tenants_are_listed_once_ascending(Engine& engine);

// Of engines that keep a reserve of their disk.
void a_full_log_refuses_records_and_reads_on(Engine& engine);
void a_refused_partition_takes_nothing_before_the_next_claim(Engine& engine);
void a_partition_that_was_not_refused_goes_on_as_soon_as_there_is_room(Engine& engine);

#define PARLOUR_FULL_LOG_CONTRACT(CASE)                           \
    CASE(a_full_log_refuses_records_and_reads_on)                 \
    CASE(a_refused_partition_takes_nothing_before_the_next_claim) \
    CASE(a_partition_that_was_not_refused_goes_on_as_soon_as_there_is_room)

#define PARLOUR_LOG_CONTRACT(CASE)                                       \
    CASE(records_come_back_in_the_order_they_were_appended)              \
    CASE(keys_and_any_bytes_come_back_unchanged)                         \
    CASE(appends_of_a_partition_complete_in_order)                       \
    CASE(what_completed_is_readable_inside_the_completion)               \
    CASE(offsets_ascend_and_the_end_lies_behind_them)                    \
    CASE(a_read_stops_at_the_limit_of_records)                           \
    CASE(a_read_stops_behind_the_record_that_reaches_the_limit_of_bytes) \
    CASE(reading_at_the_end_gives_nothing)                               \
    CASE(partitions_do_not_see_each_other)                               \
    CASE(an_append_of_nothing_completes)                                 \
    CASE(an_unknown_partition_is_refused)                                \
    CASE(the_head_is_the_highest_seq_of_the_tenant)                      \
    CASE(a_seq_is_found_where_its_commit_lies)                           \
    CASE(every_seq_of_one_append_is_found)                               \
    CASE(a_stream_is_read_page_by_page)                                  \
    CASE(equal_streams_of_two_tenants_do_not_mix)                        \
    CASE(streams_of_two_kinds_do_not_mix)                                \
    CASE(claims_are_listed_by_partition_in_order)                        \
    CASE(a_key_is_bound_once_a_commit_binds_it)                          \
    CASE(tenants_are_listed_once_ascending)

}  // namespace log_contract
