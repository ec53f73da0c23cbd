# Eigen 3.4 or newer. Eigen's package refuses a request for another major version than its own, and
# Eigen 5 serves as well: the version is compared here.
macro(jest_find_eigen)
  if(NOT TARGET Eigen3::Eigen)
    find_package(Eigen3 REQUIRED NO_MODULE)
    if(Eigen3_VERSION VERSION_LESS 3.4)
      message(FATAL_ERROR "Eigen: expected 3.4 or newer, got ${Eigen3_VERSION} (${Eigen3_DIR})")
    endif()
  endif()
endmacro()
