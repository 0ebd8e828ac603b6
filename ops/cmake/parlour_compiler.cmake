# Compiler choice and flags, in one place. The reasons for clang are in
# ops/decisions/0006-clang-19-and-cpp23.md.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "g++ older than 13 destroys some temporaries inside co_await expressions twice; "
    "build with clang-19: cmake --preset release")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(PARLOUR_SANITIZE "" CACHE STRING "empty, address or thread")
option(PARLOUR_WERROR "Treat warnings as errors" ON)

add_compile_definitions(
  $<$<COMPILE_LANGUAGE:CXX>:_GLIBCXX_ASSERTIONS>
  BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED)

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-fstack-protector-strong)
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()

if(PARLOUR_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=null,vptr,alignment
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(PARLOUR_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(PARLOUR_SANITIZE)
  message(FATAL_ERROR "PARLOUR_SANITIZE is '${PARLOUR_SANITIZE}'; use address or thread")
endif()

if(PARLOUR_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# What every hand-written target is compiled with; generated code is not.
add_library(parlour_warnings INTERFACE)
target_compile_options(parlour_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
  -Wold-style-cast -Wundef -Werror=switch -Werror=return-type
  -Wno-missing-designated-field-initializers
  $<$<BOOL:${PARLOUR_WERROR}>:-Werror>)
