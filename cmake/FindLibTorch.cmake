# Finds LibTorch without find_package(Torch), which needs nvcc where the libraries were built with
# CUDA and changes the calling project. Defines LibTorch::LibTorch (headers, c10 and torch_cpu), which
# every folder of the project sees, and, where there is one, LibTorch::torch_cuda, which nothing of
# jest but jest::nccl links. Sets LibTorch_DIR, LibTorch_VERSION and, where there is none,
# LibTorch_PROBLEM. Taken is, in this order,
#
#   1. the LibTorch of the calling project, if it has find_package(Torch) before this;
#   2. what the user names: JEST_LIBTORCH, Torch_DIR, Torch_ROOT, LIBTORCH (each as a variable, then in
#      the environment), or a folder of CMAKE_PREFIX_PATH that holds a LibTorch;
#   3. what lies about: the torch of python3, the cache that scripts/setup fills.
#
# What is named is taken or refused; what lies about and does not fit is passed over. An installed
# jest sets JEST_LIBTORCH_BUILT_WITH: only that minor version fits, or any with JEST_ANY_LIBTORCH.
cmake_policy(VERSION 3.18...3.25)

set(JEST_LIBTORCH_PIN 2.11.0)
set(JEST_LIBTORCH_MINIMUM 2.11)

include("${CMAKE_CURRENT_LIST_DIR}/cache_folder.cmake")

function(jest_libtorch_version folder out)
  set(header "${folder}/include/torch/headeronly/version.h")
  set(older "${folder}/include/torch/csrc/api/include/torch/version.h")  # before 2.8
  set(${out} "" PARENT_SCOPE)
  if(NOT EXISTS "${folder}/lib/libtorch_cpu.so")
    return()
  elseif(NOT EXISTS "${header}")
    set(header "${older}")
  endif()
  if(EXISTS "${header}")
    file(STRINGS "${header}" lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
    string(REGEX REPLACE "[^0-9]*([0-9]+)[^0-9]*" "\\1." version "${lines}")
    string(REGEX REPLACE "\\.$" "" version "${version}")
    set(${out} "${version}" PARENT_SCOPE)
  endif()
endfunction()

# Where a prefix has its LibTorch: itself, `torch` below it (a Python's packages), or above it (what
# torch.utils.cmake_prefix_path and Torch_DIR name). Empty where it has none.
function(jest_libtorch_of_prefix prefix out)
  set(${out} "" PARENT_SCOPE)
  string(REGEX REPLACE "/share/cmake(/Torch)?/*$" "" root "${prefix}")
  foreach(folder IN ITEMS "${root}" "${root}/torch")
    jest_libtorch_version("${folder}" version)
    if(version)
      get_filename_component(folder "${folder}" ABSOLUTE)
      set(${out} "${folder}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# Targets of find_package(Torch) are seen in one directory only: their files are taken instead.
function(jest_libtorch_of_project out)
  set(${out} "" PARENT_SCOPE)
  if(TARGET torch_cpu)
    get_target_property(imported torch_cpu IMPORTED)
    if(imported)
      get_target_property(library torch_cpu LOCATION)
      get_filename_component(folder "${library}/../.." ABSOLUTE)
      set(${out} "${folder}" PARENT_SCOPE)
    endif()
  endif()
endfunction()

# The first of the user's names that is set, and the prefix that it names.
function(jest_named_libtorch out_name out_prefix)
  set(${out_name} "" PARENT_SCOPE)
  foreach(name JEST_LIBTORCH Torch_DIR Torch_ROOT LIBTORCH)
    foreach(value IN ITEMS "${${name}}" "$ENV{${name}}")
      if(value)
        set(${out_name} ${name} PARENT_SCOPE)
        set(${out_prefix} "${value}" PARENT_SCOPE)
        return()
      endif()
    endforeach()
  endforeach()
  string(REPLACE ":" ";" environment "$ENV{CMAKE_PREFIX_PATH}")
  foreach(prefix IN LISTS CMAKE_PREFIX_PATH environment)
    jest_libtorch_of_prefix("${prefix}" folder)
    if(folder)
      set(${out_name} CMAKE_PREFIX_PATH PARENT_SCOPE)
      set(${out_prefix} "${prefix}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# What is wrong with LibTorch `version`; empty where it fits.
function(jest_libtorch_misfit version out)
  set(fault "")
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" minor "${version}")
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" built_with "${JEST_LIBTORCH_BUILT_WITH}")
  if(NOT version)
    set(fault "expected a LibTorch, got none")
  elseif(version VERSION_LESS JEST_LIBTORCH_MINIMUM)
    set(fault "expected LibTorch ${JEST_LIBTORCH_MINIMUM} or newer, got ${version}")
  elseif(built_with AND NOT minor VERSION_EQUAL built_with AND NOT JEST_ANY_LIBTORCH)
    string(CONCAT fault "expected LibTorch ${built_with}, with which this jest was built, got ${version}"
      ": build jest with that, or set JEST_ANY_LIBTORCH=ON at your own risk")
  endif()
  set(${out} "${fault}" PARENT_SCOPE)
endfunction()

function(jest_libtorch_lying_about out)
  execute_process(
    COMMAND python3 -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
    OUTPUT_VARIABLE python_torch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  jest_cache_folder(cache)
  set(${out} "" PARENT_SCOPE)
  foreach(folder IN ITEMS "${python_torch}" "${cache}/libtorch-${JEST_LIBTORCH_PIN}/torch")
    jest_libtorch_version("${folder}" version)
    jest_libtorch_misfit("${version}" fault)
    if(NOT fault)
      set(${out} "${folder}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# Exactly one of `out` and `problem` is empty; both are where there is no LibTorch and none was named.
function(jest_locate_libtorch out problem)
  set(${out} "" PARENT_SCOPE)
  set(${problem} "" PARENT_SCOPE)
  set(name "find_package(Torch)")
  jest_libtorch_of_project(prefix)
  if(NOT prefix)
    jest_named_libtorch(name prefix)
  endif()
  if(NOT name)
    jest_libtorch_lying_about(folder)
    set(${out} "${folder}" PARENT_SCOPE)
    return()
  endif()
  jest_libtorch_of_prefix("${prefix}" folder)
  jest_libtorch_version("${folder}" version)
  jest_libtorch_misfit("${version}" fault)
  if(fault)
    set(${problem} "${name} (${prefix}): ${fault}" PARENT_SCOPE)
  else()
    set(${out} "${folder}" PARENT_SCOPE)
  endif()
endfunction()

# cmake -P FindLibTorch.cmake prints the folder, or nothing: scripts/setup asks this way.
if(CMAKE_SCRIPT_MODE_FILE)
  jest_locate_libtorch(folder problem)
  if(problem)
    message(FATAL_ERROR "${problem}")
  endif()
  execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${folder}")
  return()
endif()

# By their paths, and for the whole project: a later search for LibTorch finds these.
function(jest_add_libtorch folder version)
  foreach(library c10 torch_cpu)
    add_library(LibTorch::${library} SHARED IMPORTED GLOBAL)
    set_target_properties(LibTorch::${library} PROPERTIES
      IMPORTED_LOCATION "${folder}/lib/lib${library}.so")
  endforeach()
  if(EXISTS "${folder}/lib/libtorch_cuda.so")
    add_library(LibTorch::torch_cuda SHARED IMPORTED GLOBAL)
    set_target_properties(LibTorch::torch_cuda PROPERTIES
      IMPORTED_LOCATION "${folder}/lib/libtorch_cuda.so")
  endif()
  set_target_properties(LibTorch::torch_cpu PROPERTIES
    JEST_FOLDER "${folder}" JEST_VERSION "${version}")
  add_library(LibTorch::LibTorch INTERFACE IMPORTED GLOBAL)
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    "${folder}/include" "${folder}/include/torch/csrc/api/include")
  target_link_libraries(LibTorch::LibTorch INTERFACE LibTorch::torch_cpu LibTorch::c10)
  # torch_cpu of a CUDA build needs libraries that lie beside it; the linker must find them too.
  get_filename_component(beside "${folder}/../nvidia/cu13/lib" ABSOLUTE)
  if(EXISTS "${beside}")
    target_link_options(LibTorch::LibTorch INTERFACE "LINKER:-rpath-link,${beside}")
  endif()
endfunction()

if(TARGET LibTorch::LibTorch)
  get_target_property(LibTorch_DIR LibTorch::torch_cpu JEST_FOLDER)
  get_target_property(LibTorch_VERSION LibTorch::torch_cpu JEST_VERSION)
else()
  jest_locate_libtorch(LibTorch_DIR LibTorch_PROBLEM)
  jest_libtorch_version("${LibTorch_DIR}" LibTorch_VERSION)
  if(LibTorch_DIR)
    jest_add_libtorch("${LibTorch_DIR}" "${LibTorch_VERSION}")
  elseif(NOT LibTorch_PROBLEM)
    set(LibTorch_PROBLEM "run scripts/setup, or set Torch_ROOT to a LibTorch")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch REQUIRED_VARS LibTorch_DIR
  VERSION_VAR LibTorch_VERSION REASON_FAILURE_MESSAGE "${LibTorch_PROBLEM}")
