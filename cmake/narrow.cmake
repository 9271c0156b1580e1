# RIVULET_MODELS: an engine with the operators, types and parts that these models need, and no other. The full command
# reads the models first; it is built for this machine when RIVULET_HOST_COMMAND does not name one.
set(RIVULET_HOST_COMMAND "" CACHE FILEPATH "With RIVULET_MODELS: a full rivulet command that runs on this machine")

if(NOT RIVULET_HOST_COMMAND)
  set(host ${CMAKE_BINARY_DIR}/host)
  message(STATUS "Building the full command in ${host}; RIVULET_HOST_COMMAND spares that")
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${PROJECT_SOURCE_DIR} -B ${host} -DCMAKE_BUILD_TYPE=Release -DRIVULET_TESTS=OFF
                          -DRIVULET_HIGHWAY_DIR=${RIVULET_HIGHWAY_DIR} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${host} --target rivulet_command --parallel COMMAND_ERROR_IS_FATAL ANY)
  set(RIVULET_HOST_COMMAND ${host}/cli/rivulet)
endif()

set(narrow_dir ${CMAKE_BINARY_DIR}/narrow)
set(models "")
foreach(model IN LISTS RIVULET_MODELS)
  get_filename_component(model ${model} ABSOLUTE BASE_DIR ${CMAKE_BINARY_DIR})
  list(APPEND models ${model})
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${models})
execute_process(COMMAND ${RIVULET_HOST_COMMAND} ops --for ${models} --narrow ${narrow_dir} COMMAND_ERROR_IS_FATAL ANY)
set(RIVULET_OPS_LIST ${narrow_dir}/ops.list)
set(RIVULET_BUILT ${narrow_dir}/built.h)
