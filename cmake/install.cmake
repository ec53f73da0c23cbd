# What `cmake --install` leaves: headers, libraries, the programs that were built, and a package
#
#   find_package(jest COMPONENTS core)   jest::core; LibTorch is neither needed nor looked for
#   find_package(jest COMPONENTS jest)   jest::jest, on the LibTorch of that machine
#   find_package(jest COMPONENTS shards) jest::shards, where it was built (JEST_SHARDS)
#   find_package(jest COMPONENTS nccl)   jest::jest and jest::nccl, where it was built (JEST_NCCL), on a
#                                        LibTorch with CUDA
#   find_package(jest)                   all that there is
#
# A project that takes this one in with add_subdirectory installs nothing of it unless it asks to.
option(JEST_INSTALL "Install jest with this project" ${PROJECT_IS_TOP_LEVEL})
if(NOT JEST_INSTALL)
  return()
endif()
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/jest")
set(header_folders core criteria io select)
file(GLOB doors "${PROJECT_SOURCE_DIR}/include/jest/*.hpp")
set(JEST_COMPONENTS core)
set(JEST_IS_STATIC "")
if(JEST_TORCH)
  list(APPEND header_folders torch learner scorers methods data train)
  list(APPEND JEST_COMPONENTS jest)
  get_target_property(JEST_LIBTORCH_BUILT_WITH LibTorch::torch_cpu JEST_VERSION)
  get_target_property(kind jest_jest TYPE)
  if(kind STREQUAL "STATIC_LIBRARY")
    set(JEST_IS_STATIC ON)
  endif()
  install(TARGETS jest_libtorch)
else()
  list(FILTER doors EXCLUDE REGEX "/jest.hpp$")
endif()
if(JEST_SHARDS)
  list(APPEND header_folders data)
  list(REMOVE_DUPLICATES header_folders)
  list(INSERT JEST_COMPONENTS 1 shards)
  get_target_property(kind jest_shards TYPE)
  if(kind STREQUAL "STATIC_LIBRARY")
    set(JEST_IS_STATIC ON)
  endif()
endif()
if(TARGET jest_nccl)
  list(APPEND JEST_COMPONENTS nccl)  # behind jest, which it links
endif()

foreach(folder IN LISTS header_folders)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/jest/${folder}"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/jest" FILES_MATCHING PATTERN "*.hpp")
endforeach()
install(FILES ${doors} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/jest")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# One export set for each component: reading core's must not need what jest's needs.
foreach(component IN LISTS JEST_COMPONENTS)
  install(TARGETS jest_${component} EXPORT jest-${component}-targets)
  install(EXPORT jest-${component}-targets NAMESPACE jest:: DESTINATION "${package_folder}")
endforeach()

# jest::core brings the CUDA runtime it was built with: linking it needs no CUDA toolkit.
set(JEST_CUDART "")
if(JEST_WITH_CUDA)
  get_target_property(cudart CUDA::cudart_static IMPORTED_LOCATION)
  install(FILES "${cudart}" DESTINATION "${package_folder}")
  get_filename_component(JEST_CUDART "${cudart}" NAME)
endif()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/jest-config.cmake.in"
  "${PROJECT_BINARY_DIR}/cmake/jest-config.cmake" INSTALL_DESTINATION "${package_folder}"
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Until 1.0 a minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cmake/jest-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/cmake/jest-config.cmake"
  "${PROJECT_BINARY_DIR}/cmake/jest-config-version.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindLibTorch.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/cache_folder.cmake" DESTINATION "${package_folder}")

# libjest.so keeps the folder of the LibTorch it was linked with; a program finds libjest.so too.
file(RELATIVE_PATH library_from_program
  "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
foreach(program jest-data jest-select jest-tokens jest-train)
  if(TARGET ${program})
    set_target_properties(${program} PROPERTIES
      INSTALL_RPATH "$ORIGIN/${library_from_program}" INSTALL_RPATH_USE_LINK_PATH ON)
    install(TARGETS ${program})
  endif()
endforeach()
