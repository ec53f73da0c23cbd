# As LibTorch's own package without CUDA: imported targets that live in the calling folder alone.
get_filename_component(root "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET torch)
  foreach(name c10 torch_cpu)
    add_library(${name} SHARED IMPORTED)
    set_target_properties(${name} PROPERTIES
      IMPORTED_CONFIGURATIONS RELEASE IMPORTED_LOCATION_RELEASE "${root}/lib/lib${name}.so")
    target_include_directories(${name} INTERFACE "${root}/include")
  endforeach()
  add_library(torch INTERFACE IMPORTED)
  target_link_libraries(torch INTERFACE torch_cpu c10)
endif()
set(TORCH_LIBRARIES torch)
