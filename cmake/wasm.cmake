# Emscripten as the distribution packages it, with SIMD128; programs run in node.
include(/usr/share/emscripten/cmake/Modules/Platform/Emscripten.cmake)
set(CMAKE_CXX_FLAGS_INIT "-msimd128 -fno-exceptions")
set(CMAKE_C_FLAGS_INIT "-msimd128")
# Binaryen would inline a kernel into the main function, which node never optimises.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-sALLOW_MEMORY_GROWTH -sTOTAL_STACK=1MB -sEXIT_RUNTIME=1 -sNODERAWFS=1 -sBINARYEN_EXTRA_PASSES=--one-caller-inline-max-function-size=100")
set(CMAKE_CROSSCOMPILING_EMULATOR "node;-r;${CMAKE_CURRENT_LIST_DIR}/without_fetch.cjs")
