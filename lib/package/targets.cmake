# How every target of dorm is made.

# Sanitizers, warnings and the third-party headers lib/ may use: for dorm's own targets, never part of what is installed.
add_library(dorm_internal INTERFACE)
target_compile_features(dorm_internal INTERFACE cxx_std_20)
target_include_directories(dorm_internal INTERFACE
  "${PROJECT_SOURCE_DIR}/include" "${PROJECT_BINARY_DIR}/include" "${PROJECT_SOURCE_DIR}/lib" "${PROJECT_SOURCE_DIR}/drivers")
target_compile_options(dorm_internal INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast
  -Wdouble-promotion -Wformat=2 -Wimplicit-fallthrough $<$<BOOL:${DORM_WERROR}>:-Werror>
  # g++ 12 sees overlaps in optimised string concatenation that are not there (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
target_compile_definitions(dorm_internal INTERFACE
  $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS> $<$<NOT:$<BOOL:${BUILD_SHARED_LIBS}>>:DORM_STATIC_DEFINE>)
target_link_libraries(dorm_internal INTERFACE nlohmann_json::nlohmann_json spdlog::spdlog PkgConfig::re2 Threads::Threads)
if(DORM_SANITIZE)
  target_compile_options(dorm_internal INTERFACE
    -fsanitize=${DORM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(dorm_internal INTERFACE -fsanitize=${DORM_SANITIZE})
endif()

# What all targets have in common.
function(dorm_target_defaults target)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:dorm_internal>)
  if(DORM_TIDY)
    set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY clang-tidy)
  endif()
endfunction()

# dorm_add_folder(<folder> [EXPORT_ALL] [DEPENDS <folder>...])
# The objects of one folder of lib/; DEPENDS are the folders its arrow points to.
# EXPORT_ALL: its symbols stay visible in a shared dorm-core, because drivers are built upon them.
function(dorm_add_folder folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "EXPORT_ALL" "" "DEPENDS")
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  list(TRANSFORM arg_DEPENDS PREPEND dorm_)
  list(TRANSFORM arg_DEPENDS APPEND _objects)
  set(target dorm_${folder}_objects)
  add_library(${target} OBJECT ${sources})
  dorm_target_defaults(${target})
  target_link_libraries(${target} PUBLIC ${arg_DEPENDS})
  # Tests look behind the public headers, so beside them nothing is hidden.
  if(NOT arg_EXPORT_ALL AND NOT DORM_BUILD_TESTS AND NOT DORM_BUILD_SOAK)
    set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  endif()
  set_property(GLOBAL APPEND PROPERTY DORM_CORE_OBJECTS $<TARGET_OBJECTS:${target}>)
endfunction()

# dorm_add_library(<target> <name> <source>...)
# One installable library: dorm::<name> in the build tree and after installation, lib<file> = libdorm-<name>, or libdorm for
# the umbrella. Static or shared as BUILD_SHARED_LIBS says, under the same name.
function(dorm_add_library target name)
  add_library(${target} ${ARGN})
  add_library(dorm::${name} ALIAS ${target})
  dorm_target_defaults(${target})
  target_compile_features(${target} PUBLIC cxx_std_20)
  if(name STREQUAL "dorm")
    set(file dorm)
  else()
    set(file dorm-${name})
  endif()
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name}
    OUTPUT_NAME ${file}
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL})
  # The umbrella finds the drivers beside itself, wherever the prefix is.
  if(NOT DEFINED CMAKE_INSTALL_RPATH)
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN")
  endif()
  if(NOT DORM_BUILD_TESTS AND NOT DORM_BUILD_SOAK)
    set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  endif()
  set_property(GLOBAL APPEND PROPERTY DORM_COMPONENTS ${name})
endfunction()
