# What half of the files include anyway, precompiled and shared by all targets: without Asio for
# the libraries that know nothing of it, with it, and for tests (tests/CMakeLists.txt). The tsan
# preset builds without them, so that every file keeps naming what it uses.
set(parlour_pch_headers
  <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstddef> <cstdint> <deque>
  <expected> <filesystem> <fstream> <functional> <future> <limits> <map> <memory> <mutex> <optional>
  <set> <span> <stdexcept> <string> <string_view> <thread> <unordered_map> <utility> <variant>
  <vector>
  <fmt/format.h>
  <google/protobuf/generated_message_reflection.h> <google/protobuf/generated_message_util.h>
  <google/protobuf/message.h> <google/protobuf/repeated_field.h>)
set(parlour_asio_pch_headers ${parlour_pch_headers}
  <boost/asio/any_io_executor.hpp> <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp>
  <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp> <boost/asio/post.hpp>
  <boost/asio/steady_timer.hpp> <boost/asio/use_awaitable.hpp>
  <boost/json/object.hpp> <boost/json/value.hpp>)

add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>") # for ccache
set(parlour_pch_source "${CMAKE_BINARY_DIR}/generated/pch.cpp")
file(CONFIGURE OUTPUT "${parlour_pch_source}" CONTENT "// Only its precompiled header matters.\n")

# parlour_pch(NAME HEADERS ... LINK lib ...): a target whose precompiled header others reuse.
function(parlour_pch name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINK" ${ARGN})
  add_library(${name} STATIC "${parlour_pch_source}")
  target_link_libraries(${name} PRIVATE ${ARG_LINK} $<BUILD_INTERFACE:parlour_warnings>)
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

parlour_pch(parlour_pch HEADERS ${parlour_pch_headers} LINK protobuf::libprotobuf fmt::fmt)
parlour_pch(parlour_asio_pch HEADERS ${parlour_asio_pch_headers}
  LINK parlour_asio protobuf::libprotobuf fmt::fmt Boost::json)
