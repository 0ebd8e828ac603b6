# Third-party libraries, all from Debian 12.
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 REQUIRED COMPONENTS json program_options)
if(NOT Boost_VERSION_STRING VERSION_EQUAL 1.81.0)
  message(FATAL_ERROR "Boost is ${Boost_VERSION_STRING}; this code is measured on 1.81.0 "
    "(apt-get install libboost1.81-dev)")
endif()
find_package(Protobuf 3.21 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(argon2 REQUIRED IMPORTED_TARGET libargon2)
pkg_check_modules(idn2 REQUIRED IMPORTED_TARGET libidn2)
find_package(RocksDB 7.8 REQUIRED)
pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka)
find_package(CURL 7.88 REQUIRED)
find_package(absl REQUIRED)
pkg_check_modules(turbojpeg REQUIRED IMPORTED_TARGET libturbojpeg)
find_package(PNG 1.6 REQUIRED)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)
pkg_check_modules(spdlog REQUIRED IMPORTED_TARGET spdlog)

# The two heavy header-only libraries, compiled once (see BOOST_ASIO_SEPARATE_COMPILATION).
add_library(parlour_asio STATIC "${CMAKE_SOURCE_DIR}/ops/cmake/asio.cpp")
target_link_libraries(parlour_asio PUBLIC Boost::boost OpenSSL::SSL Threads::Threads)
add_library(parlour_beast STATIC "${CMAKE_SOURCE_DIR}/ops/cmake/beast.cpp")
target_link_libraries(parlour_beast PUBLIC parlour_asio)

# What a build for ThreadSanitizer needs beside librdkafka (the file says why): taken by its name,
# for nothing of ours calls it.
if(PARLOUR_SANITIZE STREQUAL "thread")
  add_library(parlour_c11_threads STATIC "${CMAKE_SOURCE_DIR}/ops/cmake/c11_threads.cpp")
  target_link_options(parlour_c11_threads INTERFACE LINKER:--undefined=thrd_create)
  target_link_libraries(PkgConfig::rdkafka INTERFACE parlour_c11_threads)
endif()
