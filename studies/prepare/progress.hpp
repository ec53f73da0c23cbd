#pragma once
// Progress of `jest-data` on standard error: standard output is kept for the result.

#include <iostream>

#include "jest/core/error.hpp"

namespace jest::studies {

template <class... Parts>
void progress(const Parts&... parts) {
  std::cerr << text("jest-data: ", parts..., '\n') << std::flush;
}

}  // namespace jest::studies
