# What "cmake --install" puts where: dorm_runtime is what a program needs to run, dorm_development what is needed to build
# one, dorm_tools the dorm program.
include(CMakePackageConfigHelpers)
set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/dorm")
set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

# The way back from lib/pkgconfig to the prefix, so that an installed tree may be moved.
file(RELATIVE_PATH DORM_PREFIX_FROM_PC "/prefix/${pkgconfig_dir}" "/prefix")
string(REGEX REPLACE "/$" "" DORM_PREFIX_FROM_PC "${DORM_PREFIX_FROM_PC}")
set(DORM_PC_CFLAGS "")
if(NOT BUILD_SHARED_LIBS)
  set(DORM_PC_CFLAGS " -DDORM_STATIC_DEFINE")
endif()

# dorm_install_pc(<component> <description> REQUIRES <module>... PRIVATE <module>... LIBS <flag>...)
# PRIVATE and LIBS are what the library itself is linked with: a program that links it statically needs them in plain sight.
function(dorm_install_pc component description)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "REQUIRES;PRIVATE;LIBS")
  set(DORM_PC_DESCRIPTION "${description}")
  if(component STREQUAL "dorm")
    set(DORM_PC_NAME dorm)
  else()
    set(DORM_PC_NAME dorm-${component})
  endif()
  list(JOIN arg_LIBS " " DORM_PC_LIBS)
  if(BUILD_SHARED_LIBS)
    set(DORM_PC_LIBS "")
  else()
    list(APPEND arg_REQUIRES ${arg_PRIVATE})
  endif()
  list(JOIN arg_REQUIRES ", " DORM_PC_REQUIRES)
  configure_file("${PROJECT_SOURCE_DIR}/lib/package/dorm.pc.in" "${PROJECT_BINARY_DIR}/pkgconfig/${DORM_PC_NAME}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/pkgconfig/${DORM_PC_NAME}.pc" DESTINATION "${pkgconfig_dir}"
    COMPONENT dorm_development)
endfunction()

get_property(components GLOBAL PROPERTY DORM_COMPONENTS)
foreach(component IN LISTS components)
  if(component STREQUAL "dorm")
    set(target dorm)
  else()
    set(target dorm_${component})
  endif()
  get_target_property(header_sets ${target} INTERFACE_HEADER_SETS)
  set(headers "")
  if(header_sets)
    set(headers FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT dorm_development)
  endif()
  install(TARGETS ${target} EXPORT dorm-${component}
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT dorm_runtime
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT dorm_runtime NAMELINK_COMPONENT dorm_development
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT dorm_development
    ${headers})
  install(EXPORT dorm-${component} NAMESPACE dorm:: FILE dorm-${component}-targets.cmake
    DESTINATION "${config_dir}" COMPONENT dorm_development)
endforeach()

dorm_install_pc(core "models learnt at run time" PRIVATE re2 LIBS -lspdlog -lfmt -pthread)
if("sqlite" IN_LIST components)
  dorm_install_pc(sqlite "the SQLite driver of dorm" REQUIRES "dorm-core = ${PROJECT_VERSION}" PRIVATE sqlite3 re2)
endif()
if("postgres" IN_LIST components)
  dorm_install_pc(postgres "the PostgreSQL driver of dorm" REQUIRES "dorm-core = ${PROJECT_VERSION}" PRIVATE libpq)
endif()
set(drivers ${components})
list(FILTER drivers INCLUDE REGEX "^(sqlite|postgres)$")
list(TRANSFORM drivers REPLACE "(.+)" "dorm-\\1 = ${PROJECT_VERSION}")
dorm_install_pc(dorm "dorm with all its drivers" REQUIRES ${drivers} "dorm-core = ${PROJECT_VERSION}")

configure_package_config_file(lib/package/dorm-config.cmake.in "${PROJECT_BINARY_DIR}/dorm-config.cmake"
  INSTALL_DESTINATION "${config_dir}" NO_SET_AND_CHECK_MACRO)
# Until 1.0 a new minor version may break what was; from then on only a major one may.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/dorm-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/dorm-config.cmake" "${PROJECT_BINARY_DIR}/dorm-config-version.cmake"
  DESTINATION "${config_dir}" COMPONENT dorm_development)

install(DIRECTORY schemas/ DESTINATION "${CMAKE_INSTALL_DATADIR}/dorm" COMPONENT dorm_development
  FILES_MATCHING PATTERN "*.schema.json")
if(TARGET dorm_cli)
  if(NOT DEFINED CMAKE_INSTALL_RPATH)
    file(RELATIVE_PATH to_lib "/prefix/${CMAKE_INSTALL_BINDIR}" "/prefix/${CMAKE_INSTALL_LIBDIR}")
    set_target_properties(dorm_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${to_lib}")
  endif()
  install(TARGETS dorm_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT dorm_tools)
endif()
