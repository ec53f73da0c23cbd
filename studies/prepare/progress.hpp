#pragma once
// Progress of `jest-data` on standard error: standard output is kept for the result.

#include <iostream>

#include "jest/core/error.hpp"
#include "printable.hpp"

namespace jest::studies {

template <class... Parts>
void progress(const Parts&... parts) {
  std::cerr << apps::printable(text("jest-data: ", parts...)) + '\n' << std::flush;
}

}  // namespace jest::studies
