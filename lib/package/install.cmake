# What "cmake --install" puts where.
get_property(components GLOBAL PROPERTY DORM_COMPONENTS)
install(DIRECTORY schemas/ DESTINATION "${CMAKE_INSTALL_DATADIR}/dorm" COMPONENT dorm_development
  FILES_MATCHING PATTERN "*.schema.json")
