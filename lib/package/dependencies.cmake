# The libraries dorm is built with. All of them are private: none is seen by a program that links dorm as a shared library.
# A target the parent project already has is taken as it is; nothing is ever downloaded.
find_package(Threads REQUIRED)
if(NOT TARGET nlohmann_json::nlohmann_json)
  find_package(nlohmann_json 3.11 REQUIRED)
endif()
if(NOT TARGET spdlog::spdlog)
  find_package(spdlog 1.10 REQUIRED)
endif()
if(NOT TARGET PkgConfig::re2)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
endif()
