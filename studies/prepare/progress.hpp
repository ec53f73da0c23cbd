#pragma once
// What `jest-data` is doing, for whoever waits: standard output is kept for the result.

#include <iostream>

#include "jest/core/error.hpp"

namespace jest::studies {

template <class... Parts>
void progress(const Parts&... parts) {
  std::cerr << text("jest-data: ", parts..., '\n') << std::flush;
}

}  // namespace jest::studies
