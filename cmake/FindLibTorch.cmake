# Finds LibTorch (2.11 or newer) without find_package(Torch), which needs nvcc where the libraries
# were built with CUDA and changes the calling project. Defines LibTorch::LibTorch: headers, c10 and
# torch_cpu. Where the project has LibTorch's own target `torch` already, that one is used.
#
# Looked for, in order: JEST_LIBTORCH, Torch_ROOT, LIBTORCH (variable, then environment), the torch
# of python3, the cache that scripts/setup fills. Sets LibTorch_DIR and LibTorch_VERSION.

set(JEST_LIBTORCH_PIN 2.11.0)
set(JEST_LIBTORCH_MINIMUM 2.11)

include("${CMAKE_CURRENT_LIST_DIR}/cache_folder.cmake")

function(jest_libtorch_version folder out)
  set(header "${folder}/include/torch/headeronly/version.h")
  set(${out} "" PARENT_SCOPE)
  if(EXISTS "${folder}/lib/libtorch_cpu.so" AND EXISTS "${header}")
    file(STRINGS "${header}" lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
    string(REGEX REPLACE "[^0-9]*([0-9]+)[^0-9]*" "\\1." version "${lines}")
    string(REGEX REPLACE "\\.$" "" version "${version}")
    set(${out} "${version}" PARENT_SCOPE)
  endif()
endfunction()

function(jest_locate_libtorch out)
  set(folders "")
  foreach(name JEST_LIBTORCH Torch_ROOT LIBTORCH)
    list(APPEND folders "${${name}}" "$ENV{${name}}")
  endforeach()
  execute_process(
    COMMAND python3 -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
    OUTPUT_VARIABLE python_torch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  jest_cache_folder(cache)
  list(APPEND folders "${python_torch}" "${cache}/libtorch-${JEST_LIBTORCH_PIN}/torch")
  set(${out} "" PARENT_SCOPE)
  foreach(folder IN LISTS folders)
    jest_libtorch_version("${folder}" version)
    if(version AND NOT version VERSION_LESS JEST_LIBTORCH_MINIMUM)
      set(${out} "${folder}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# cmake -P FindLibTorch.cmake prints the folder, or nothing: scripts/setup asks this way.
if(CMAKE_SCRIPT_MODE_FILE)
  jest_locate_libtorch(folder)
  execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${folder}")
  return()
endif()

if(TARGET torch AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED GLOBAL)
  target_link_libraries(LibTorch::LibTorch INTERFACE torch)
  set(LibTorch_DIR "the target torch")
endif()

if(NOT TARGET LibTorch::LibTorch)
  jest_locate_libtorch(LibTorch_DIR)
  if(LibTorch_DIR)
    jest_libtorch_version("${LibTorch_DIR}" LibTorch_VERSION)
    foreach(library c10 torch_cpu)
      add_library(LibTorch::${library} SHARED IMPORTED GLOBAL)
      set_target_properties(LibTorch::${library} PROPERTIES
        IMPORTED_LOCATION "${LibTorch_DIR}/lib/lib${library}.so")
    endforeach()
    add_library(LibTorch::LibTorch INTERFACE IMPORTED GLOBAL)
    target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
      "${LibTorch_DIR}/include" "${LibTorch_DIR}/include/torch/csrc/api/include")
    target_link_libraries(LibTorch::LibTorch INTERFACE LibTorch::torch_cpu LibTorch::c10)
    # torch_cpu of a CUDA build needs libraries that lie beside it; the linker must find them too.
    get_filename_component(beside "${LibTorch_DIR}/../nvidia/cu13/lib" ABSOLUTE)
    if(EXISTS "${beside}")
      target_link_options(LibTorch::LibTorch INTERFACE "LINKER:-rpath-link,${beside}")
    endif()
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_DIR VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "run scripts/setup, or set Torch_ROOT to a LibTorch of ${JEST_LIBTORCH_MINIMUM} or newer")
