# Compile options of this project's own sources; nothing here reaches a user's targets.
add_library(jest_options INTERFACE)
# A project that takes this one in may have fast math among its flags.
target_compile_options(jest_options INTERFACE -Wall -Wextra -fno-fast-math)
if(JEST_NATIVE)
  include(CheckCXXSourceRuns)
  check_cxx_source_runs(
    "int main() { return !(__builtin_cpu_supports(\"avx2\") && __builtin_cpu_supports(\"fma\")); }"
    JEST_HAS_AVX2)
  if(JEST_HAS_AVX2)
    target_compile_options(jest_options INTERFACE -mavx2 -mfma)
  endif()
endif()
if(JEST_SANITIZE)
  target_compile_options(jest_options INTERFACE -fsanitize=${JEST_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(jest_options INTERFACE -fsanitize=${JEST_SANITIZE})
endif()

# Programs and shared libraries lie together, so that a build tree can be used in place.
function(jest_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE jest_options)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
endfunction()

# Torch's headers cost over 20 seconds a file. A precompiled header, built once, saves the parsing;
# what it leaves to be instantiated still costs 10 seconds a file, so presets compile files together.
# It serves only files compiled with the very same options: -fPIC also in programs.
function(jest_torch_options target)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:jest_options> LibTorch::LibTorch)
  target_compile_options(${target} PRIVATE -fPIC $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()

function(jest_use_torch_pch target)
  jest_torch_options(${target})
  target_precompile_headers(${target} REUSE_FROM jest_torch_pch)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    if(NOT TARGET jest_no_spinning)
      add_library(jest_no_spinning OBJECT "${PROJECT_SOURCE_DIR}/apps/no_spinning.cpp")
    endif()
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:jest_no_spinning>)
  endif()
endfunction()
