# cmake --install: the command, the library, the headers, and the files that find_package(rivulet) reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
install(TARGETS rivulet EXPORT rivuletTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/rivulet DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET rivulet_command)
  install(TARGETS rivulet_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
# TensorFlow's tools by their names: links to the one program, as each tool's file says.
if(TARGET rivulet_tf)
  install(TARGETS rivulet_tf RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  file(GLOB tool_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/tf/*.cc)
  foreach(file IN LISTS tool_files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(STRINGS ${file} lines REGEX "^const Tool k[A-Za-z0-9]+ = {\"[a-z0-9_]+\",")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^const Tool k[A-Za-z0-9]+ = {\"([a-z0-9_]+)\",.*" "\\1" name "${line}")
      install(CODE "file(CREATE_LINK rivulet-tf \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/${name}\" SYMBOLIC)")
    endforeach()
  endforeach()
endif()
set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rivulet)
install(EXPORT rivuletTargets NAMESPACE rivulet:: DESTINATION ${config_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/rivuletConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/rivuletConfig.cmake INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/rivuletConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/rivuletConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/rivuletConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindRE2.cmake
  DESTINATION ${config_dir})
