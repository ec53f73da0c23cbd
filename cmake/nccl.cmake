# JEST_NCCL: whether jest::nccl is built, which takes LibTorch's headers of CUDA, and so the toolkit's
# and NCCL's. Sets JEST_WITH_NCCL and JEST_NCCL_INCLUDES. Nothing of CUDA is linked here: a program that
# links jest::nccl links a LibTorch with CUDA.
if(PROJECT_IS_TOP_LEVEL)
  set(default AUTO)
else()
  set(default OFF)
endif()
set(JEST_NCCL ${default} CACHE STRING
  "jest::nccl, ranks that exchange CUDA tensors by NCCL: ON, OFF, or AUTO (where nccl.h and CUDA's headers are)")
set_property(CACHE JEST_NCCL PROPERTY STRINGS AUTO ON OFF)

set(JEST_WITH_NCCL OFF)
if(NOT JEST_NCCL)
  return()
endif()

# Beside nvcc, where scripts/setup or a Debian package leaves them, or beside a wheel's LibTorch.
get_filename_component(wheels "${LibTorch_DIR}/../nvidia" ABSOLUTE)
get_filename_component(toolkit "${JEST_NVCC}/../.." ABSOLUTE)
set(JEST_NCCL_INCLUDES "")
set(missing "")
foreach(header nccl.h cuda_runtime_api.h cublas_v2.h cublasLt.h cusparse.h cusolverDn.h)
  string(MAKE_C_IDENTIFIER "JEST_INCLUDE_${header}" folder)
  find_path(${folder} ${header} HINTS "${toolkit}/include" "${wheels}/nccl/include"
    "${wheels}/cu13/include" "$ENV{CUDA_PATH}/include" PATHS /usr/local/cuda/include)
  mark_as_advanced(${folder})
  if(${folder})
    list(APPEND JEST_NCCL_INCLUDES "${${folder}}")
  else()
    list(APPEND missing ${header})
  endif()
endforeach()
list(REMOVE_DUPLICATES JEST_NCCL_INCLUDES)
if(NOT missing)
  set(JEST_WITH_NCCL ON)
elseif(NOT JEST_NCCL STREQUAL "AUTO")
  string(REPLACE ";" ", " missing "${missing}")
  message(FATAL_ERROR "JEST_NCCL: expected headers of NCCL and of the CUDA toolkit, missing: ${missing}")
endif()
message(STATUS "jest::nccl: ${JEST_WITH_NCCL}")
