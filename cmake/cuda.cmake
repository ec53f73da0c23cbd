# JEST_CUDA: whether src/select/cuda is built, or src/select/no_cuda.cpp stands in. Sets
# JEST_WITH_CUDA, finds the toolkit and enables the language.
# A project that takes this one in gets no new language unless it asks for it.
if(PROJECT_IS_TOP_LEVEL)
  set(default AUTO)
else()
  set(default OFF)
endif()
set(JEST_CUDA ${default} CACHE STRING
  "The CUDA backend: ON, OFF, or AUTO (where nvcc 12.8 or newer is)")
set_property(CACHE JEST_CUDA PROPERTY STRINGS AUTO ON OFF)
# Code for the compute capabilities 8.x, 9.0, 10.x, 12.x, and for what comes after 12.
set(JEST_CUDA_ARCHITECTURES "80-real;90a-real;100-real;120" CACHE STRING
  "What the CUDA backend is compiled for, as CMAKE_CUDA_ARCHITECTURES")
set(JEST_CUDA_MINIMUM 12.8)

function(jest_nvcc_version out)
  set(${out} "" PARENT_SCOPE)
  find_program(JEST_NVCC nvcc HINTS "$ENV{CUDA_PATH}/bin" PATHS /usr/local/cuda/bin)
  mark_as_advanced(JEST_NVCC)
  if(JEST_NVCC)
    execute_process(COMMAND "${JEST_NVCC}" --version OUTPUT_VARIABLE said ERROR_QUIET)
    string(REGEX MATCH "release ([0-9.]+)" found "${said}")
    set(${out} "${CMAKE_MATCH_1}" PARENT_SCOPE)
  endif()
endfunction()

set(JEST_WITH_CUDA OFF)
if(JEST_CUDA STREQUAL "AUTO")
  jest_nvcc_version(nvcc_version)
  if(nvcc_version VERSION_GREATER_EQUAL JEST_CUDA_MINIMUM)
    set(JEST_WITH_CUDA ON)
  endif()
elseif(JEST_CUDA)
  jest_nvcc_version(nvcc_version)
  set(JEST_WITH_CUDA ON)
endif()
if(NOT JEST_WITH_CUDA)
  message(STATUS "CUDA backend: none (JEST_CUDA ${JEST_CUDA})")
  return()
endif()

if(NOT CMAKE_CUDA_COMPILER AND JEST_NVCC)
  set(CMAKE_CUDA_COMPILER "${JEST_NVCC}")
endif()
# CMake itself takes those of the environment's CUDAARCHS.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND "$ENV{CUDAARCHS}" STREQUAL "")
  set(CMAKE_CUDA_ARCHITECTURES "${JEST_CUDA_ARCHITECTURES}")
endif()
enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)
message(STATUS "CUDA backend: nvcc ${nvcc_version}, ${CMAKE_CUDA_ARCHITECTURES}")

# The fused product needs CUTLASS 4 and the architecture 90a; scripts/setup fetches its headers.
include("${CMAKE_CURRENT_LIST_DIR}/cache_folder.cmake")
jest_cache_folder(cache)
find_path(JEST_CUTLASS_INCLUDE cutlass/gemm/kernel/gemm_universal.hpp
  HINTS "${cache}/cutlass-4.2.0/cutlass_library/source/include")
set(JEST_WITH_FUSED OFF)
if(JEST_CUTLASS_INCLUDE AND CMAKE_CUDA_ARCHITECTURES MATCHES "90a")
  set(JEST_WITH_FUSED ON)
endif()
message(STATUS "CUDA backend, fused route: ${JEST_WITH_FUSED} (CUTLASS: ${JEST_CUTLASS_INCLUDE})")

# Kernels are an object library: options of nvcc stay away from the C++ of jest::core. They fuse
# multiply-adds where they say so and nowhere else, or architectures would differ in the last bit.
function(jest_cuda_objects name)
  add_library(${name} OBJECT ${ARGN})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/include")
  target_compile_options(${name} PRIVATE -std=c++20 --expt-relaxed-constexpr --fmad=false
    "-Xcompiler=-Wall,-Wextra" --Werror=cross-execution-space-call --Wext-lambda-captures-this)
  target_link_libraries(${name} PRIVATE CUDA::cudart_static)
  target_compile_definitions(${name} PRIVATE JEST_CUDA_LIBRARIES="${CUDAToolkit_LIBRARY_DIR}")
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON UNITY_BUILD OFF)
  find_program(JEST_PYTHON python3)
  mark_as_advanced(JEST_PYTHON)
  if(JEST_TESTS AND JEST_PYTHON)
    # Registers and spills of every kernel, beside its object: tests/select/cuda_resources_test.py.
    target_compile_options(${name} PRIVATE --resource-usage)
    set_target_properties(${name} PROPERTIES CUDA_COMPILER_LAUNCHER
      "${JEST_PYTHON};${PROJECT_SOURCE_DIR}/cmake/record_resources.py;${JEST_LAUNCHER}")
  endif()
endfunction()
