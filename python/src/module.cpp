// jest._core: jest::core as a module of Python. What users call is in python/jest, with types and
// documentation; here arrays become views, and selections run without the interpreter's lock.

#include "module.hpp"

#include "jest/core/error.hpp"
#include "jest/select/cuda.hpp"

NB_MODULE(_core, module) {
  nanobind::exception<jest::Error>(module, "Error", PyExc_ValueError);
  module.attr("__version__") = JEST_VERSION;
  module.attr("with_cuda") = jest::cuda::available();
  jest::python::add_selection(module);
  jest::python::add_files(module);
}
