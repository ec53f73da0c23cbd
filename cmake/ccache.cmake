# JEST_CCACHE: compile through ccache where it is installed. One cache serves all presets and all
# clones: paths below the project are hashed as relative ones. Precompiled headers need the two
# sloppinesses and -fpch-preprocess (jest_torch_options); the project uses no __TIME__.
option(JEST_CCACHE "Compile through ccache where it is installed" ${PROJECT_IS_TOP_LEVEL})
if(NOT JEST_CCACHE OR CMAKE_CXX_COMPILER_LAUNCHER)
  return()
endif()
find_program(JEST_CCACHE_PROGRAM ccache)
mark_as_advanced(JEST_CCACHE_PROGRAM)
if(NOT JEST_CCACHE_PROGRAM)
  return()
endif()
set(JEST_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
  CCACHE_NOHASHDIR=true CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_ctime,include_file_mtime
  "${JEST_CCACHE_PROGRAM}")
set(CMAKE_CXX_COMPILER_LAUNCHER "${JEST_LAUNCHER}")
set(CMAKE_CUDA_COMPILER_LAUNCHER "${JEST_LAUNCHER}")
message(STATUS "Compiler cache: ${JEST_CCACHE_PROGRAM}")
