# WebAssembly's relaxed SIMD has products that are added and rounded once. A program that an older browser is to load too is built
# twice, and its page loads the second where WebAssembly.validate takes it: docs/wasm.md.

# The kernels whose time goes into products of floats, once more. A program that links these objects takes them before the library's.
set(relaxed_sources conv_dots conv_groups conv_rows depthwise gemm map_binary map_unary reduce softmax winograd)
list(TRANSFORM relaxed_sources REPLACE "(.+)" "kernels/\\1.cc")
add_library(rivulet_relaxed OBJECT EXCLUDE_FROM_ALL ${relaxed_sources})
target_include_directories(rivulet_relaxed BEFORE PRIVATE kernels/relaxed)
target_include_directories(rivulet_relaxed PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
target_include_directories(rivulet_relaxed SYSTEM PRIVATE ${RIVULET_HIGHWAY_DIR})
target_compile_features(rivulet_relaxed PRIVATE cxx_std_20)
target_compile_options(rivulet_relaxed PRIVATE -mrelaxed-simd -fno-rtti -ffunction-sections -fdata-sections)
target_compile_definitions(rivulet_relaxed PRIVATE ${highway_options})
target_link_libraries(rivulet_relaxed PRIVATE rivulet_flags)

find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(RIVULET_RELAXED_OPCODES ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/relaxed_opcodes.py CACHE INTERNAL "")
# Node has it from version 21 on, and before that behind a flag, which later versions do not know.
set(node_words ${CMAKE_CROSSCOMPILING_EMULATOR})
list(POP_FRONT node_words node)
if(node)
  execute_process(COMMAND ${node} --experimental-wasm-relaxed-simd --version RESULT_VARIABLE node_refuses OUTPUT_QUIET ERROR_QUIET)
  if(NOT node_refuses)
    list(PREPEND node_words --experimental-wasm-relaxed-simd)
  endif()
endif()
set(RIVULET_RELAXED_EMULATOR ${node} ${node_words} CACHE INTERNAL "")

# Makes a program that links the engine one for relaxed SIMD.
function(rivulet_relaxed_program name)
  target_link_libraries(${name} PRIVATE rivulet_relaxed)
  target_link_options(${name} PRIVATE -mrelaxed-simd)
  add_custom_command(TARGET ${name} POST_BUILD COMMAND ${RIVULET_RELAXED_OPCODES} $<TARGET_FILE:${name}>)
  set_target_properties(${name} PROPERTIES CROSSCOMPILING_EMULATOR "${RIVULET_RELAXED_EMULATOR}")
endfunction()
