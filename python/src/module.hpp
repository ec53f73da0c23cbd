#pragma once
// The parts of jest._core.

#include <nanobind/nanobind.h>

namespace jest::python {

void add_selection(nanobind::module_& module);
void add_files(nanobind::module_& module);

}  // namespace jest::python
