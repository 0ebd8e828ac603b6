# One function per kind of target, so that every folder's list reads the same.

# parlour_library(NAME SOURCES a.cpp ... LINK lib ...): the static library of one folder.
function(parlour_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(parlour_${name} STATIC ${ARG_SOURCES})
  target_include_directories(parlour_${name} PUBLIC "${CMAKE_SOURCE_DIR}")
  target_link_libraries(parlour_${name} PUBLIC ${ARG_LINK}
    PRIVATE ${ARG_PRIVATE_LINK} $<BUILD_INTERFACE:parlour_warnings>)
  set(pch parlour_pch)
  if(ARG_LINK MATCHES "parlour_(asio|gateway)")
    set(pch parlour_asio_pch)
  endif()
  target_precompile_headers(parlour_${name} REUSE_FROM ${pch})
endfunction()

# parlour_test(NAME SOURCES a_test.cpp ... LINK lib ... LABELS unit): one Boost.Test executable.
function(parlour_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES} "${CMAKE_SOURCE_DIR}/tests/support/test_main.cpp")
  target_compile_definitions(${name} PRIVATE BOOST_TEST_DYN_LINK
    PARLOUR_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_LINK} parlour_asio Boost::json
    Boost::unit_test_framework parlour_warnings)
  target_precompile_headers(${name} REUSE_FROM parlour_test_pch)
  set_source_files_properties("${CMAKE_SOURCE_DIR}/tests/support/test_main.cpp"
    PROPERTIES SKIP_PRECOMPILE_HEADERS ON) # it makes main() of the header
  add_test(NAME ${name} COMMAND ${name} --report_level=short)
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
endfunction()

# parlour_fuzz(NAME_fuzz SOURCES a_fuzz.cpp LINK lib ...): one libFuzzer target and its smoke test.
# What a run finds goes to a folder of the build, never into the corpus.
function(parlour_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} parlour_warnings)
  string(REGEX REPLACE "_fuzz$" "" subject ${name})
  set(found "${CMAKE_CURRENT_BINARY_DIR}/${subject}_found")
  file(MAKE_DIRECTORY "${found}")
  add_test(NAME ${name}_smoke COMMAND ${name} -runs=20000
    "${found}" "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${subject}")
  set_tests_properties(${name}_smoke PROPERTIES LABELS fuzz_smoke)
endfunction()
